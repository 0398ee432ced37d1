"""The rules of restoring: a burnt lock comes back as it was, while its transaction is undecided.

A contract can't see what a notary has consumed: that the lock is burnt is for issuer and validators
to find out before they sign. What it sees is that the lock is the one of a transaction that waits
for its packet's answer. Locks of one transaction are released once, however many there are.
"""

from typing import TYPE_CHECKING

from corda_sim.core.contracts import require_single_command, require_that
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from states.cash.commands import Restore
from states.cash.cross_calls import calls_to_cash, is_undecided, packet_of
from states.cash.lock import CashLock
from states.cash.locking import require_as_called
from states.cash.state import CashState
from states.cross.bridge import BridgeChange

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction


def verify_restoration(tx: "LedgerTransaction", locks: tuple[CashLock, ...]) -> None:
    """Judge the transaction that makes these locks again.

    Raises: IllegalArgumentError for a broken rule, IllegalStateError for a missing command,
    DecodeError for a call that asks for something else.
    """
    signers = frozenset(require_single_command(tx.commands, Restore).signers)
    coins = (*tx.inputs_of_type(CashState), *tx.outputs_of_type(CashState))
    require_that("no coin is spent or made with a restored lock", not coins)
    require_that("a restoration answers no call", not calls_to_cash(tx))
    require_that("one lock is restored", len(locks) == 1)
    lock, bridge = locks[0], BridgeChange.of(tx, locks[0].base)
    _verify_signed(lock, bridge, signers)
    _verify_waiting(lock, bridge)


def _verify_signed(lock: CashLock, bridge: BridgeChange, signers: frozenset[PublicKey]) -> None:
    guard = lock.validator_key
    require_that("the issuer signs the restoration", lock.issuer.owning_key in signers)
    require_that("the coins' validator signs it", guard is None or guard in signers)
    require_that("the bridge's validators sign it", bridge.is_validated(signers))


def _verify_waiting(lock: CashLock, bridge: BridgeChange) -> None:
    message = bridge.initiated(lock.tx_id)
    if message is None:
        raise IllegalArgumentError("Failed requirement: the lock's transaction was started here")
    require_as_called(lock, message.contract_transactions[0].call_info, bridge)
    undecided = is_undecided(bridge.coordinator_referred(lock.tx_id), lock)
    require_that("the cross-chain transaction is undecided", undecided)
    require_that("the lock's packet waits for its answer", packet_of(lock) in bridge.referred)
