"""The clock of MockNetwork and of the simulator."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from corda_sim.core.instants import micros_of
from corda_sim.testing.site import START


@dataclass
class TestClock:
    """A clock that moves when it is told to."""

    __test__ = False
    now_ns: int = micros_of(START) * 1000
    timers: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _order: int = 0

    def at(self, deadline: int, action: Callable[[], None]) -> None:
        """Run `action` once the clock has reached `deadline` (ns)."""
        self._order += 1
        heapq.heappush(self.timers, (deadline, self._order, action))

    def step(self) -> bool:
        """Move to what is due next and run it; False when nothing is."""
        if not self.timers:
            return False
        deadline, _, action = heapq.heappop(self.timers)
        self.now_ns = max(self.now_ns, deadline)
        action()
        return True

    def advance(self, by: timedelta) -> None:
        """Move the clock, running what becomes due."""
        end = self.now_ns + by // timedelta(microseconds=1) * 1000
        while self.timers and self.timers[0][0] <= end:
            self.step()
        self.now_ns = end
