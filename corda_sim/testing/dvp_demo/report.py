"""What the demonstration tells of itself: to programs a document, to people tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from corda_sim.testing.dvp_demo.cases import CASES, COMMITTED, Run
from corda_sim.testing.dvp_demo.corda_side import CURRENCY
from corda_sim.testing.dvp_demo.legs import Part, sums
from corda_sim.testing.dvp_demo.offer import PRICE, Holdings
from corda_sim.testing.dvp_demo.quorum_side import BUYER, SELLER

FORMULA = {Part.CORDA: 3, Part.GOQUORUM: 2, Part.RELAY: 3}
"""How many legs of each part a settlement has (use case 1)."""


@dataclass(frozen=True, slots=True)
class DvpReport:
    """What `demo --json` prints."""

    ok: bool
    runs: list[Run]
    violations: list[str]

    @classmethod
    def of(cls, runs: Sequence[Run], violations: Sequence[str], wanted: int) -> "DvpReport":
        """All is well when each wanted case ended as it should, and nothing was lost."""
        found = [*violations, *(problem for run in runs for problem in problems(run))]
        return cls(len(runs) == wanted and not found, list(runs), found)

    def tell(self, console: Console) -> None:
        """The same for people."""
        console.print(_owners(self.runs))
        for run in filter(_is_whole, self.runs[:1]):
            console.print(_legs(run))
        console.print(
            "\n".join(self.violations) or "Invariants hold: nothing lost, nothing spent twice.",
            markup=False,
        )


def problems(run: Run) -> Iterator[str]:
    """Where a case didn't end as it should, or only half of it happened."""
    wanted = CASES[run.case].outcome
    if run.outcome != wanted:
        yield f"{run.case}: the transaction is {run.outcome}, not {wanted}"
    settled = run.outcome == COMMITTED
    moved = PRICE if settled else 0
    buyer, seller = run.before.corda
    coins = {
        buyer: run.before.corda[buyer] - moved,
        seller: run.before.corda[seller] + moved,
    }
    tokens = dict.fromkeys(run.before.goquorum, BUYER if settled else SELLER)
    if run.after != Holdings(coins, tokens):
        yield f"{run.case}: {run.outcome}, but {run.after} after {run.before}"


def _owners(runs: Sequence[Run]) -> Table:
    table = Table(title="Who owned what, before and after")
    for name in ("Case", "Outcome", f"{CURRENCY} on Corda", "Token on GoQuorum"):
        table.add_column(name)
    for run in runs:
        table.add_row(
            run.case,
            run.outcome,
            "\n".join(_changes(run.before.corda, run.after.corda)),
            "\n".join(_changes(run.before.goquorum, run.after.goquorum)),
        )
    return table


def _changes(
    before: dict[str, int] | dict[str, str], after: dict[str, int] | dict[str, str]
) -> Iterator[str]:
    for (name, was), (_, now) in zip(before.items(), after.items(), strict=True):
        yield f"{name}: {was}" if was == now else f"{name}: {was} -> {now}"


def _is_whole(run: Run) -> bool:
    return [count for _, count, _ in sums(run.legs)] == [FORMULA[part] for part in Part]


def _legs(run: Run) -> Table:
    total = sum(leg.ms for leg in run.legs)
    table = Table(title=f"Time of each leg: {run.case}", show_footer=True)
    table.add_column("Leg", "3 x Corda + 2 x GoQuorum + 3 x relayer and LCP")
    table.add_column("Part")
    table.add_column("ms", f"{total:.0f}", justify="right")
    for leg in run.legs:
        table.add_row(leg.leg, leg.part, f"{leg.ms:.0f}")
    table.add_section()
    for part, count, ms in sums(run.legs):
        table.add_row(f"{count} x {part}", part, f"{ms:.0f}")
    return table
