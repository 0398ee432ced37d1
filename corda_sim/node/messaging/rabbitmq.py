"""The RabbitMQ transport: each party consumes at its own broker and publishes at its peers'.

As Corda nodes reach each other's Artemis: the queue `p2p.inbound.<key>` is durable, a publish is
confirmed and must be routed, and the loss of a broker is a matter of waiting, not of stopping.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from corda_sim.node.messaging.amqp_connection import RabbitSettings
from corda_sim.node.messaging.amqp_consumer import AmqpConsumer
from corda_sim.node.messaging.amqp_publisher import AmqpPublisher
from corda_sim.node.messaging.transport import (
    OnConfirmed,
    OnDelivery,
    Parcel,
    PeerAddress,
    TransportCounters,
)


@dataclass(slots=True)
class RabbitTransport:
    """A `Transport` over RabbitMQ; `counters.connected_peers` counts brokers published at."""

    settings: RabbitSettings
    counters: TransportCounters = field(default_factory=TransportCounters)
    _consumer: AmqpConsumer = field(init=False)
    _publishers: dict[str, AmqpPublisher] = field(default_factory=dict)
    _broker_of: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._consumer = AmqpConsumer(self.settings, self.counters)

    async def start(self, on_delivery: OnDelivery) -> None:
        """Consume our inboxes; with the broker away, returns while that is being retried."""
        self._consumer.on_delivery = on_delivery
        await self._consumer.start()

    def publish(self, peer: PeerAddress, parcel: Parcel, on_confirmed: OnConfirmed) -> None:
        """See `Transport.publish`. Raises IllegalArgumentError for an endpoint of another kind."""
        publisher = self._publisher(peer.endpoint)
        before = self._broker_of.get(peer.key, peer.endpoint)
        if before != peer.endpoint:
            for entry in self._publishers[before].take_over(peer.key):
                publisher.publish(peer, entry.parcel, entry.on_confirmed)
        self._broker_of[peer.key] = peer.endpoint
        publisher.publish(peer, parcel, on_confirmed)

    def _publisher(self, url: str) -> AmqpPublisher:
        publisher = self._publishers.get(url)
        if publisher is None:
            publisher = self._publishers[url] = AmqpPublisher(url, self.settings, self.counters)
            publisher.start()
        return publisher

    def ack(self, tags: Sequence[int]) -> None:
        """See `Transport.ack`."""
        self._consumer.ack(tags)

    def pause(self) -> None:
        """See `Transport.pause`."""
        self._consumer.pause()

    def resume(self) -> None:
        """See `Transport.resume`."""
        self._consumer.resume()

    def share(self, enabled: bool) -> None:
        """See `Transport.share`."""
        self._consumer.share(enabled)

    async def stop(self) -> None:
        """Close every connection."""
        publishers = [publisher.stop() for publisher in self._publishers.values()]
        await asyncio.gather(self._consumer.stop(), *publishers)
        self._publishers.clear()
