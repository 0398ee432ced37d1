"""Notifications queued for a caller."""

import asyncio

import pytest

from corda_sim.flow.effects import Notification
from corda_sim.node.engine_room import Subscriber
from corda_sim.rpc.errors import SlowConsumerException
from corda_sim.rpc.subscription import Subscription


def tell(subscribers: list[Subscriber], *values: str) -> None:
    for value in values:
        for subscriber in list(subscribers):
            subscriber(Notification("flow", value))


def test_wanted_ones_come_in_order() -> None:
    async def scenario() -> list[object]:
        told: list[Subscriber] = []
        with Subscription(told, lambda one: one.value != "b") as updates:
            tell(told, "a", "b", "c")
            found = [(await updates.next()).value for _ in range(2)]
        tell(told, "d")
        assert told == []
        return found

    assert asyncio.run(scenario()) == ["a", "c"]


def test_what_was_lost_is_told() -> None:
    async def scenario() -> None:
        told: list[Subscriber] = []
        with Subscription(told, lambda _: True, limit=1) as updates:
            tell(told, "a", "b")
            await updates.next()

    with pytest.raises(SlowConsumerException):
        asyncio.run(scenario())


def test_what_came_before_the_end_is_not_lost() -> None:
    async def scenario() -> list[object]:
        told: list[Subscriber] = []
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with Subscription(told, lambda _: True) as updates:
            tell(told, "a", "b")
            end.set_result(None)
            found = []
            while (one := await updates.next_before(end)) is not None:
                found.append(one.value)
        return found

    assert asyncio.run(scenario()) == ["a", "b"]
