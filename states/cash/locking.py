"""The rules of locking: coins go in with their owners' signatures, as a prepared call asks for."""

from collections import Counter
from typing import TYPE_CHECKING

from corda_sim.core.contracts import require_single_command, require_that
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import AnonymousParty
from states.cash.commands import Lock
from states.cash.cross_calls import call_for, calls_to_cash, is_undecided, packet_of
from states.cash.lock import CashLock, lock_id
from states.cash.lock_call import Lockable, LockCall
from states.cash.state import CashKey, CashState, cash_key
from states.cross.bridge import BridgeChange
from states.cross.call_info import CallInfo
from states.cross.commands import ContractAction, ContractCall

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction


def verify_lock(tx: "LedgerTransaction", locks: tuple[CashLock, ...]) -> None:
    """Judge the transaction that makes these locks.

    Raises: IllegalArgumentError for a broken rule, IllegalStateError for a missing command,
    DecodeError for a call that asks for something else.
    """
    signers = frozenset(require_single_command(tx.commands, Lock).signers)
    owners = {coin.owner.owning_key for coin in tx.inputs_of_type(CashState)}
    require_that("every owner of an input signs the lock", owners <= signers)
    _verify_conserved(tx, locks)
    calls = calls_to_cash(tx)
    require_that("cash prepares a call for each lock", len(calls) == len(locks))
    for lock in locks:
        bridge = BridgeChange.of(tx, lock.base)
        require_that("the bridge's validators sign the lock", bridge.is_validated(signers))
        _verify_call(lock, call_for(lock, calls), bridge)
        _verify_prepared(lock, bridge)


def _verify_conserved(tx: "LedgerTransaction", locks: tuple[CashLock, ...]) -> None:
    spent, made = Counter[CashKey](), Counter[CashKey]()
    for coin in tx.inputs_of_type(CashState):
        spent[cash_key(coin)] += coin.amount.quantity
    for coin in tx.outputs_of_type(CashState):
        require_that("no coin is worth zero", coin.amount.quantity > 0)
        made[cash_key(coin)] += coin.amount.quantity
    for lock in locks:
        require_that("no lock is worth zero", lock.amount.quantity > 0)
        made[lock.kind] += lock.amount.quantity
    require_that("what is locked and what is left are what was spent", spent == made)


def _verify_call(lock: CashLock, call: ContractCall | None, bridge: BridgeChange) -> None:
    if call is None or call.action is not ContractAction.PREPARE:
        raise IllegalArgumentError("Failed requirement: the lock's transaction prepares a call")
    require_as_called(lock, call.call_info, bridge)


def require_as_called(lock: CashLock, call_info: bytes, bridge: BridgeChange) -> None:
    """Raise IllegalArgumentError unless the lock is the one that its transaction's call asks for.

    DecodeError for a call that asks for something else.
    """
    name = lock_id(lock.tx_id)
    named = (lock.linear_id, lock.linear_id.external_id) == (name, name.external_id)
    require_that("the lock is named after its transaction", named)
    wanted = LockCall.read(CallInfo.decode_strict(call_info).arguments)
    require_that("the lock is as the call asks for", _is_as_wanted(lock, wanted))
    holders = {*wanted.hosts, *bridge.validators}
    require_that("both nodes and the validators hold the lock", set(lock.holders) == holders)


def _is_as_wanted(lock: CashLock, wanted: Lockable) -> bool:
    return (
        lock.amount == wanted.amount
        and lock.kind == wanted.kind
        and lock.buyer == AnonymousParty(wanted.buyer_key)
        and lock.seller == AnonymousParty(wanted.seller_key)
    )


def _verify_prepared(lock: CashLock, bridge: BridgeChange) -> None:
    begins = bridge.coordinator_before(lock.tx_id) is None
    prepares = is_undecided(bridge.coordinator_after(lock.tx_id), lock)
    require_that("the cross-chain transaction prepares here", begins and prepares)
    packet = packet_of(lock)
    sent = packet not in bridge.before and packet in bridge.after
    require_that("the packet that the lock names is sent here", sent)
