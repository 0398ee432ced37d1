"""Book-keeping of deliveries between arrival and acknowledgement (pure)."""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from corda_sim.node.messaging.transport import Window

OriginT = TypeVar("OriginT", bound=Hashable)


@dataclass(frozen=True, slots=True)
class _Entry(Generic[OriginT]):
    tag: int
    size: int
    origin: OriginT
    sequence: int


@dataclass(slots=True)
class Unacked(Generic[OriginT]):
    """Deliveries of all connections in arrival order, under one window of packs and bytes.

    An origin is a connection or channel with a sequence of its own; when it is gone, so are its sequences.
    """

    window: Window
    size: int = 0
    _entries: deque[_Entry[OriginT]] = field(default_factory=deque)
    _last_tag: int = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def full(self) -> bool:
        """Whether the window is used up."""
        return len(self._entries) >= self.window.packs or self.size >= self.window.bytes_

    @property
    def has_room(self) -> bool:
        """Whether half of the window is free again, the point at which to go on after `full`."""
        return len(self._entries) * 2 <= self.window.packs and self.size * 2 <= self.window.bytes_

    def arrived(self, origin: OriginT, sequence: int, size: int) -> int:
        """Record a delivery; the tag to hand out."""
        self._last_tag += 1
        self._entries.append(_Entry(self._last_tag, size, origin, sequence))
        self.size += size
        return self._last_tag

    def ack(self, tag: int) -> dict[OriginT, int]:
        """Forget everything up to `tag`; the highest sequence to confirm at each origin."""
        highest: dict[OriginT, int] = {}
        while self._entries and self._entries[0].tag <= tag:
            entry = self._entries.popleft()
            self.size -= entry.size
            highest[entry.origin] = entry.sequence
        return highest

    def drop(self, origin: OriginT) -> None:
        """The connection is gone: its deliveries will come again and need no acknowledgement."""
        kept = [entry for entry in self._entries if entry.origin != origin]
        self._entries = deque(kept)
        self.size = sum(entry.size for entry in kept)


@dataclass(slots=True)
class SettledTags:
    """Turns tags settled in any order into cumulative acknowledgements."""

    _waiting: dict[int, bool] = field(default_factory=dict)

    def arrived(self, tag: int) -> None:
        """Record a tag; tags arrive in growing order."""
        self._waiting[tag] = False

    def settle(self, tags: list[int]) -> int | None:
        """Mark tags as done; the tag up to which now everything is done, if that moved."""
        for tag in tags:
            if tag in self._waiting:
                self._waiting[tag] = True
        through: int | None = None
        for tag in list(self._waiting):
            if not self._waiting[tag]:
                break
            through = tag
            del self._waiting[tag]
        return through

    def __len__(self) -> int:
        return len(self._waiting)
