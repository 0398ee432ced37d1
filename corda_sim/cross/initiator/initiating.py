"""MsgInitiateTx (x/core/initiator/keeper/msg_server.go)."""

from corda_sim.cross import paths
from corda_sim.cross.atomic.simple.coordinator import participant_of
from corda_sim.cross.atomic.tpc.packets import refuse_tpc
from corda_sim.cross.auth import signing
from corda_sim.cross.auth.types import Account
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import ErrInvalidTransaction, ErrTxExists, ErrUnexpectedChainID
from corda_sim.cross.initiator.linker import resolve_transaction
from corda_sim.cross.initiator.running import initiate_state, require_in_time, run_tx
from corda_sim.cross.initiator.types import (
    InitiateTxState,
    InitiateTxStatus,
    MsgInitiateTx,
    MsgInitiateTxResponse,
)
from corda_sim.cross.tx.types import CommitProtocol
from corda_sim.ibc.context import Context
from corda_sim.ibc.events import event
from corda_sim.ibc.moment import NANOS_PER_SECOND

_LAST_SECOND = (2**64 - 1) // NANOS_PER_SECOND


def initiate_tx(ctx: Context, env: Environment, msg: MsgInitiateTx) -> MsgInitiateTxResponse:
    """Start a transaction; it runs at once when those who start it are all who must sign.

    Unlike Go, what could never run is refused here, not when the last has signed.
    Raises: ErrInvalidTransaction, ErrUnexpectedChainID, ErrTxTimeout, ErrTxExists, ErrNotSigned,
    FeatureLater, and what running it raises.
    """
    _validate(env, msg)
    require_in_time(ctx.now, msg)
    tx_id = msg.tx_id
    if initiate_state(ctx.store, tx_id) is not None:
        raise ErrTxExists(f"transaction {tx_id.hex()} exists already")
    participant_of(ctx, resolve_transaction(ctx, msg))
    for signer in msg.signers:
        env.local.require_signed(signer.id)
    signing.require(ctx.store, tx_id, msg.required_accounts)
    complete = signing.sign(ctx.store, tx_id, msg.signers)
    status = InitiateTxStatus.VERIFIED if complete else InitiateTxStatus.PENDING
    ctx.store.set(paths.initiated(tx_id), InitiateTxState(status, msg).encode())
    ctx.events.append(event("cross_tx_initiated", tx_id=tx_id.hex(), status=status.name))
    if complete:
        run_tx(ctx, env, msg)
    return MsgInitiateTxResponse(tx_id, status)


def _validate(env: Environment, msg: MsgInitiateTx) -> None:
    if msg.chain_id != env.chain_id:
        raise ErrUnexpectedChainID(f"{msg.chain_id!r} is not this chain, {env.chain_id!r}")
    if msg.commit_protocol is CommitProtocol.TPC:
        refuse_tpc()
    if msg.commit_protocol is not CommitProtocol.SIMPLE:
        raise ErrInvalidTransaction("no commit protocol is given")
    if msg.timeout_timestamp > _LAST_SECOND:
        raise ErrInvalidTransaction(
            f"a time-out of {msg.timeout_timestamp} s, after {_LAST_SECOND}"
        )
    if not msg.signers:
        raise ErrInvalidTransaction("nobody has signed the message")
    for signer in msg.signers:
        if signer != Account.local(signer.id):
            raise ErrInvalidTransaction(f"{signer.id.hex()} is no LOCAL account, and can't start")
