"""What `demo cash` tells of itself: to programs a document, to people a table and a few lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from corda_sim.testing.figures import metrics_of
from corda_sim.testing.load import Killed

CURRENCY = "JPY"
_ALL_WELL = "Invariants hold: no flow lost, nothing spent twice, value conserved."


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What `demo cash --json` prints; `seconds` is the time of the payments alone."""

    ok: bool
    payments: int
    killed: list[str]
    resumed: int
    violations: list[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Counters of all nodes together, each node's since its last start."""

    replayed: int
    resent: int
    duplicates: int

    @classmethod
    def of(cls, node_dirs: Iterable[Path]) -> "Figures":
        """Ask running nodes. Raises NodeGone."""
        found = [metrics_of(node_dir) for node_dir in node_dirs]

        def total(name: str) -> int:
            return int(sum(metrics.get(name, 0) for metrics in found))

        return cls(
            total("corda_flows_replayed_total"),
            total("corda_p2p_messages_resent_total"),
            total("corda_p2p_messages_duplicate_total"),
        )


@dataclass(slots=True)
class DemoRun:
    """What was seen; `problems` are whatever keeps the demo from its promise."""

    asked: int
    failed: int
    seconds: float
    killed: Sequence[Killed]
    before: Mapping[str, int]
    after: Mapping[str, int]
    figures: Figures
    violations: list[str]
    problems: list[str] = field(default_factory=list)

    def report(self) -> DemoReport:
        """The document."""
        return DemoReport(
            not (self.problems or self.violations),
            self.asked - self.failed,
            [one.node for one in self.killed],
            self.figures.replayed,
            self.violations,
            self.seconds,
        )

    def tell(self, console: Console) -> None:
        """The same for people."""
        console.print(_balances(self.before, self.after))
        settled = self.asked - self.failed
        rate = settled / self.seconds
        console.print(f"{settled} payments settled in {self.seconds} s ({rate:.0f}/s)")
        console.print(f"flows resumed by replay: {self.figures.replayed}")
        console.print(f"messages re-sent: {self.figures.resent}")
        console.print(f"duplicates dropped: {self.figures.duplicates}")
        console.print("\n".join(self.violations) or _ALL_WELL, markup=False)


def _balances(before: Mapping[str, int], after: Mapping[str, int]) -> Table:
    table = Table(title=f"Balances in {CURRENCY}", show_footer=True)
    table.add_column("Account", "all together")
    table.add_column("before", f"{sum(before.values()):,}", justify="right")
    table.add_column("after", f"{sum(after.values()):,}", justify="right")
    for account, held in before.items():
        table.add_row(account, f"{held:,}", f"{after[account]:,}")
    return table
