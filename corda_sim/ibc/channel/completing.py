"""Acknowledgements and time-outs of packets sent from here.

Source: ibc-go modules/core/04-channel/keeper, packet.go (AcknowledgePacket) and timeout.go.
"""

from corda_sim.ibc.channel.closing import closed_counterparty
from corda_sim.ibc.channel.ends import (
    connection_of,
    get_channel,
    open_connection_of,
    packet_event,
    refuse_ordered,
    require_destination,
    require_state,
)
from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgTimeout,
    MsgTimeoutOnClose,
    Packet,
    commit_acknowledgement,
)
from corda_sim.ibc.channel.types import Channel, ChannelState
from corda_sim.ibc.client import keeper
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.connection.verification import (
    require_proof,
    verify_channel_state,
    verify_packet_acknowledgement,
    verify_packet_receipt_absence,
)
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import (
    ErrInvalidAcknowledgement,
    ErrInvalidPacket,
    ErrNoOpMsg,
    ErrTimeoutNotReached,
)
from corda_sim.ibc.host import paths


def acknowledge_packet(ctx: Context, msg: MsgAcknowledgement) -> None:
    """Prove an acknowledgement and forget the packet's commitment.

    Raises: ErrInvalidChannelState, ErrInvalidPacket, ErrInvalidConnectionState,
    ErrFailedPacketAckVerification, FeatureLater, and ErrNoOpMsg for a packet that is done.
    """
    packet = msg.packet
    packet.validate()
    require_proof(msg.proof_acked, "acknowledgement")
    if not msg.acknowledgement:
        raise ErrInvalidAcknowledgement("acknowledgement cannot be empty")
    end = get_channel(ctx, packet.source_port, packet.source_channel)
    require_state(end, ChannelState.OPEN)
    require_destination(end, packet)
    connection = open_connection_of(ctx, end)
    _require_commitment(ctx, packet)
    path = paths.packet_acknowledgement(
        packet.destination_port, packet.destination_channel, packet.sequence
    )
    commitment = commit_acknowledgement(msg.acknowledgement)
    refuse_ordered(end.ordering)
    proof = (msg.proof_height, msg.proof_acked)
    verify_packet_acknowledgement(ctx, connection, proof, path, commitment)
    _complete(ctx, "acknowledge_packet", packet, end)


def timeout_packet(ctx: Context, msg: MsgTimeout) -> None:
    """Prove that a packet wasn't received in time, and forget its commitment.

    Raises: ErrInvalidPacket, ErrTimeoutNotReached, ErrConsensusStateNotFound,
    ErrFailedPacketReceiptVerification, and ErrNoOpMsg for a packet that is done.
    """
    packet = msg.packet
    packet.validate()
    require_proof(msg.proof_unreceived, "unreceived")
    end = get_channel(ctx, packet.source_port, packet.source_channel)
    require_destination(end, packet)
    connection = connection_of(ctx, end)
    timestamp = keeper.timestamp_at(ctx, connection.client_id, msg.proof_height)
    if not packet.has_elapsed(msg.proof_height, timestamp):
        raise ErrTimeoutNotReached(
            f"packet {packet.sequence} has not timed out at {msg.proof_height}, {timestamp} ns"
        )
    _require_commitment(ctx, packet)
    _prove_unreceived(ctx, connection, msg, end)
    _complete(ctx, "timeout_packet", packet, end)


def timeout_on_close(ctx: Context, msg: MsgTimeoutOnClose) -> None:
    """Prove that the other end is closed and hasn't received a packet; forget its commitment.

    Raises: ErrInvalidPacket, ErrFailedChannelStateVerification,
    ErrFailedPacketReceiptVerification, and ErrNoOpMsg for a packet that is done.
    """
    packet = msg.packet
    packet.validate()
    require_proof(msg.proof_unreceived, "unreceived")
    require_proof(msg.proof_close, "closed channel")
    end = get_channel(ctx, packet.source_port, packet.source_channel)
    require_destination(end, packet)
    connection = connection_of(ctx, end)
    _require_commitment(ctx, packet)
    expected = closed_counterparty(end, connection, packet.source_port, packet.source_channel)
    path = paths.channel(end.counterparty.port_id, end.counterparty.channel_id)
    verify_channel_state(ctx, connection, (msg.proof_height, msg.proof_close), path, expected)
    _prove_unreceived(ctx, connection, msg, end)
    _complete(ctx, "timeout_on_close_packet", packet, end)


def _require_commitment(ctx: Context, packet: Packet) -> None:
    path = paths.packet_commitment(packet.source_port, packet.source_channel, packet.sequence)
    stored = ctx.store.get(path)
    if stored is None:
        raise ErrNoOpMsg(f"packet {packet.sequence} is done, or was never sent")
    if stored != packet.commitment:
        raise ErrInvalidPacket(
            f"packet commitment bytes do not match: got {packet.commitment.hex()}, expected "
            f"{stored.hex()}"
        )


def _prove_unreceived(
    ctx: Context, connection: ConnectionEnd, msg: MsgTimeout | MsgTimeoutOnClose, end: Channel
) -> None:
    refuse_ordered(end.ordering)
    packet = msg.packet
    path = paths.packet_receipt(
        packet.destination_port, packet.destination_channel, packet.sequence
    )
    proof = (msg.proof_height, msg.proof_unreceived)
    verify_packet_receipt_absence(ctx, connection, proof, path)


def _complete(ctx: Context, type_: str, packet: Packet, end: Channel) -> None:
    path = paths.packet_commitment(packet.source_port, packet.source_channel, packet.sequence)
    ctx.store.delete(path)
    ctx.events.append(packet_event(type_, packet, end))
