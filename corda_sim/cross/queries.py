"""Where transactions are, for those who ask."""

from dataclasses import dataclass
from enum import StrEnum

from corda_sim.cross import paths
from corda_sim.cross.atomic.states import coordinator_state, own_call
from corda_sim.cross.atomic.types import (
    ContractTransactionState,
    CoordinatorDecision,
    CoordinatorState,
)
from corda_sim.cross.auth.signing import auth_state
from corda_sim.cross.auth.types import Account
from corda_sim.cross.errors import ErrTxNotFound
from corda_sim.cross.initiator.running import has_expired, initiate_state
from corda_sim.cross.initiator.types import InitiateTxState, InitiateTxStatus
from corda_sim.cross.xcc.types import SELF, QuerySelfXCCResponse
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.store import Store


class Stage(StrEnum):
    """How far a transaction is."""

    PENDING = "pending"
    EXPIRED = "expired"
    NOT_RUN = "not run"
    PREPARED = "prepared"
    COMMITTED = "committed"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class TxStatus:
    """What the coordinator knows of a transaction; ``result`` is what the other call returned."""

    stage: Stage
    initiated: InitiateTxState
    remaining_signers: tuple[Account, ...]
    coordinator: CoordinatorState | None
    own_call: ContractTransactionState | None
    result: bytes | None


def tx_status(store: Store, now: Moment, tx_id: bytes) -> TxStatus:
    """A transaction that was started here. Raises: ErrTxNotFound."""
    initiated = initiate_state(store, tx_id)
    if initiated is None:
        raise ErrTxNotFound(f"transaction {tx_id.hex()} wasn't started here")
    coordinator = coordinator_state(store, tx_id)
    return TxStatus(
        _stage(now, initiated, coordinator),
        initiated,
        auth_state(store, tx_id).remaining_signers,
        coordinator,
        own_call(store, tx_id),
        store.get(paths.remote_result(tx_id)),
    )


def self_xcc() -> QuerySelfXCCResponse:
    """How this chain names itself."""
    return QuerySelfXCCResponse(AnyMessage.pack(SELF))


_STAGES = {
    CoordinatorDecision.UNKNOWN: Stage.PREPARED,
    CoordinatorDecision.COMMIT: Stage.COMMITTED,
    CoordinatorDecision.ABORT: Stage.ABORTED,
}


def _stage(now: Moment, initiated: InitiateTxState, coordinator: CoordinatorState | None) -> Stage:
    if coordinator is not None:
        return _STAGES[coordinator.decision]
    if initiated.status is InitiateTxStatus.VERIFIED:
        return Stage.NOT_RUN
    return Stage.EXPIRED if has_expired(now, initiated.msg) else Stage.PENDING
