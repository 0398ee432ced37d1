"""What a direction has still to bring: waiting, on its way, or parked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from corda_sim.relayer.work import Kind, PacketKey, Work

MAX_ATTEMPTS: Final = 5
"""How often work is tried that fails for a reason nobody knows to pass."""
MAX_PAUSE: Final = 8.0
"""Seconds between attempts, at most."""
UNDERWAY: Final = 5.0
"""Seconds after which what was sent is looked for on the chain itself."""
PARKED_PAUSE: Final = 60.0
"""Seconds between attempts at what is parked."""
_FIRST_PAUSE: Final = 0.25

Key = tuple[Kind, PacketKey]


@dataclass(slots=True)
class Item:
    """Work with its history; times are the backlog's clock's, in seconds.

    A `suspect` may be done already, or out of time: it is looked at again before it is sent.
    `parked` says why it isn't expected to succeed; unless that is `permanent`, it is still tried
    now and then.
    """

    work: Work
    since: float
    suspect: bool
    attempts: int = 0
    due: float = 0.0
    sent: float = 0.0
    in_flight: bool = False
    parked: str = ""
    permanent: bool = False


class Backlog:
    """Safe to share between threads. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._items: dict[Key, Item] = {}

    def add(self, works: Iterable[Work], *, suspect: bool, age: float = 0.0) -> None:
        """Note work, `age` seconds old; what is noted already stays as it is."""
        with self._lock:
            now = self._clock()
            for work in works:
                self._items.setdefault(work.key, Item(work, now - age, suspect, due=now))

    def take(self, most: int) -> list[Item]:
        """The next items to send, marked as on their way; one alone after it failed."""
        with self._lock:
            now = self._clock()
            due = [item for item in self._items.values() if _is_due(item, now)]
            failed = [item for item in due if item.attempts]
            fresh = [item for item in due if not item.attempts]
            taken = fresh[:most] or failed[:1]
            for item in taken:
                item.in_flight, item.sent = True, now
            return taken

    def long_underway(self) -> list[Item]:
        """What has been on its way for longer than it should take."""
        with self._lock:
            latest = self._clock() - UNDERWAY
            items = self._items.values()
            return [one for one in items if one.in_flight and one.sent < latest]

    def old(self) -> list[Item]:
        """Suspects that were never tried: what an earlier run may have done."""
        with self._lock:
            items = self._items.values()
            return [one for one in items if one.suspect and _waits(one) and not one.attempts]

    def clear(self, items: Iterable[Item]) -> None:
        """What was looked at and is still to do."""
        with self._lock:
            for item in items:
                item.suspect = False

    def done(self, items: Iterable[Item]) -> None:
        """Forget what is done."""
        with self._lock:
            for item in items:
                self._items.pop(item.work.key, None)

    def failed(self, items: Iterable[Item], reason: str, *, counts: bool) -> None:
        """Try again later; `counts` says whether the work may be the cause, which parks in time."""
        with self._lock:
            for item in items:
                item.in_flight, item.suspect = False, True
                item.attempts += counts
                pause = min(_FIRST_PAUSE * 2**item.attempts, MAX_PAUSE)
                if item.attempts >= MAX_ATTEMPTS:
                    item.parked, pause = reason, PARKED_PAUSE
                item.due = self._clock() + pause

    def park(self, item: Item, reason: str) -> None:
        """Set aside what can't succeed."""
        with self._lock:
            item.in_flight, item.parked, item.permanent = False, reason, True

    def stuck(self) -> list[Item]:
        """What has failed before and isn't on its way."""
        with self._lock:
            items = self._items.values()
            return [one for one in items if not one.in_flight and (one.attempts or one.parked)]

    def parked(self) -> list[tuple[Work, str]]:
        """What was set aside, with the reasons."""
        with self._lock:
            return [(one.work, one.parked) for one in self._items.values() if one.parked]

    def next_due(self) -> float | None:
        """Seconds until something is to be sent; None when nothing waits."""
        with self._lock:
            waiting = [one.due for one in self._items.values() if _waits(one)]
            return max(0.0, min(waiting) - self._clock()) if waiting else None

    def sizes(self) -> dict[str, int]:
        """How much waits, is on its way, is parked."""
        with self._lock:
            items: Sequence[Item] = tuple(self._items.values())
        return {
            "waiting": sum(not one.in_flight and not one.parked for one in items),
            "in_flight": sum(one.in_flight for one in items),
            "parked": sum(bool(one.parked) for one in items),
        }


def _waits(item: Item) -> bool:
    return not item.in_flight and not item.permanent


def _is_due(item: Item, now: float) -> bool:
    return _waits(item) and item.due <= now
