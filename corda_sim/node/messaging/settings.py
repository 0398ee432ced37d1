"""Settings of the embedded transport."""

from dataclasses import dataclass, field

from corda_sim.node.messaging.sockets import TlsContexts
from corda_sim.node.messaging.transport import Backoff, Window


@dataclass(frozen=True, slots=True)
class EmbeddedSettings:
    """How a node takes part.

    `endpoints` are bound for our inboxes; sizes are in bytes, times in seconds. `frame_timeout`
    bounds the time a peer may take for its hello or for the rest of a frame whose header has come.
    """

    name: str
    network_id: bytes
    inboxes: frozenset[str]
    endpoints: tuple[str, ...]
    max_message_size: int
    window: Window = field(default_factory=Window)
    backoff: Backoff = field(default_factory=Backoff)
    max_connections: int = 512
    frame_timeout: float = 30.0
    tls: TlsContexts | None = None
