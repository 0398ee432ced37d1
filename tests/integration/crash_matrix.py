"""The crash matrix on processes: the library's flows over one network, and where they may die."""

from collections.abc import Iterator
from typing import NamedTuple

from corda_sim.core.contracts import Amount
from corda_sim.invariants.views import NodeView
from corda_sim.node.crash import CrashPoint
from corda_sim.testing.driver import Driver
from corda_sim.testing.library import Scene, library, prepare
from flows.cash.issue import CashIssueFlow
from tests.integration.crashing import Trial, view_of, views_of

PAYER, PAYEE, VALIDATOR = "PartyA", "PartyB", "Validator"
ATTEMPTS = 4
Passed = dict[tuple[str, CrashPoint], int]


class Cell(NamedTuple):
    """`node` dies at an occurrence of `point` while `flow` runs, and `again` while it recovers."""

    flow: str
    node: str
    point: CrashPoint
    occurrence: int
    again: bool = False

    def __str__(self) -> str:
        again = ", and again" if self.again else ""
        return f"{self.flow}: {self.node} at {self.point}:{self.occurrence}{again}"


class Figures(NamedTuple):
    """What a flow may change at a node; the same run once or through a crash."""

    coins: int
    other_states: int
    keys: int

    @classmethod
    def of(cls, view: NodeView) -> "Figures":
        mine = [row.quantity for row in view.vault.values() if row.unconsumed and row.relevant]
        return cls(sum(filter(None, mine)), mine.count(None), len(view.own_keys))

    def since(self, before: "Figures") -> "Figures":
        return Figures(*(now - then for now, then in zip(self, before, strict=True)))


class ProcessMatrix:
    """Runs the library's flows over a network of its own."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.runs = 0
        self._changes: dict[str, dict[str, Figures]] = {}
        driver.run(PAYER, CashIssueFlow(Amount.parse("1000000 JPY"), splits=50), "issue")
        for number, (node, make) in enumerate(prepare(driver.party(PAYER))):
            driver.run(node, make(), f"prepare {number}")
        payer, payee, validator = (driver.party(name) for name in (PAYER, PAYEE, VALIDATOR))
        coin = min(view_of(driver, PAYER).vault, key=str)
        self._flows = library(Scene(payer, payee, validator, coin))

    def cells(self, flow: str) -> list[Cell]:
        """First, second and last occurrence of each point in a dry run, and a double crash."""
        # What comes along the first time alone, such as the past of a coin, is not to be counted.
        self._trial(flow, self._flows[flow].node).run()
        for name in self.driver.running:
            self.driver.arm(name, "")
        before = self._figures()
        self._trial(flow, self._flows[flow].node).run()
        self._changes[flow] = changes(before, self._figures())
        return list(self._chosen(flow, self._passed()))

    def _passed(self) -> Passed:
        return {
            (name, CrashPoint(point)): times
            for name in self.driver.running
            for point, times in self.driver.passed(name).items()
        }

    def _chosen(self, flow: str, passed: Passed) -> Iterator[Cell]:
        for (node, point), times in sorted(passed.items()):
            for occurrence in sorted({1, 2, times} & set(range(1, times + 1))):
                yield Cell(flow, node, point, occurrence)
        node = self._flows[flow].node
        if passed[node, CrashPoint.AFTER_COMMIT] > 1:  # else nothing is left to be brought back
            yield Cell(flow, node, CrashPoint.AFTER_COMMIT, 1, again=True)

    def crash(self, cell: Cell) -> str:
        """What went wrong, or nothing.

        How many steps a commit takes is chance, so that a run may pass a point less often than the
        dry run did: then it dies at the last one that there is.
        """
        occurrence = cell.occurrence
        for _ in range(ATTEMPTS):
            trial = self._trial(cell.flow, cell.node)
            self.driver.arm(cell.node, f"{cell.point}:{occurrence}")
            before = self._figures()
            try:
                trial.run(f"{CrashPoint.MID_RECOVERY}:1" if cell.again else "")
            except AssertionError as error:
                return f"{cell}: {error}"
            if trial.deaths:
                return self._judge(cell, trial, before)
            occurrence = max(1, min(occurrence, self.driver.passed(cell.node)[cell.point]))
        return f"{cell}: it never gets there"

    def _judge(self, cell: Cell, trial: Trial, before: dict[str, Figures]) -> str:
        found, expected = changes(before, self._figures()), self._changes[cell.flow]
        if found != expected:
            return f"{cell}: changed {found}, not {expected}"
        if len(trial.deaths) != 1 + cell.again:
            return f"{cell}: died {trial.deaths}"
        return ""

    def _trial(self, flow: str, victim: str) -> Trial:
        self.runs += 1
        word, chosen = f"run {self.runs}", self._flows[flow]
        return Trial(self.driver, chosen.node, chosen.make(word), f"{flow} {word}", victim)

    def _figures(self) -> dict[str, Figures]:
        return {name: Figures.of(view) for name, view in views_of(self.driver).items()}


def changes(before: dict[str, Figures], after: dict[str, Figures]) -> dict[str, Figures]:
    return {name: figures.since(before[name]) for name, figures in after.items()}
