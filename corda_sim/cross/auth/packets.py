"""The signatures' packet on its way."""

from corda_sim.cross.auth.types import (
    Account,
    PacketAcknowledgementIBCSignTx,
    PacketDataIBCSignTx,
    SignStatus,
)
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import CrossError
from corda_sim.cross.initiator.running import sign_and_run
from corda_sim.cross.packets.handling import PacketHandler
from corda_sim.cross.packets.types import Acknowledgement, PacketData
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.context import Context
from corda_sim.ibc.events import event


def _receive(ctx: Context, env: Environment, packet: Packet, payload: AnyMessage) -> PacketData:
    data = payload.unpack(PacketDataIBCSignTx)
    channel = ChannelInfo(packet.destination_port, packet.destination_channel)
    accounts = tuple(Account.on_channel(signer, channel) for signer in data.signers)
    status = SignStatus.OK
    try:
        with ctx.attempt() as inner:
            sign_and_run(inner, env, data.tx_id, accounts)
    except CrossError as error:
        ctx.events.append(event("cross_sign_refused", tx_id=data.tx_id.hex(), reason=error))
        status = SignStatus.FAILED
    return PacketData.of(PacketAcknowledgementIBCSignTx(status))


def _acknowledge(
    ctx: Context, env: Environment, packet: Packet, payload: AnyMessage, ack: Acknowledgement
) -> None:
    del env
    status = SignStatus.FAILED
    if ack.is_success:
        answer = PacketData.decode(ack.result).payload
        status = answer.unpack(PacketAcknowledgementIBCSignTx).status
    _tell(ctx, packet, payload, status.name)


def _time_out(ctx: Context, env: Environment, packet: Packet, payload: AnyMessage) -> None:
    del env
    _tell(ctx, packet, payload, "TIMED_OUT")


def _tell(ctx: Context, packet: Packet, payload: AnyMessage, status: str) -> None:
    tx_id = payload.unpack(PacketDataIBCSignTx).tx_id.hex()
    sent = event("cross_sign_answered", tx_id=tx_id, status=status, sequence=packet.sequence)
    ctx.events.append(sent)


SIGN_HANDLERS = {PacketDataIBCSignTx.TYPE_URL: PacketHandler(_receive, _acknowledge, _time_out)}
