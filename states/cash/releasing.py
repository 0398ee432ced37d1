"""The rules of releasing: coins come out of a lock by Cross's decision alone.

The decision is read off the bridge states of the same transaction, which Ibc's contract guards.
Neither buyer nor seller signs: no key moves a lock.
"""

from collections import Counter
from typing import TYPE_CHECKING

from corda_sim.core.contracts import require_single_command, require_that
from corda_sim.cross.atomic.types import CoordinatorDecision, CoordinatorPhase
from states.cash.commands import Release
from states.cash.cross_calls import call_for, calls_to_cash, is_undecided, packet_of
from states.cash.lock import CashLock
from states.cash.state import CashState
from states.cross.bridge import BridgeChange
from states.cross.commands import ContractAction, ContractCall

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction

_ANSWERS = {
    CoordinatorDecision.COMMIT: ContractAction.COMMIT,
    CoordinatorDecision.ABORT: ContractAction.ABORT,
}


def verify_release(tx: "LedgerTransaction", locks: tuple[CashLock, ...]) -> None:
    """Judge the transaction that consumes these locks.

    Raises: IllegalArgumentError for a broken rule, IllegalStateError for a missing command.
    """
    signers = frozenset(require_single_command(tx.commands, Release).signers)
    require_that("no coin is spent with a lock", not tx.inputs_of_type(CashState))
    calls = calls_to_cash(tx)
    require_that("cash answers a decision for each lock", len(calls) == len(locks))
    released = Counter[CashState]()
    for lock in locks:
        bridge = BridgeChange.of(tx, lock.base)
        require_that("the bridge's validators sign the release", bridge.is_validated(signers))
        decision = _decision(lock, bridge)
        _verify_answer(call_for(lock, calls), decision)
        committed = decision is CoordinatorDecision.COMMIT
        released[lock.released_to(lock.seller if committed else lock.buyer)] += 1
    require_that(
        "what was locked goes to the seller on commit, and back to the buyer on abort",
        Counter(tx.outputs_of_type(CashState)) == released,
    )


def _decision(lock: CashLock, bridge: BridgeChange) -> CoordinatorDecision:
    before, after = bridge.coordinator_before(lock.tx_id), bridge.coordinator_after(lock.tx_id)
    require_that("the cross-chain transaction was undecided", is_undecided(before, lock))
    decision = CoordinatorDecision.UNKNOWN
    if after is not None and after.phase is CoordinatorPhase.COMMIT:
        decision = after.decision
    require_that("the cross-chain transaction is decided here", decision in _ANSWERS)
    packet = packet_of(lock)
    answered = packet in bridge.before and packet not in bridge.after
    require_that("the packet that the lock names is answered here", answered)
    return decision


def _verify_answer(call: ContractCall | None, decision: CoordinatorDecision) -> None:
    agrees = call is not None and call.action is _ANSWERS[decision]
    require_that("cash answers the decision", agrees)
