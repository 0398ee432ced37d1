"""What a transport does for messaging, whichever wire it speaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

P2P_PREFIX = "p2p.inbound."
"""Queue names are Corda's: `p2p.inbound.` and the identity key's short string."""


@dataclass(frozen=True, slots=True)
class PeerAddress:
    """Where a peer takes packs, from its signed node info.

    `name` is its X.500 name, `key` the short string of the key addressed, `endpoint` one of
    `unix:PATH`, `tcp://HOST:PORT` (no TLS), `tls://HOST:PORT`, `amqp://…` and `amqps://…`.
    """

    name: str
    key: str
    endpoint: str

    @property
    def inbox(self) -> str:
        """The name of the peer's queue."""
        return P2P_PREFIX + self.key


@dataclass(frozen=True, slots=True)
class Parcel:
    """An encoded pack with what a transport writes on its envelope, which no receiver trusts.

    `duplicate_id` is the same for every time this pack is sent (`_AMQ_DUPL_ID`).
    """

    body: bytes
    sender: str
    has_init: bool
    duplicate_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A received pack; `tag` grows by arrival, is never used twice, and is what `ack` takes."""

    tag: int
    body: bytes
    redelivered: bool = False


@dataclass(slots=True)
class TransportCounters:
    """Packs since start (`sent` counts each once, `resent` the repeats) and the present state."""

    sent: int = 0
    resent: int = 0
    received: int = 0
    unconfirmed: int = 0
    connected_peers: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """How much may be delivered and not yet acknowledged: packs and bytes."""

    packs: int = 64
    bytes_: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays between attempts to connect, in seconds: `first`, doubled each time up to `last`."""

    first: float = 0.05
    last: float = 1.0

    def delay(self, attempt: int) -> float:
        """The pause before attempt number `attempt` (0 is the first repeat)."""
        return float(min(self.last, self.first * 2 ** min(attempt, 32)))


OnDelivery = Callable[[Delivery], None]
OnConfirmed = Callable[[], None]


class Transport(Protocol):
    """Carries packs at least once, in order per peer; all methods belong to the loop's thread.

    Order has one exception, after which a pack may come before one sent earlier: a broker that
    refuses (nack) or can't route single packs in the middle of a stream.
    """

    @property
    def counters(self) -> TransportCounters:
        """Live figures."""

    async def start(self, on_delivery: OnDelivery) -> None:
        """Take deliveries and connect; returns when our own inbox is bound, or is being retried."""

    def publish(self, peer: PeerAddress, parcel: Parcel, on_confirmed: OnConfirmed) -> None:
        """Keep the pack until the receiving side has it for good, sending it as often as needed.

        Never blocks. `on_confirmed` is called once: the broker has the pack on disk, or the
        embedded receiver has committed it.
        """

    def ack(self, tags: Sequence[int]) -> None:
        """These deliveries are committed, in any order; acknowledged cumulatively where possible.

        Tags of lost connections are ignored: their deliveries come again.
        """

    def pause(self) -> None:
        """Take no further deliveries for now; what was delivered stays to be acknowledged."""

    def resume(self) -> None:
        """Go on after `pause`."""

    def share(self, enabled: bool) -> None:
        """Whether to take from inboxes at which other processes compete; on at first.

        What is left there is theirs.
        """

    async def stop(self) -> None:
        """Close connections; what is unconfirmed is the business of the journal."""
