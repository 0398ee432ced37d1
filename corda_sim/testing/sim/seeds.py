"""Which seeds to run, and what is told of them."""

import re
from collections.abc import Iterable, Iterator
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


def run_seeds(simulator: Simulator, seeds: Iterable[int]) -> Iterator[Result]:
    """The plans of these seeds, one after the other."""
    return (simulator.run(Plan.draw(seed)) for seed in seeds)


def report_of(results: Iterable[Result]) -> Report:
    """What the results tell together; they may still be to come."""
    report, histories, began = Report(), sha256(), perf_counter()
    for result in results:
        histories.update(result.digest.encode())
        if result.violations:
            report.failed.append(result)
    report.history_hash, report.seconds = histories.hexdigest(), perf_counter() - began
    return report
