"""The chain that a transaction was started on (x/core/atomic/protocol/simple/keeper)."""

from dataclasses import replace

from corda_sim.cross import paths
from corda_sim.cross.atomic.simple.types import COORDINATOR, PARTICIPANT, PacketDataCall
from corda_sim.cross.atomic.states import coordinator_state, own_call
from corda_sim.cross.atomic.types import (
    ContractTransactionState,
    ContractTransactionStatus,
    CoordinatorDecision,
    CoordinatorPhase,
    CoordinatorState,
    PrepareResult,
)
from corda_sim.cross.contract.manager import prepare_commit
from corda_sim.cross.contract.module import CallId, ContractCall
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import (
    CallRefused,
    ErrInvalidTransaction,
    ErrTxExists,
    ErrTxNotFound,
    ErrUnexpectedState,
)
from corda_sim.cross.packets.types import PacketData
from corda_sim.cross.ports import CROSS_PORT
from corda_sim.cross.tx.types import CommitProtocol, Tx
from corda_sim.cross.xcc.resolver import read_xcc, resolve
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.channel.sending import SendPacket, check_sendable, send_packet
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.context import Context
from corda_sim.ibc.events import event
from corda_sim.ibc.moment import NANOS_PER_SECOND
from corda_sim.ibc.store import Store

NEVER = Height(0, 2**64 - 1)
"""A time-out that doesn't come: what Go sends every call with."""


def participant_of(ctx: Context, tx: Tx) -> ChannelInfo:
    """The channel to the other chain of a transaction that simple commit can run.

    Raises: ErrInvalidTransaction, ErrInvalidCrossChainChannel, ErrChannelNotFound.
    """
    calls = tx.contract_transactions
    if len(calls) != 2:
        raise ErrInvalidTransaction(f"simple commit is for 2 calls, not {len(calls)}")
    if read_xcc(calls[COORDINATOR].cross_chain_channel) != SELF:
        raise ErrInvalidTransaction("the first call must be the coordinator's own")
    return resolve(ctx, calls[PARTICIPANT].cross_chain_channel, (CROSS_PORT,))


def send_call(ctx: Context, env: Environment, tx: Tx) -> None:
    """Prepare the own call and send the other; or abort at once when the contract refuses.

    The packet times out with the transaction, unlike Go's, which never does: what was prepared is
    released once the call is proven not to have come.
    Raises: ErrTxExists, as ``participant_of`` and ``send_packet``; nothing is prepared then.
    """
    channel = participant_of(ctx, tx)
    if coordinator_state(ctx.store, tx.id) is not None:
        raise ErrTxExists(f"transaction {tx.id.hex()} runs already")
    own, other = tx.contract_transactions
    packet = _packet(tx, channel, PacketDataCall(tx.id, other))
    # before the own call is prepared: what was prepared must not be left behind
    check_sendable(ctx, packet)
    try:
        call = ContractCall.of(CallId(tx.id, COORDINATOR), SELF, own)
        prepare_commit(ctx, env.contracts, call)
    except CallRefused as refusal:
        _abort_unsent(ctx, tx.id, channel, refusal)
        return
    send_packet(ctx, packet)
    prepared = ContractTransactionState(ContractTransactionStatus.PREPARE, PrepareResult.OK)
    ctx.store.set(paths.own_call(tx.id), prepared.encode())
    _put(ctx.store, tx.id, _state(channel, CoordinatorPhase.PREPARE))


def confirm(
    ctx: Context, env: Environment, tx_id: bytes, channel: ChannelInfo, *, committed: bool
) -> None:
    """Do as the participant has done, whose answer came by ``channel``.

    Raises: ErrTxNotFound, ErrUnexpectedState.
    """
    state = _preparing(ctx.store, tx_id, channel)
    done = (COORDINATOR, PARTICIPANT)
    _finish(ctx, env, tx_id, replace(state, confirmed_txs=done, acks=done), committed=committed)


def give_up(ctx: Context, env: Environment, tx_id: bytes, channel: ChannelInfo) -> None:
    """Abort: the call is proven never to be received.

    Raises: ErrTxNotFound, ErrUnexpectedState.
    """
    state = _preparing(ctx.store, tx_id, channel)
    _finish(ctx, env, tx_id, replace(state, acks=(COORDINATOR,)), committed=False)


def _packet(tx: Tx, channel: ChannelInfo, call: PacketDataCall) -> SendPacket:
    nanos = tx.timeout_timestamp * NANOS_PER_SECOND
    height = ZERO_HEIGHT if nanos else NEVER
    data = PacketData.of(call).encode()
    return SendPacket(channel.port, channel.channel, data, height, nanos)


def _state(channel: ChannelInfo, phase: CoordinatorPhase) -> CoordinatorState:
    channels = (SELF, channel)
    return CoordinatorState(CommitProtocol.SIMPLE, channels, phase, confirmed_txs=(COORDINATOR,))


def _abort_unsent(ctx: Context, tx_id: bytes, channel: ChannelInfo, refusal: CallRefused) -> None:
    failed = ContractTransactionState(ContractTransactionStatus.ABORT, PrepareResult.FAILED)
    ctx.store.set(paths.own_call(tx_id), failed.encode())
    state = _state(channel, CoordinatorPhase.COMMIT)
    _put(ctx.store, tx_id, replace(state, decision=CoordinatorDecision.ABORT))
    ctx.events.append(event("cross_prepare_refused", tx_id=tx_id.hex(), reason=refusal))


def _preparing(store: Store, tx_id: bytes, channel: ChannelInfo) -> CoordinatorState:
    state = coordinator_state(store, tx_id)
    if state is None:
        raise ErrTxNotFound(f"transaction {tx_id.hex()} doesn't run here")
    if state.phase is not CoordinatorPhase.PREPARE:
        raise ErrUnexpectedState(f"transaction {tx_id.hex()} is decided: {state.decision.name}")
    if state.channels[PARTICIPANT] != channel:
        raise ErrUnexpectedState(
            f"transaction {tx_id.hex()} was sent by {state.channels[PARTICIPANT].channel}, not "
            f"{channel.channel}"
        )
    return state


def _finish(
    ctx: Context, env: Environment, tx_id: bytes, state: CoordinatorState, *, committed: bool
) -> None:
    own = own_call(ctx.store, tx_id)
    if own is None or own.status is not ContractTransactionStatus.PREPARE:
        raise ErrUnexpectedState(f"the own call of transaction {tx_id.hex()} isn't prepared")
    name = "COMMIT" if committed else "ABORT"
    act = env.contracts.on_commit if committed else env.contracts.on_abort
    act(ctx, CallId(tx_id, COORDINATOR))
    decided = replace(own, status=ContractTransactionStatus[name])
    ctx.store.set(paths.own_call(tx_id), decided.encode())
    decision = CoordinatorDecision[name]
    _put(ctx.store, tx_id, replace(state, phase=CoordinatorPhase.COMMIT, decision=decision))
    ctx.events.append(event("cross_tx_decided", tx_id=tx_id.hex(), decision=name))


def _put(store: Store, tx_id: bytes, state: CoordinatorState) -> None:
    store.set(paths.coordinator(tx_id), state.encode())
