"""What a node's engine tells, queued for one caller."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from corda_sim.flow.effects import Notification
from corda_sim.node.engine_room import Subscriber
from corda_sim.rpc.errors import SlowConsumerException

QUEUE_LIMIT = 10_000


class Subscription:
    """Notifications that `wanted` picks, in order, while it is entered. On the node's loop."""

    def __init__(
        self,
        subscribers: list[Subscriber],
        wanted: Callable[[Notification], bool],
        limit: int = QUEUE_LIMIT,
    ) -> None:
        self._subscribers, self._wanted = subscribers, wanted
        self._queue: asyncio.Queue[Notification] = asyncio.Queue(limit)
        self._lost = False

    def __enter__(self) -> Self:
        self._subscribers.append(self._offer)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._subscribers.remove(self._offer)

    def _offer(self, notification: Notification) -> None:
        if not self._wanted(notification):
            return
        if self._queue.full():
            self._lost = True
        else:
            self._queue.put_nowait(notification)

    async def next(self) -> Notification:
        """The next one. Raises SlowConsumerException once any was lost."""
        if self._lost:
            raise SlowConsumerException("Updates came faster than they were read: call again")
        return await self._queue.get()

    async def next_before(self, end: "asyncio.Future[Any]") -> Notification | None:
        """The next one; None once `end` is done and none is left. Some may have been lost."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        waiting: asyncio.Future[Any] = asyncio.ensure_future(self._queue.get())
        try:
            await asyncio.wait({waiting, end}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not waiting.done():
                waiting.cancel()
        if not waiting.done() or waiting.cancelled():
            return None
        told: Notification = waiting.result()
        return told
