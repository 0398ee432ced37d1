"""The notary's decision: pure, over one batch.

Truth table (net.corda.notary.jpa.JPAUniquenessProvider, with two of its defects put right: a
transaction notarised once stays notarised whatever happens to its references, and the type in a
conflict comes from the refused request alone):

1. The transaction was committed before, in the database or earlier in the batch: success, even when
   its window has passed since.
2. An input or reference is consumed by another transaction: Conflict, whatever its window.
3. The clock is outside the window: TimeWindowInvalid.
4. Otherwise its inputs are consumed from here on, for later requests of the batch too.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from corda_sim.core.contracts import StateRef, TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.notary.errors import (
    AnyNotaryError,
    Conflict,
    ConsumedState,
    ConsumedStateType,
    StateConsumptionDetails,
    TimeWindowInvalid,
)


@dataclass(frozen=True, slots=True)
class CommitRequest:
    """What the decision needs of a transaction."""

    transaction_id: SecureHash
    inputs: tuple[StateRef, ...] = ()
    references: tuple[StateRef, ...] = ()
    time_window: TimeWindow | None = None

    @property
    def states(self) -> tuple[StateRef, ...]:
        """Inputs, then references, each once."""
        return tuple(dict.fromkeys(self.inputs + self.references))


@dataclass(frozen=True, slots=True)
class Committed:
    """The transaction is notarised; `new` when this batch is what consumes its inputs."""

    transaction_id: SecureHash
    new: bool = True


@dataclass(frozen=True, slots=True)
class Rejected:
    """The transaction is refused."""

    transaction_id: SecureHash
    error: AnyNotaryError


Decision = Committed | Rejected


def decide(
    batch: Sequence[CommitRequest],
    spent: Mapping[StateRef, SecureHash],
    committed: AbstractSet[SecureHash],
    now: datetime,
) -> tuple[Decision, ...]:
    """One decision for each request, in order.

    `spent` holds the consumed states among the batch's inputs and references with the consuming
    ids, `committed` the ids among the batch's that were committed before, `now` is UTC.
    """
    consumed = dict(spent)
    decided: dict[SecureHash, Decision] = {}
    return tuple(_decide_next(request, consumed, committed, decided, now) for request in batch)


def _decide_next(
    request: CommitRequest,
    consumed: dict[StateRef, SecureHash],
    committed: AbstractSet[SecureHash],
    decided: dict[SecureHash, Decision],
    now: datetime,
) -> Decision:
    earlier = decided.get(request.transaction_id)
    if earlier is not None:
        return _repeat(earlier)
    decision = _decide_one(request, consumed, committed, now)
    decided[request.transaction_id] = decision
    if isinstance(decision, Committed) and decision.new:
        consumed.update(dict.fromkeys(request.inputs, request.transaction_id))
    return decision


def _repeat(earlier: Decision) -> Decision:
    if isinstance(earlier, Rejected):
        return earlier
    return Committed(earlier.transaction_id, new=False)


def _decide_one(
    request: CommitRequest,
    consumed: Mapping[StateRef, SecureHash],
    committed: AbstractSet[SecureHash],
    now: datetime,
) -> Decision:
    tx_id = request.transaction_id
    if tx_id in committed or _inputs_are_its_own(request, consumed):
        return Committed(tx_id, new=False)
    conflict = _conflict(request, consumed)
    if conflict is not None:
        return Rejected(tx_id, conflict)
    if request.time_window is not None and not request.time_window.contains(now):
        return Rejected(tx_id, TimeWindowInvalid(now, request.time_window))
    return Committed(tx_id)


def _inputs_are_its_own(request: CommitRequest, consumed: Mapping[StateRef, SecureHash]) -> bool:
    consumers = {consumed[ref] for ref in request.inputs if ref in consumed}
    return consumers == {request.transaction_id}


def _conflict(request: CommitRequest, consumed: Mapping[StateRef, SecureHash]) -> Conflict | None:
    inputs = frozenset(request.inputs)
    states = tuple(
        ConsumedState(ref, _details(consumed[ref], ref in inputs))
        for ref in request.states
        if ref in consumed
    )
    return Conflict(request.transaction_id, states) if states else None


def _details(consumer: SecureHash, is_input: bool) -> StateConsumptionDetails:
    kind = ConsumedStateType.INPUT_STATE if is_input else ConsumedStateType.REFERENCE_INPUT_STATE
    return StateConsumptionDetails(consumer.re_hash(), kind)
