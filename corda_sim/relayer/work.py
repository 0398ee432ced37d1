"""One thing to bring to a chain: a packet, its acknowledgement, or that it was never received."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    Packet,
    commit_acknowledgement,
)
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.host import paths
from corda_sim.ibc.protobuf import Message
from corda_sim.relayer.chain import Claim, Ledger


class Kind(Enum):
    """What is brought."""

    RECEIVE = "receive"
    ACKNOWLEDGE = "acknowledge"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class PacketKey:
    """A packet by where it was sent."""

    port: str
    channel: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.port}/{self.channel}/{self.sequence}"


def key_of(packet: Packet) -> PacketKey:
    """The packet's name on the chain that sent it."""
    return PacketKey(packet.source_port, packet.source_channel, packet.sequence)


@dataclass(frozen=True, slots=True)
class Work:
    """A packet, and what is brought of it."""

    kind: Kind
    packet: Packet
    acknowledgement: bytes = b""

    @property
    def key(self) -> tuple[Kind, PacketKey]:
        """What makes it the same work."""
        return self.kind, key_of(self.packet)

    @property
    def claim(self) -> Claim:
        """What the chain that it comes from has to prove."""
        packet = self.packet
        if self.kind is Kind.RECEIVE:
            return Claim(commitment_path(packet), packet.commitment)
        if self.kind is Kind.ACKNOWLEDGE:
            value = commit_acknowledgement(self.acknowledgement)
            return Claim(acknowledgement_path(packet), value)
        return Claim(receipt_path(packet), None)

    def message(self, proof: bytes, height: Height) -> Message:
        """What the other chain is told."""
        if self.kind is Kind.RECEIVE:
            return MsgRecvPacket(self.packet, proof, height)
        if self.kind is Kind.ACKNOWLEDGE:
            return MsgAcknowledgement(self.packet, self.acknowledgement, proof, height)
        return MsgTimeout(self.packet, proof, height)


def commitment_path(packet: Packet) -> str:
    """Where the sender holds the packet until it is done."""
    return paths.packet_commitment(packet.source_port, packet.source_channel, packet.sequence)


def receipt_path(packet: Packet) -> str:
    """Where the receiver notes the packet."""
    return paths.packet_receipt(
        packet.destination_port, packet.destination_channel, packet.sequence
    )


def acknowledgement_path(packet: Packet) -> str:
    """Where the receiver holds the acknowledgement."""
    return paths.packet_acknowledgement(
        packet.destination_port, packet.destination_channel, packet.sequence
    )


def still_to_do(works: Sequence[Work], source: Ledger, target: Ledger) -> list[Work]:
    """The works that the chains still lack, by what both hold now."""
    received = [one for one in works if one.kind is Kind.RECEIVE]
    others = [one for one in works if one.kind is not Kind.RECEIVE]
    sent = source.committed([commitment_path(one.packet) for one in received])
    got = target.committed([receipt_path(one.packet) for one in received])
    open_ = target.committed([commitment_path(one.packet) for one in others])
    lacking = {
        one.key for one, there, here in zip(received, sent, got, strict=True) if there and not here
    }
    lacking |= {one.key for one, there in zip(others, open_, strict=True) if there}
    return [one for one in works if one.key in lacking]
