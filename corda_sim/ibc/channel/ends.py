"""Looking channels up and storing them: what all of ICS-04's handlers share."""

from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.types import Channel, ChannelState, Order
from corda_sim.ibc.client import keeper
from corda_sim.ibc.connection.handshake import get_connection
from corda_sim.ibc.connection.types import ConnectionEnd, ConnectionState
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import (
    ErrChannelNotFound,
    ErrInvalidChannelState,
    ErrInvalidConnectionState,
    ErrInvalidPacket,
    FeatureLater,
)
from corda_sim.ibc.events import Event, event
from corda_sim.ibc.host import paths


def get_channel(ctx: Context, port_id: str, channel_id: str) -> Channel:
    """A channel's end. Raises: ErrChannelNotFound."""
    found = ctx.store.get(paths.channel(port_id, channel_id))
    if found is None:
        raise ErrChannelNotFound(f"port {port_id}, channel {channel_id}")
    return Channel.decode_strict(found)


def set_channel(ctx: Context, port_id: str, channel_id: str, end: Channel) -> None:
    """Store a channel's end."""
    ctx.store.set(paths.channel(port_id, channel_id), end.encode())


def require_state(end: Channel, state: ChannelState) -> None:
    """Raises: ErrInvalidChannelState."""
    if end.state is not state:
        raise ErrInvalidChannelState(f"channel state is {end.state.name}, expected {state.name}")


def connection_of(ctx: Context, end: Channel) -> ConnectionEnd:
    """The connection under a channel, whatever its state. Raises: ErrConnectionNotFound."""
    return get_connection(ctx, end.connection_hops[0])


def open_connection_of(ctx: Context, end: Channel) -> ConnectionEnd:
    """The open connection under a channel.

    Raises: ErrConnectionNotFound, ErrInvalidConnectionState.
    """
    connection = connection_of(ctx, end)
    if connection.state is not ConnectionState.OPEN:
        raise ErrInvalidConnectionState(f"connection state is not OPEN: {connection.state.name}")
    return connection


def active_connection_of(ctx: Context, end: Channel) -> ConnectionEnd:
    """The open connection under a channel, its client active.

    Raises: ErrConnectionNotFound, ErrInvalidConnectionState, ErrClientNotActive.
    """
    connection = open_connection_of(ctx, end)
    keeper.require_active(ctx, connection.client_id)
    return connection


def refuse_ordered(order: Order) -> None:
    """Raises: FeatureLater for an ORDERED channel, which this release doesn't do."""
    if order is Order.ORDERED:
        raise FeatureLater("ORDERED channels are not supported yet")


def require_source(end: Channel, packet: Packet) -> None:
    """Raise ErrInvalidPacket unless the packet was sent from the other end of this channel."""
    other = end.counterparty
    if (packet.source_port, packet.source_channel) != (other.port_id, other.channel_id):
        raise ErrInvalidPacket(
            f"packet source {packet.source_port}/{packet.source_channel} is not the counterparty "
            f"{other.port_id}/{other.channel_id}"
        )


def require_destination(end: Channel, packet: Packet) -> None:
    """Raise ErrInvalidPacket unless the packet goes to the other end of this channel."""
    other = end.counterparty
    if (packet.destination_port, packet.destination_channel) != (other.port_id, other.channel_id):
        raise ErrInvalidPacket(
            f"packet destination {packet.destination_port}/{packet.destination_channel} is not the "
            f"counterparty {other.port_id}/{other.channel_id}"
        )


def channel_event(type_: str, port_id: str, channel_id: str, end: Channel) -> Event:
    """An event of a channel's handshake."""
    return event(
        type_,
        port_id=port_id,
        channel_id=channel_id,
        counterparty_port_id=end.counterparty.port_id,
        counterparty_channel_id=end.counterparty.channel_id,
        connection_id=end.connection_hops[0],
        version=end.version,
    )


def packet_event(type_: str, packet: Packet, end: Channel, **more: object) -> Event:
    """An event of a packet."""
    return event(
        type_,
        packet_data_hex=packet.data.hex(),
        packet_timeout_height=packet.timeout_height,
        packet_timeout_timestamp=packet.timeout_timestamp,
        packet_sequence=packet.sequence,
        packet_src_port=packet.source_port,
        packet_src_channel=packet.source_channel,
        packet_dst_port=packet.destination_port,
        packet_dst_channel=packet.destination_channel,
        packet_channel_ordering=end.ordering.feature,
        packet_connection=end.connection_hops[0],
        **more,
    )
