"""Messages by which accounts of this chain sign (x/core/auth/keeper/msg_server.go)."""

from typing import NoReturn

from corda_sim.cross.auth.types import (
    Account,
    MsgExtSignTx,
    MsgIBCSignTx,
    MsgSignTx,
    MsgSignTxResponse,
    PacketDataIBCSignTx,
)
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import ErrInvalidTransaction
from corda_sim.cross.initiator.running import require_in_time, sign_and_run
from corda_sim.cross.packets.types import PacketData
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.cross.tx.tx_id import require_tx_id
from corda_sim.cross.xcc.resolver import resolve
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import FeatureLater


def sign_tx(ctx: Context, env: Environment, msg: MsgSignTx) -> MsgSignTxResponse:
    """Sign a transaction that was started here; the message's time-out is as in ``Tx``.

    Raises: ErrInvalidTransaction, ErrNotSigned, ErrTxTimeout, as ``sign_and_run``.
    """
    require_in_time(ctx.now, msg)
    _require_signed(env, msg.signers)
    accounts = tuple(map(Account.local, msg.signers))
    return sign_and_run(ctx, env, msg.tx_id, accounts)


def ibc_sign_tx(ctx: Context, env: Environment, msg: MsgIBCSignTx) -> Packet:
    """Sign a transaction that was started on the other chain; the packet that says so.

    Raises: ErrInvalidTransaction, ErrNotSigned, ErrInvalidCrossChainChannel, as ``send_packet``.
    """
    require_tx_id(msg.tx_id)
    _require_signed(env, msg.signers)
    channel = resolve(ctx, msg.cross_chain_channel, (AUTH_PORT, CROSS_PORT))
    time_out = (msg.timeout_height, msg.timeout_timestamp)
    data = PacketData.of(PacketDataIBCSignTx(msg.tx_id, msg.signers, *time_out)).encode()
    return send_packet(ctx, SendPacket(channel.port, channel.channel, data, *time_out))


def ext_sign_tx(ctx: Context, env: Environment, msg: MsgExtSignTx) -> NoReturn:
    """Raises: FeatureLater."""
    del ctx, env, msg
    raise FeatureLater("signatures by EXTENSION are not supported yet")


def _require_signed(env: Environment, signers: tuple[bytes, ...]) -> None:
    if not signers:
        raise ErrInvalidTransaction("nobody signs")
    for signer in signers:
        env.local.require_signed(signer)
