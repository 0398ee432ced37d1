"""The call's packet on its way."""

from corda_sim.cross import paths
from corda_sim.cross.atomic.simple import coordinator, participant
from corda_sim.cross.atomic.simple.types import (
    CommitStatus,
    PacketAcknowledgementCall,
    PacketDataCall,
)
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import CallRefused, ErrTxExists, ErrUnexpectedPacket
from corda_sim.cross.packets.handling import PacketHandler
from corda_sim.cross.packets.types import Acknowledgement, Header, HeaderField, PacketData
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.context import Context
from corda_sim.ibc.events import event

CALL_RESULT = "cross.call_result"
"""The header field of an acknowledgement that carries what the call has returned."""


def _receive(ctx: Context, env: Environment, packet: Packet, payload: AnyMessage) -> PacketData:
    data = payload.unpack(PacketDataCall)
    channel = ChannelInfo(packet.destination_port, packet.destination_channel)
    try:
        result = participant.receive_call(ctx, env, channel, data).data
    except (CallRefused, ErrTxExists) as refusal:
        ctx.events.append(event("cross_call_refused", tx_id=data.tx_id.hex(), reason=refusal))
        return PacketData.of(PacketAcknowledgementCall(CommitStatus.FAILED))
    ctx.events.append(event("cross_call_committed", tx_id=data.tx_id.hex()))
    header = Header((HeaderField(CALL_RESULT, result),)) if result else Header()
    return PacketData.of(PacketAcknowledgementCall(CommitStatus.OK), header)


def _acknowledge(
    ctx: Context, env: Environment, packet: Packet, payload: AnyMessage, ack: Acknowledgement
) -> None:
    tx_id = payload.unpack(PacketDataCall).tx_id
    committed = ack.is_success and _take_result(ctx, tx_id, ack.result)
    coordinator.confirm(ctx, env, tx_id, _source(packet), committed=committed)


def _take_result(ctx: Context, tx_id: bytes, data: bytes) -> bool:
    answer = PacketData.decode(data)
    status = answer.payload.unpack(PacketAcknowledgementCall).status
    if status is CommitStatus.UNKNOWN:
        raise ErrUnexpectedPacket(f"nothing says what became of the call of {tx_id.hex()}")
    result = answer.header.get(CALL_RESULT)
    if status is CommitStatus.OK and result is not None:
        ctx.store.set(paths.remote_result(tx_id), result)
    return status is CommitStatus.OK


def _time_out(ctx: Context, env: Environment, packet: Packet, payload: AnyMessage) -> None:
    coordinator.give_up(ctx, env, payload.unpack(PacketDataCall).tx_id, _source(packet))


def _source(packet: Packet) -> ChannelInfo:
    return ChannelInfo(packet.source_port, packet.source_channel)


CALL_HANDLERS = {PacketDataCall.TYPE_URL: PacketHandler(_receive, _acknowledge, _time_out)}
