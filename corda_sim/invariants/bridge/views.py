"""What the invariants of a bridge speak of, as it was read from both chains."""

from dataclasses import dataclass, field
from typing import NamedTuple

from corda_sim.ibc.channel.packet import Packet


class Place(NamedTuple):
    """Port, channel and number of a packet at one of its ends."""

    port: str
    channel: str
    sequence: int

    @classmethod
    def sent(cls, packet: Packet) -> "Place":
        """Where a packet left."""
        return cls(packet.source_port, packet.source_channel, packet.sequence)

    @classmethod
    def received(cls, packet: Packet) -> "Place":
        """Where a packet arrives."""
        return cls(packet.destination_port, packet.destination_channel, packet.sequence)

    def __str__(self) -> str:
        return f"{self.port}/{self.channel}/{self.sequence}"


@dataclass(slots=True)
class PacketView:
    """What a chain says of packets; each list has all that happened, twice what happened twice.

    `sent` and `answers` have the 32 bytes that the chain committed to: of packets where they left,
    of acknowledgements where their packets arrived. `acknowledged` has the answers as they came.
    """

    name: str
    sent: list[tuple[Place, bytes]] = field(default_factory=list)
    received: list[Packet] = field(default_factory=list)
    answers: dict[Place, bytes] = field(default_factory=dict)
    acknowledged: list[tuple[Packet, bytes]] = field(default_factory=list)
    timed_out: list[Packet] = field(default_factory=list)

    @property
    def ended(self) -> frozenset[Place]:
        """The packets of this chain that were acknowledged or timed out."""
        ends = (*(packet for packet, _ in self.acknowledged), *self.timed_out)
        return frozenset(map(Place.sent, ends))


@dataclass(frozen=True, slots=True)
class LockFacts:
    """Coins locked on Corda for a cross-chain transaction; the answer to `packet` decides.

    `released_to` is "seller", "buyer" or "somebody else", None while they are locked.
    """

    tx_id: str
    packet: Place
    released_to: str | None


@dataclass(slots=True)
class CordaView:
    """The Corda side."""

    packets: PacketView
    locks: list[LockFacts] = field(default_factory=list)


class Token(NamedTuple):
    """A token of an ERC-721, by its contract's address."""

    contract: bytes
    number: int

    def __str__(self) -> str:
        return f"token {self.number} of 0x{self.contract.hex()}"


class Transfer(NamedTuple):
    """A token changes hands, in a transaction of GoQuorum; it is minted from the zero address."""

    transaction: str
    token: Token
    source: bytes
    target: bytes


@dataclass(slots=True)
class QuorumView:
    """The GoQuorum side: `moved` has the calls whose token changed hands as they asked.

    Transfers are in their order; `owners` are the tokens' now.
    """

    packets: PacketView
    moved: list[Place] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    owners: dict[Token, bytes] = field(default_factory=dict)
