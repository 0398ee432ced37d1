"""Which witnesses a worker still waits for before it signs."""

import time
from collections.abc import Callable, Sequence


class AwaitedWitnesses:
    """One of `names` has to answer; the others then get `grace_seconds` more to do so.

    The first to answer may be one that saw little; those that are down hold nobody up for long.
    """

    def __init__(
        self,
        names: Sequence[str] = (),
        grace_seconds: float = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.names = tuple(names)
        self._grace, self._monotonic = grace_seconds, monotonic
        self._answered: set[str] = set()
        self._first_answer: float | None = None

    def answered(self, name: str) -> None:
        """`name` has answered, and nothing speaks against the database."""
        self._answered.add(name)
        if self._first_answer is None:
            self._first_answer = self._monotonic()

    def missing(self) -> tuple[str, ...]:
        """Who is waited for; nobody once the worker may sign."""
        first = self._first_answer
        if first is not None and self._monotonic() - first >= self._grace:
            return ()
        return tuple(name for name in self.names if name not in self._answered)
