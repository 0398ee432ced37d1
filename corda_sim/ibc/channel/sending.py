"""Sending packets (ibc-go modules/core/04-channel/keeper/packet.go, SendPacket)."""

import dataclasses
from typing import Annotated, ClassVar

from corda_sim.ibc.channel.ends import (
    active_connection_of,
    get_channel,
    packet_event,
    require_state,
)
from corda_sim.ibc.channel.packet import Packet, has_elapsed
from corda_sim.ibc.channel.types import Channel, ChannelState
from corda_sim.ibc.client import keeper
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import ErrSequenceSendNotFound, ErrTimeoutElapsed
from corda_sim.ibc.host import paths
from corda_sim.ibc.numbers import read_number, u64
from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class SendPacket(Message):
    """What a module asks the core to send; the time-out as in ``Packet``.

    ibc-go has no such message: its modules call the keeper. A Corda command has to carry it.
    """

    TYPE_URL: ClassVar[str] = "/corda_sim.ibc.v1.SendPacket"
    source_port: Annotated[str, Field(1)]
    source_channel: Annotated[str, Field(2)]
    data: Annotated[bytes, Field(3)]
    timeout_height: Annotated[Height, Field(4)] = ZERO_HEIGHT
    timeout_timestamp: Annotated[int, Field(5)] = 0


def send_packet(ctx: Context, msg: SendPacket) -> Packet:
    """Commit to the channel's next packet; the packet, with its sequence.

    The sequence is what the store holds as the next to send; on Corda, a ticket's number.
    Raises: ErrChannelNotFound, ErrInvalidChannelState, ErrInvalidPacket, ErrClientNotActive,
    ErrTimeoutElapsed.
    """
    end = check_sendable(ctx, msg)
    packet = Packet(
        _take_sequence(ctx, msg.source_port, msg.source_channel),
        msg.source_port,
        msg.source_channel,
        end.counterparty.port_id,
        end.counterparty.channel_id,
        msg.data,
        msg.timeout_height,
        msg.timeout_timestamp,
    )
    packet.validate()
    path = paths.packet_commitment(packet.source_port, packet.source_channel, packet.sequence)
    ctx.store.set(path, packet.commitment)
    ctx.events.append(packet_event("send_packet", packet, end))
    return packet


def check_sendable(ctx: Context, msg: SendPacket) -> Channel:
    """The channel's end, if a packet could be sent now; no sequence is needed yet.

    Raises: ErrChannelNotFound, ErrInvalidChannelState, ErrClientNotActive, ErrTimeoutElapsed.
    """
    end = get_channel(ctx, msg.source_port, msg.source_channel)
    require_state(end, ChannelState.OPEN)
    connection = active_connection_of(ctx, end)
    _refuse_elapsed(ctx, connection.client_id, msg)
    return end


def _take_sequence(ctx: Context, port_id: str, channel_id: str) -> int:
    path = paths.next_sequence_send(port_id, channel_id)
    sequence = read_number(ctx.store, path)
    if sequence is None:
        raise ErrSequenceSendNotFound(f"port {port_id}, channel {channel_id}")
    ctx.store.set(path, u64(sequence + 1))
    return sequence


def _refuse_elapsed(ctx: Context, client_id: str, msg: SendPacket) -> None:
    light, store = keeper.client_of(ctx, client_id)
    height = light.latest_height(store)
    timestamp = light.timestamp_at(store, height)
    if has_elapsed(msg, height, timestamp):
        raise ErrTimeoutElapsed(
            f"packet timeout {msg.timeout_height}, {msg.timeout_timestamp} ns has passed at "
            f"the counterparty's {height}, {timestamp} ns"
        )
