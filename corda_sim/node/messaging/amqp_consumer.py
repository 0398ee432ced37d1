"""Consuming our inboxes at our own broker."""

import asyncio
import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial

import pika
from pika.channel import Channel
from pika.exceptions import ChannelClosedByBroker
from pika.spec import Basic

from corda_sim.node.messaging.amqp_connection import AmqpConnection, RabbitSettings, parameters
from corda_sim.node.messaging.transport import Delivery, OnDelivery, TransportCounters
from corda_sim.node.messaging.unacked import Unacked

LOGGER = logging.getLogger(__name__)
PRECONDITION_FAILED = 406
DELIVERY_LIMIT = 2**31 - 1
"""RabbitMQ 4 drops a message after 20 deliveries unless told otherwise, and with no limit at all a
quorum queue puts what is requeued at its end instead of its head."""


class _Mode(Enum):
    """CANCELLING lasts until the broker has answered."""

    DOWN = auto()
    IDLE = auto()
    CONSUMING = auto()
    CANCELLING = auto()


@dataclass(slots=True)
class AmqpConsumer:
    """Takes deliveries under a window: packs by the broker's prefetch, bytes by cancelling.

    RabbitMQ has no prefetch by size; when the bytes run out the consumer is cancelled, which leaves
    deliveries to be acknowledged, and it consumes again when half of them are.
    """

    settings: RabbitSettings
    counters: TransportCounters
    on_delivery: OnDelivery = field(default=lambda _: None)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    _connection: AmqpConnection = field(init=False)
    _unacked: Unacked[int] = field(init=False)
    _channel: Channel | None = None
    _epoch: int = 0
    _mode: _Mode = _Mode.DOWN
    _paused: bool = False
    _shares: bool = True
    _waiting: int = 0
    _consumers: list[str] = field(default_factory=list)
    _tags: "itertools.count[int]" = field(default_factory=itertools.count)
    _as_found: bool = False

    def __post_init__(self) -> None:
        self._unacked = Unacked(self.settings.window)
        self._connection = AmqpConnection(
            parameters(self.settings.broker_url, self.settings, "consumer"),
            self.settings,
            on_up=self._up,
            on_down=self._down,
        )

    async def start(self) -> None:
        """Connect; returns when the inboxes are declared, or at the first failure."""
        self._connection.start()
        await self.settled.wait()

    async def stop(self) -> None:
        """Close the connection; what is unacknowledged goes back to the queue."""
        await self._connection.stop()

    def _up(self, channel: Channel) -> None:
        self._channel = channel
        self._connection.expect_answer()
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_cancel_callback(
            lambda _: self._connection.fail("inbox was deleted or moved, consumer cancelled")
        )
        channel.basic_qos(
            prefetch_count=self.settings.window.packs,
            callback=lambda _: self._declare(channel, self.settings.queues),
        )

    def _declare(self, channel: Channel, queues: Sequence[str]) -> None:
        if not queues:
            self._connection.answered()
            self._mode = _Mode.IDLE
            self._reconcile()
            self.settled.set()
            return
        channel.queue_declare(
            queues[0],
            durable=True,
            passive=self._as_found,
            arguments=self._arguments(queues[0]),
            callback=lambda _: self._declare(channel, queues[1:]),
        )

    def _arguments(self, queue: str) -> dict[str, object]:
        arguments: dict[str, object] = {
            "x-queue-type": "quorum" if self.settings.quorum else "classic"
        }
        if self.settings.single_active_consumer and queue not in self.settings.shared_inboxes:
            arguments["x-single-active-consumer"] = True
        if self.settings.quorum:
            arguments["x-delivery-limit"] = DELIVERY_LIMIT
        return arguments

    def _channel_closed(self, _: Channel, reason: BaseException) -> None:
        if isinstance(reason, ChannelClosedByBroker) and reason.reply_code == PRECONDITION_FAILED:
            # Declared under other settings earlier: it holds messages, so it is used as it is.
            self._as_found = True

    def _down(self, _: str) -> None:
        self._unacked.drop(self._epoch)
        self._channel = None
        self._epoch += 1
        self._mode = _Mode.DOWN
        self._consumers.clear()
        self.settled.set()

    def _reconcile(self) -> None:
        if self._channel is None or not self._channel.is_open:
            return
        full = self._unacked.size >= self.settings.window.bytes_
        if self._mode is _Mode.CONSUMING and (self._paused or full):
            self._cancel(self._channel)
        elif self._mode is _Mode.IDLE and not self._paused and self._unacked.has_room:
            self._consume(self._channel)

    def _consume(self, channel: Channel) -> None:
        self._mode = _Mode.CONSUMING
        for queue in self.settings.queues if self._shares else self.settings.inboxes:
            # A tag of its own each time: a quorum queue still knows the cancelled one.
            tag = f"{self.settings.name}.{next(self._tags)}"
            self._consumers.append(tag)
            channel.basic_consume(
                queue,
                partial(self._on_message, self._epoch),
                consumer_tag=tag,
                callback=lambda _: self._consuming(),
            )
        self._connection.expect_answer()

    def _consuming(self) -> None:
        self._connection.answered()
        self._connection.healthy()

    def _cancel(self, channel: Channel) -> None:
        self._mode = _Mode.CANCELLING
        self._waiting = len(self._consumers)
        for tag in self._consumers:
            channel.basic_cancel(tag, callback=lambda _: self._cancelled())
        self._consumers.clear()

    def _cancelled(self) -> None:
        self._waiting -= 1
        if self._waiting == 0:
            self._mode = _Mode.IDLE
            self._reconcile()

    def _on_message(
        self,
        epoch: int,
        _: Channel,
        method: Basic.Deliver,
        _properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        self.counters.received += 1
        tag = self._unacked.arrived(epoch, method.delivery_tag, len(body))
        self.on_delivery(Delivery(tag, body, bool(method.redelivered)))
        self._reconcile()

    def ack(self, tags: Sequence[int]) -> None:
        """Acknowledge on the present channel; deliveries of earlier ones come again."""
        for settled in self._unacked.settle(tags).values():
            channel = self._channel
            if channel is None or not channel.is_open:
                continue
            if settled.cumulative is not None:
                channel.basic_ack(settled.cumulative, multiple=True)
            for single in settled.singles:
                channel.basic_ack(single)
        self._reconcile()

    def pause(self) -> None:
        """Take no more deliveries."""
        self._paused = True
        self._reconcile()

    def resume(self) -> None:
        """Go on."""
        self._paused = False
        self._reconcile()

    def share(self, enabled: bool) -> None:
        """Consume the shared inboxes, or leave them to the other workers of their service."""
        if enabled == self._shares:
            return
        self._shares = enabled
        if self._mode is _Mode.CONSUMING and self._channel is not None and self._channel.is_open:
            self._cancel(self._channel)
