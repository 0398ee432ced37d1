"""Packets, what of them is committed, and the messages that carry them (ibc.core.channel.v1)."""

import dataclasses
from typing import Annotated, ClassVar, Protocol

from corda_sim.core.crypto.hashes import sha256
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.errors import ErrInvalidPacket
from corda_sim.ibc.host import identifiers
from corda_sim.ibc.numbers import u64
from corda_sim.ibc.protobuf import Field, Message

RECEIPT = b"\x01"
"""What the receiver stores for a packet that it has."""


@dataclasses.dataclass(frozen=True, slots=True)
class Packet(Message):
    """A packet; ``timeout_timestamp`` is in nanoseconds since 1970, 0 and 0-0 mean no time-out."""

    sequence: Annotated[int, Field(1)]
    source_port: Annotated[str, Field(2)]
    source_channel: Annotated[str, Field(3)]
    destination_port: Annotated[str, Field(4)]
    destination_channel: Annotated[str, Field(5)]
    data: Annotated[bytes, Field(6)]
    timeout_height: Annotated[Height, Field(7)] = ZERO_HEIGHT
    timeout_timestamp: Annotated[int, Field(8)] = 0

    def validate(self) -> None:
        """Raises: ErrInvalidPacket, ErrInvalidID (Packet.ValidateBasic)."""
        identifiers.validate_port_id(self.source_port)
        identifiers.validate_port_id(self.destination_port)
        identifiers.validate_channel_id(self.source_channel)
        identifiers.validate_channel_id(self.destination_channel)
        if not self.sequence:
            raise ErrInvalidPacket("packet sequence cannot be 0")
        if self.timeout_height.is_zero and not self.timeout_timestamp:
            raise ErrInvalidPacket("packet timeout height and timestamp cannot both be 0")
        if not self.data:
            raise ErrInvalidPacket("packet data bytes cannot be empty")

    def has_elapsed(self, height: Height, timestamp: int) -> bool:
        """Whether the packet's time is over at a height and a time."""
        return has_elapsed(self, height, timestamp)

    @property
    def commitment(self) -> bytes:
        """The 32 bytes that the sender commits to (CommitPacket)."""
        height = self.timeout_height
        head = u64(self.timeout_timestamp) + u64(height.revision_number)
        return sha256(head + u64(height.revision_height) + sha256(self.data))


class WithTimeout(Protocol):
    """A packet, or the wish to send one; the time-out as in ``Packet``."""

    @property
    def timeout_height(self) -> Height:
        """The other chain's height, zero for none."""

    @property
    def timeout_timestamp(self) -> int:
        """The other chain's time in nanoseconds, zero for none."""


def has_elapsed(packet: WithTimeout, height: Height, timestamp: int) -> bool:
    """Whether a time is over at a height and a time in nanoseconds (Timeout.Elapsed)."""
    by_height = not packet.timeout_height.is_zero and height >= packet.timeout_height
    return by_height or 0 < packet.timeout_timestamp <= timestamp


def commit_acknowledgement(acknowledgement: bytes) -> bytes:
    """The 32 bytes that the receiver commits to (CommitAcknowledgement)."""
    return sha256(acknowledgement)


@dataclasses.dataclass(frozen=True, slots=True)
class PacketState(Message):
    """A commitment, receipt or acknowledgement, as queries answer it."""

    port_id: Annotated[str, Field(1)]
    channel_id: Annotated[str, Field(2)]
    sequence: Annotated[int, Field(3)]
    data: Annotated[bytes, Field(4)]


@dataclasses.dataclass(frozen=True, slots=True)
class MsgRecvPacket(Message):
    """Deliver a packet, with the proof that it was sent."""

    TYPE_URL: ClassVar[str] = "/ibc.core.channel.v1.MsgRecvPacket"
    packet: Annotated[Packet, Field(1)]
    proof_commitment: Annotated[bytes, Field(2)]
    proof_height: Annotated[Height, Field(3)]
    signer: Annotated[str, Field(4)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgAcknowledgement(Message):
    """Bring an acknowledgement back, with the proof that it was written."""

    TYPE_URL: ClassVar[str] = "/ibc.core.channel.v1.MsgAcknowledgement"
    packet: Annotated[Packet, Field(1)]
    acknowledgement: Annotated[bytes, Field(2)]
    proof_acked: Annotated[bytes, Field(3)]
    proof_height: Annotated[Height, Field(4)]
    signer: Annotated[str, Field(5)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgTimeout(Message):
    """Give a packet up, with the proof that it wasn't received in time."""

    TYPE_URL: ClassVar[str] = "/ibc.core.channel.v1.MsgTimeout"
    packet: Annotated[Packet, Field(1)]
    proof_unreceived: Annotated[bytes, Field(2)]
    proof_height: Annotated[Height, Field(3)]
    next_sequence_recv: Annotated[int, Field(4)] = 0
    signer: Annotated[str, Field(5)] = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgTimeoutOnClose(Message):
    """Give a packet up, with the proof that its channel is closed and it wasn't received."""

    TYPE_URL: ClassVar[str] = "/ibc.core.channel.v1.MsgTimeoutOnClose"
    packet: Annotated[Packet, Field(1)]
    proof_unreceived: Annotated[bytes, Field(2)]
    proof_close: Annotated[bytes, Field(3)]
    proof_height: Annotated[Height, Field(4)]
    next_sequence_recv: Annotated[int, Field(5)] = 0
    signer: Annotated[str, Field(6)] = ""
    counterparty_upgrade_sequence: Annotated[int, Field(7)] = 0
