"""A chain as the relayer sees it; Corda and GoQuorum are two implementations.

A chain proves what it holds, tells what happens, shows its ends of clients, connections and
channels, and takes messages. Messages are those of `corda_sim.ibc`, whatever the chain makes of
them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.lightclients.lcp.types import EnclaveKey
from corda_sim.ibc.protobuf import Message
from corda_sim.relayer.outcomes import Submission


@dataclass(frozen=True, slots=True)
class PacketSent:
    """A packet was sent from this chain."""

    packet: Packet


@dataclass(frozen=True, slots=True)
class AcknowledgementWritten:
    """A packet that came to this chain has its acknowledgement."""

    packet: Packet
    acknowledgement: bytes


ChainEvent = PacketSent | AcknowledgementWritten


@dataclass(frozen=True, slots=True)
class News:
    """What has happened up to `cursor`, from where the next question goes on.

    `is_newest` says that there was nothing more when it was read, `is_reread` that some of it may
    have been told before. `age` is how long ago the chain was seen to have it, in seconds.
    """

    cursor: str
    events: tuple[ChainEvent, ...] = ()
    is_newest: bool = True
    is_reread: bool = False
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A value at an ICS-24 path, or None: that nothing is there."""

    path: str
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The chain's own proofs of claims, in their order, for a client that knows `height`."""

    height: Height
    proofs: tuple[bytes, ...]


class Origin(Protocol):
    """What is proven to the other chain."""

    def first_states(self) -> tuple[AnyMessage, AnyMessage]:
        """Client state and consensus state that a new client of this chain starts with."""

    def state_at(self, height: Height) -> tuple[AnyMessage, AnyMessage]:
        """What a client must hold at a height: its state without a height, and the consensus state.

        By this chain's own word, not by an enclave's.
        """

    def header(self, height: Height, trusted: Height) -> AnyMessage:
        """What leads a client from `trusted` to exactly `height`. Raises ProofTooOldException."""

    def between(self, low: Height, high: Height) -> Height | None:
        """A height to stop at on the way from `low` to `high`; None when there can't be one."""

    def prove(self, claims: Sequence[Claim], known: Height) -> Evidence:
        """Proofs for a client that knows `known` or is told more.

        Raises: NothingToProveException.
        """

    def now(self) -> tuple[Height, int]:
        """The newest height that can be proven, and its time in nanoseconds."""


class Ledger(Protocol):
    """What a chain holds of the bridge."""

    def client_ids(self) -> tuple[str, ...]:
        """All clients, the oldest first."""

    def client_state(self, client_id: str) -> AnyMessage | None:
        """A client's state."""

    def consensus_state(self, client_id: str, height: Height) -> AnyMessage | None:
        """What a client holds of a height."""

    def latest_height(self, client_id: str) -> Height:
        """The highest height that a client holds, (0, 0) before its activation."""

    def enclave_key(self, client_id: str, address: bytes) -> EnclaveKey | None:
        """An enclave's key that a client has registered."""

    def connections(self) -> Mapping[str, ConnectionEnd]:
        """All connections, the oldest first."""

    def channels(self, port_id: str) -> Mapping[str, Channel]:
        """A port's channels, the oldest first."""

    def committed(self, paths: Sequence[str]) -> list[bool]:
        """Whether there is something at each path."""

    def follow(self, cursor: str, seconds: float) -> News:
        """What has happened since `cursor` ('' for the beginning).

        Waits up to `seconds` when there is nothing new.
        """


class Destination(Protocol):
    """Where messages go."""

    @property
    def is_ordered(self) -> bool:
        """Whether submissions take effect in their order: one may then rely on those before it."""

    def settle(self) -> None:
        """Wait until what an earlier process has sent is decided."""

    def submit(self, updates: Sequence[Message], messages: Sequence[Message]) -> Submission:
        """Send messages that need `updates` before them, all at once; doesn't wait.

        Raises: BroadcastFailedException.
        """


class Chain(Origin, Ledger, Destination, Protocol):
    """One end of the bridge; safe to share between threads."""

    def leave(self) -> None:
        """The calling thread asks nothing any more."""

    @property
    def name(self) -> str:
        """What logs and figures call it."""
