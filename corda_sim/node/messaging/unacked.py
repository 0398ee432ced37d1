"""Book-keeping of deliveries between arrival and acknowledgement (pure)."""

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from corda_sim.node.messaging.transport import Window

OriginT = TypeVar("OriginT", bound=Hashable)


@dataclass(slots=True, eq=False)
class _Entry(Generic[OriginT]):
    size: int
    origin: OriginT
    sequence: int
    settled: bool = False
    acknowledged: bool = False


@dataclass(slots=True)
class Settled:
    """What to acknowledge at one origin: all up to `through`, and `singles` beyond it.

    `cumulative` is the last up to `through` that wasn't acknowledged singly: a broker refuses
    a cumulative acknowledgement that ends at one it had.
    """

    through: int | None = None
    cumulative: int | None = None
    singles: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Unacked(Generic[OriginT]):
    """Deliveries of all connections under one window of packs and bytes.

    An origin is a connection or channel with a sequence of its own, which ends with it. Deliveries
    are settled in any order; one that waits keeps back nothing but its own origin's cumulative
    acknowledgement.
    """

    window: Window
    packs: int = 0
    size: int = 0
    _by_tag: dict[int, _Entry[OriginT]] = field(default_factory=dict)
    _origins: dict[OriginT, deque[_Entry[OriginT]]] = field(default_factory=dict)
    _last_tag: int = 0

    @property
    def full(self) -> bool:
        """Whether the window is used up."""
        return self.packs >= self.window.packs or self.size >= self.window.bytes_

    @property
    def has_room(self) -> bool:
        """Whether half of the window is free again, the point at which to go on after `full`."""
        return self.packs * 2 <= self.window.packs and self.size * 2 <= self.window.bytes_

    def backlog(self, origin: OriginT) -> int:
        """Deliveries of `origin` that its cumulative acknowledgement has not reached."""
        return len(self._origins.get(origin, ()))

    def arrived(self, origin: OriginT, sequence: int, size: int) -> int:
        """Record a delivery of `size` bytes; the tag to hand out."""
        self._last_tag += 1
        entry = _Entry(size, origin, sequence)
        self._by_tag[self._last_tag] = entry
        self._origins.setdefault(origin, deque()).append(entry)
        self.packs += 1
        self.size += size
        return self._last_tag

    def settle(self, tags: Iterable[int]) -> dict[OriginT, Settled]:
        """Take tags as committed; unknown ones, as those of lost connections, are ignored."""
        entries = [entry for tag in tags if (entry := self._by_tag.pop(tag, None)) is not None]
        for entry in entries:
            entry.settled = True
            self._release(entry)
        return {origin: self._advance(origin, entries) for origin in {e.origin for e in entries}}

    def _release(self, entry: _Entry[OriginT]) -> None:
        self.packs -= 1
        self.size -= entry.size

    def _advance(self, origin: OriginT, entries: list[_Entry[OriginT]]) -> Settled:
        result = Settled()
        queue = self._origins[origin]
        while queue and queue[0].settled:
            entry = queue.popleft()
            result.through = entry.sequence
            if not entry.acknowledged:
                result.cumulative = entry.sequence
                entry.acknowledged = True
        for entry in entries:
            if entry.origin == origin and not entry.acknowledged:
                result.singles.append(entry.sequence)
                entry.acknowledged = True
        return result

    def drop(self, origin: OriginT) -> None:
        """The connection is gone: its deliveries come again and need no acknowledgement."""
        self._origins.pop(origin, None)
        for tag in [tag for tag, entry in self._by_tag.items() if entry.origin == origin]:
            self._release(self._by_tag.pop(tag))
