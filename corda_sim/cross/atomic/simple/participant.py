"""The chain that is called (x/core/atomic/protocol/simple/keeper)."""

from corda_sim.cross import paths
from corda_sim.cross.atomic.simple.types import PARTICIPANT, PacketDataCall
from corda_sim.cross.atomic.states import served_call
from corda_sim.cross.atomic.types import (
    ContractTransactionState,
    ContractTransactionStatus,
    PrepareResult,
)
from corda_sim.cross.contract.manager import commit_immediately
from corda_sim.cross.contract.module import CallId, ContractCall
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import CallRefused, ErrTxExists
from corda_sim.cross.tx.tx_id import require_tx_id
from corda_sim.cross.tx.types import ContractCallResult
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.ibc.context import Context

_COMMITTED = (ContractTransactionStatus.COMMIT, PrepareResult.OK)
_ABORTED = (ContractTransactionStatus.ABORT, PrepareResult.FAILED)


def receive_call(
    ctx: Context, env: Environment, channel: ChannelInfo, data: PacketDataCall
) -> ContractCallResult:
    """Do a call that came by ``channel``, once.

    Raises: CallRefused when the contract refuses, which is remembered; ErrTxExists,
    ErrInvalidTransaction, DecodeError.
    """
    require_tx_id(data.tx_id)
    if served_call(ctx.store, channel, data.tx_id) is not None:
        raise ErrTxExists(f"transaction {data.tx_id.hex()} was called before")
    call = ContractCall.of(CallId(data.tx_id, PARTICIPANT), channel, data.tx)
    try:
        result = commit_immediately(ctx, env.contracts, call)
    except CallRefused:
        _remember(ctx, channel, data.tx_id, _ABORTED)
        raise
    _remember(ctx, channel, data.tx_id, _COMMITTED)
    return result


def _remember(
    ctx: Context,
    channel: ChannelInfo,
    tx_id: bytes,
    outcome: tuple[ContractTransactionStatus, PrepareResult],
) -> None:
    state = ContractTransactionState(*outcome, channel)
    ctx.store.set(paths.served_call(channel, tx_id), state.encode())
