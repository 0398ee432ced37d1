"""Which queues a consumer takes from, against a channel that only notes what it is asked."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

from pika.channel import Channel

from corda_sim.node.messaging.amqp_connection import RabbitSettings
from corda_sim.node.messaging.amqp_consumer import AmqpConsumer
from corda_sim.node.messaging.transport import TransportCounters

SETTINGS = RabbitSettings(
    "node", "amqp://localhost/", ("p2p.inbound.own",), shared_inboxes=("p2p.inbound.service",)
)
BOTH, OWN = {"p2p.inbound.own", "p2p.inbound.service"}, {"p2p.inbound.own"}
Answer = Callable[[object], None]


class FakeChannel:
    """Answers at once, but for cancellations: those when it is told to."""

    is_open = True

    def __init__(self) -> None:
        self.queues: dict[str, str] = {}
        self.leaving: list[tuple[str, Answer]] = []
        self.taken = 0

    def add_on_close_callback(self, _: object) -> None: ...

    def add_on_cancel_callback(self, _: object) -> None: ...

    def basic_qos(self, prefetch_count: int, callback: Answer) -> None:
        assert prefetch_count == SETTINGS.window.packs
        callback(None)

    def queue_declare(self, _queue: str, *, callback: Answer, **_: object) -> None:
        callback(None)

    def basic_consume(
        self, queue: str, _on_message: object, consumer_tag: str, callback: Answer
    ) -> None:
        self.taken += 1
        self.queues[consumer_tag] = queue
        callback(None)

    def basic_cancel(self, consumer_tag: str, callback: Answer) -> None:
        self.leaving.append((consumer_tag, callback))

    def let_go(self) -> None:
        """The broker answers the cancellations."""
        leaving, self.leaving = self.leaving, []
        for tag, callback in leaving:
            del self.queues[tag]
            callback(None)

    @property
    def consumed(self) -> set[str]:
        return set(self.queues.values())


def up(consumer: AmqpConsumer) -> FakeChannel:
    channel = FakeChannel()
    consumer._up(cast("Channel", channel))
    return channel


def scenario(work: Callable[[AmqpConsumer], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        await work(AmqpConsumer(SETTINGS, TransportCounters()))

    asyncio.run(main())


def test_both_kinds_of_inbox_are_consumed() -> None:
    async def work(consumer: AmqpConsumer) -> None:
        assert up(consumer).consumed == BOTH

    scenario(work)


def test_the_shared_one_is_left_and_taken_again() -> None:
    async def work(consumer: AmqpConsumer) -> None:
        channel = up(consumer)
        consumer.share(False)
        channel.let_go()
        assert channel.consumed == OWN
        consumer.share(True)
        channel.let_go()
        assert channel.consumed == BOTH

    scenario(work)


def test_what_is_the_case_already_changes_nothing() -> None:
    async def work(consumer: AmqpConsumer) -> None:
        channel = up(consumer)
        consumer.share(True)
        assert channel.leaving == []
        consumer.share(False)
        channel.let_go()
        consumer.share(False)
        assert (channel.leaving, channel.taken) == ([], 3)

    scenario(work)


def test_a_change_of_mind_before_the_broker_answers_is_the_last_word() -> None:
    async def work(consumer: AmqpConsumer) -> None:
        channel = up(consumer)
        consumer.share(False)
        consumer.share(True)
        channel.let_go()
        assert channel.consumed == BOTH

    scenario(work)


def test_a_new_connection_leaves_the_shared_one_alone_too() -> None:
    async def work(consumer: AmqpConsumer) -> None:
        consumer.share(False)
        assert up(consumer).consumed == OWN
        consumer._down("lost")
        assert up(consumer).consumed == OWN

    scenario(work)


def test_a_paused_consumer_takes_from_neither() -> None:
    async def work(consumer: AmqpConsumer) -> None:
        channel = up(consumer)
        consumer.pause()
        consumer.share(False)
        channel.let_go()
        assert channel.consumed == set()
        consumer.resume()
        assert channel.consumed == OWN

    scenario(work)
