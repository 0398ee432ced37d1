"""The shortest history that shows what a plan shows: payments and faults are taken away."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from corda_sim.testing.sim.plan import Plan
from corda_sim.testing.sim.run import Result, Simulator

MAX_RUNS: Final = 300
T = TypeVar("T")


def shrink(simulator: Simulator, failing: Result) -> Result:
    """The smallest plan found that breaks one of the same invariants, run with its history."""
    return _Shrinker(simulator, failing).run()


class _Shrinker:
    def __init__(self, simulator: Simulator, failing: Result) -> None:
        self._simulator, self._plan = simulator, failing.plan
        self._kinds = {violation.kind for violation in failing.violations}
        self._runs = 0

    def run(self) -> Result:
        before = None
        while before != self._plan:
            before = self._plan
            self._reduce(before.faults, lambda kept: replace(self._plan, faults=kept))
            self._reduce(before.payments, lambda kept: replace(self._plan, payments=kept))
        return self._simulator.run(self._plan, traced=True)

    def _reduce(self, items: Sequence[T], planned: Callable[[tuple[T, ...]], Plan]) -> None:
        """Take away ever smaller parts of `items`, as long as it still fails without them."""
        kept, size = tuple(items), max(1, len(items) // 2)
        while size:
            start = 0
            while start < len(kept):
                fewer = kept[:start] + kept[start + size :]
                if self._fails(planned(fewer)):
                    kept = fewer
                    self._plan = planned(kept)
                else:
                    start += size
            size //= 2

    def _fails(self, plan: Plan) -> bool:
        self._runs += 1
        if self._runs > MAX_RUNS:
            return False
        found = self._simulator.run(plan).violations
        return any(violation.kind in self._kinds for violation in found)
