"""Running a transaction that everybody has signed (x/core/initiator/keeper)."""

from corda_sim.cross import paths
from corda_sim.cross.atomic.simple import coordinator
from corda_sim.cross.auth import signing
from corda_sim.cross.auth.types import Account, MsgSignTx, MsgSignTxResponse
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import CrossError, ErrTxNotFound, ErrTxTimeout
from corda_sim.cross.initiator.linker import resolve_transaction
from corda_sim.cross.initiator.types import InitiateTxState, InitiateTxStatus, MsgInitiateTx
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import ErrInvalidChannelState, ErrTimeoutElapsed
from corda_sim.ibc.events import event
from corda_sim.ibc.moment import NANOS_PER_SECOND, Moment
from corda_sim.ibc.store import Store

_LASTING = (CrossError, ErrTimeoutElapsed, ErrInvalidChannelState)
"""What running again wouldn't mend. The rest fails the message, such as a channel that a Corda
transaction leaves out: its submitter mustn't end a cross-chain transaction by that."""


def initiate_state(store: Store, tx_id: bytes) -> InitiateTxState | None:
    """A transaction that was started here."""
    found = store.get(paths.initiated(tx_id))
    return None if found is None else InitiateTxState.decode_strict(found)


def has_expired(now: Moment, msg: MsgInitiateTx | MsgSignTx) -> bool:
    """Whether a message's time is over at the latest that ``now`` may be; in whole seconds."""
    height, seconds = msg.timeout_height, msg.timeout_timestamp
    by_height = not height.is_zero and now.last_height >= height
    return by_height or 0 < seconds <= now.latest // NANOS_PER_SECOND


def require_in_time(now: Moment, msg: MsgInitiateTx | MsgSignTx) -> None:
    """Raises: ErrTxTimeout."""
    if has_expired(now, msg):
        raise ErrTxTimeout(f"the time for transaction {msg.tx_id.hex()} is over")


def run_tx(ctx: Context, env: Environment, msg: MsgInitiateTx) -> None:
    """Run a transaction. Raises: ErrTxTimeout, as ``resolve_transaction`` and ``send_call``."""
    require_in_time(ctx.now, msg)
    coordinator.send_call(ctx, env, resolve_transaction(ctx, msg))


def sign_and_run(
    ctx: Context, env: Environment, tx_id: bytes, accounts: tuple[Account, ...]
) -> MsgSignTxResponse:
    """Take signatures, and run the transaction with the last of them.

    A transaction that can't run stays VERIFIED, and the response and an event say why. Unlike Go,
    nobody signs after the time-out: his signature would bind him to nothing.
    Raises: ErrTxNotFound, ErrTxTimeout, ErrAuthCompleted, and what a later attempt may mend.
    """
    state = initiate_state(ctx.store, tx_id)
    if state is None:
        raise ErrTxNotFound(f"transaction {tx_id.hex()} wasn't started here")
    require_in_time(ctx.now, state.msg)
    if not signing.sign(ctx.store, tx_id, accounts):
        return MsgSignTxResponse(tx_auth_completed=False)
    verified = InitiateTxState(InitiateTxStatus.VERIFIED, state.msg)
    ctx.store.set(paths.initiated(tx_id), verified.encode())
    return MsgSignTxResponse(tx_auth_completed=True, log=_try_run(ctx, env, state.msg))


def _try_run(ctx: Context, env: Environment, msg: MsgInitiateTx) -> str:
    try:
        with ctx.attempt() as inner:
            run_tx(inner, env, msg)
    except _LASTING as error:
        ctx.events.append(event("cross_tx_not_run", tx_id=msg.tx_id.hex(), reason=error))
        return str(error)
    return ""
