"""Many seeds, one after the other, and what is told of them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from time import perf_counter
from typing import Any

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.testing.sim.plan import Plan
from corda_sim.testing.sim.run import Result, Simulator


@dataclass(slots=True)
class Report:
    """What became of some seeds; `history_hash` is over all their histories, in order."""

    history_hash: str = ""
    seconds: float = 0.0
    failed: list[Result] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        violations = [
            {"seed": result.plan.seed, "kind": one.kind, "node": one.node, "detail": one.detail}
            for result in self.failed
            for one in result.violations
        ]
        return {
            "violations": violations,
            "history_hash": self.history_hash,
            "seconds": round(self.seconds, 3),
        }


def parse_seeds(text: str) -> range:
    """`A..B`, both included, or one number. Raises IllegalArgumentError."""
    found = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", text)
    if found is None:
        raise IllegalArgumentError(f"expected seeds as 1..1000 or 7, found {text!r}")
    first, last = int(found[1]), int(found[2] or found[1])
    if last < first:
        raise IllegalArgumentError(f"{text}: the last seed comes before the first")
    return range(first, last + 1)


def run_seeds(
    simulator: Simulator, seeds: Iterable[int], tick: Callable[[], None] = lambda: None
) -> Report:
    """Run seeds; `tick` is called after each."""
    report, histories, began = Report(), sha256(), perf_counter()
    for seed in seeds:
        result = simulator.run(Plan.draw(seed))
        histories.update(result.digest.encode())
        if result.violations:
            report.failed.append(result)
        tick()
    report.history_hash, report.seconds = histories.hexdigest(), perf_counter() - began
    return report
