"""Receiving packets and writing acknowledgements (04-channel/keeper/packet.go)."""

from corda_sim.ibc.channel.acknowledgement import AcknowledgementLike
from corda_sim.ibc.channel.ends import (
    get_channel,
    open_connection_of,
    packet_event,
    refuse_ordered,
    require_source,
    require_state,
)
from corda_sim.ibc.channel.packet import RECEIPT, MsgRecvPacket, Packet, commit_acknowledgement
from corda_sim.ibc.channel.types import ChannelState
from corda_sim.ibc.connection.verification import require_proof, verify_packet_commitment
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import (
    ErrAcknowledgementExists,
    ErrInvalidAcknowledgement,
    ErrInvalidPacket,
    ErrNoOpMsg,
    ErrTimeoutElapsed,
)
from corda_sim.ibc.host import paths


def recv_packet(ctx: Context, msg: MsgRecvPacket) -> None:
    """Prove a packet and note its receipt; the module's answer comes after this.

    Raises: ErrInvalidChannelState, ErrInvalidPacket, ErrInvalidConnectionState, ErrTimeoutElapsed,
    ErrFailedPacketCommitmentVerification, and ErrNoOpMsg for a packet received before.
    """
    packet = msg.packet
    packet.validate()
    require_proof(msg.proof_commitment, "commitment")
    end = get_channel(ctx, packet.destination_port, packet.destination_channel)
    require_state(end, ChannelState.OPEN)
    require_source(end, packet)
    connection = open_connection_of(ctx, end)
    if packet.has_elapsed(ctx.now.last_height, ctx.now.latest):
        raise ErrTimeoutElapsed(f"packet {packet.sequence} has timed out here")
    sent = paths.packet_commitment(packet.source_port, packet.source_channel, packet.sequence)
    proof = (msg.proof_height, msg.proof_commitment)
    verify_packet_commitment(ctx, connection, proof, sent, packet.commitment)
    refuse_ordered(end.ordering)
    _note_receipt(ctx, packet)
    ctx.events.append(packet_event("recv_packet", packet, end))


def _note_receipt(ctx: Context, packet: Packet) -> None:
    receipt = paths.packet_receipt(
        packet.destination_port, packet.destination_channel, packet.sequence
    )
    if ctx.store.get(receipt) is not None:
        raise ErrNoOpMsg(f"packet {packet.sequence} was received before")
    ctx.store.set(receipt, RECEIPT)


def write_acknowledgement(
    ctx: Context, packet: Packet, acknowledgement: AcknowledgementLike
) -> None:
    """Commit to the one acknowledgement of a received packet, at once or later.

    Raises: ErrInvalidChannelState, ErrAcknowledgementExists, ErrInvalidAcknowledgement, and
    ErrInvalidPacket for a packet that wasn't received.
    """
    end = get_channel(ctx, packet.destination_port, packet.destination_channel)
    require_state(end, ChannelState.OPEN)
    place = (packet.destination_port, packet.destination_channel, packet.sequence)
    path = paths.packet_acknowledgement(*place)
    if ctx.store.get(path) is not None:
        raise ErrAcknowledgementExists(f"packet {packet.sequence} is acknowledged already")
    if ctx.store.get(paths.packet_receipt(*place)) is None:
        raise ErrInvalidPacket(f"packet {packet.sequence} wasn't received")
    data = acknowledgement.encode()
    if not data:
        raise ErrInvalidAcknowledgement("acknowledgement cannot be empty")
    ctx.store.set(path, commit_acknowledgement(data))
    written = packet_event("write_acknowledgement", packet, end, packet_ack_hex=data.hex())
    ctx.events.append(written)
