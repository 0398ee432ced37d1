"""The embedded transport: nodes connect directly, the sender's journal is the store-and-forward.

As Corda's `internal.peers.*` queues live at the sender, so do unconfirmed packs here. The receiver
confirms after its commit; a new connection is sent again whatever is unconfirmed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from corda_sim.node.messaging.inbox import Inbox
from corda_sim.node.messaging.link import Link
from corda_sim.node.messaging.settings import EmbeddedSettings
from corda_sim.node.messaging.sockets import Endpoint, Listener, listen
from corda_sim.node.messaging.transport import (
    OnConfirmed,
    OnDelivery,
    Parcel,
    PeerAddress,
    TransportCounters,
)


@dataclass(slots=True)
class EmbeddedTransport:
    """A `Transport` over direct connections."""

    settings: EmbeddedSettings
    counters: TransportCounters = field(default_factory=TransportCounters)
    _links: dict[str, Link] = field(default_factory=dict)
    _listeners: list[Listener] = field(default_factory=list)
    _inbox: Inbox = field(init=False)

    def __post_init__(self) -> None:
        self._inbox = Inbox(self.settings, self.counters)

    @property
    def port(self) -> int:
        """The TCP port bound by the first endpoint."""
        return self._listeners[0].port

    async def start(self, on_delivery: OnDelivery) -> None:
        """Bind every endpoint and take deliveries. Raises OSError when an address is taken."""
        self._inbox.on_delivery = on_delivery
        for endpoint in self.settings.endpoints:
            parsed = Endpoint.parse(endpoint)
            self._listeners.append(await listen(parsed, self.settings.tls, self._inbox.accept))

    def publish(self, peer: PeerAddress, parcel: Parcel, on_confirmed: OnConfirmed) -> None:
        """See `Transport.publish`."""
        link = self._links.get(peer.key)
        if link is None:
            link = self._links[peer.key] = Link(self.settings, self.counters, peer)
        link.publish(peer, parcel, on_confirmed)

    def ack(self, tags: Sequence[int]) -> None:
        """See `Transport.ack`."""
        self._inbox.ack(tags)

    def pause(self) -> None:
        """See `Transport.pause`."""
        self._inbox.pause()

    def resume(self) -> None:
        """See `Transport.resume`."""
        self._inbox.resume()

    def share(self, enabled: bool) -> None:
        """See `Transport.share`: on this wire every inbox has one process."""

    async def stop(self) -> None:
        """Close listeners and connections."""
        for listener in self._listeners:
            listener.close()
        links = [link.stop() for link in self._links.values()]
        await asyncio.gather(self._inbox.stop(), *links)
        self._links.clear()
        self._listeners.clear()
