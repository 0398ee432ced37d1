"""Shrinking: what isn't needed to break an invariant is taken away."""

from dataclasses import dataclass, field
from typing import cast

from corda_sim.invariants import Violation, ViolationKind
from corda_sim.testing.sim.plan import Plan
from corda_sim.testing.sim.run import Result, Simulator
from corda_sim.testing.sim.shrink import MAX_RUNS, shrink

LOST = Violation(ViolationKind.LOST_FLOW, "PartyA", "one")
DOUBLE = Violation(ViolationKind.DOUBLE_SPEND, "network", "another")
WHOLE = Plan.draw(1)


@dataclass
class Breaks:
    """Stands for the simulator: a flow is lost where these payments and all these faults meet."""

    payments: frozenset[int]
    faults: int
    ran: list[Plan] = field(default_factory=list)

    def run(self, plan: Plan, *, traced: bool = False) -> Result:
        self.ran.append(plan)
        numbers = {payment.number for payment in plan.payments}
        breaks = self.payments <= numbers and set(WHOLE.faults[: self.faults]) <= set(plan.faults)
        return Result(plan, (LOST,) if breaks else (DOUBLE,), "", ("a line",) if traced else ())


def shrunk(breaks: Breaks) -> Result:
    return shrink(cast("Simulator", breaks), Result(WHOLE, (LOST,), ""))


def test_only_what_breaks_is_left() -> None:
    result = shrunk(Breaks(frozenset((3, 17)), faults=2))

    assert {payment.number for payment in result.plan.payments} == {3, 17}
    assert result.plan.faults == WHOLE.faults[:2]
    assert result.plan.seed == WHOLE.seed


def test_what_breaks_by_itself_needs_nothing() -> None:
    result = shrunk(Breaks(frozenset(), faults=0))

    assert (result.plan.payments, result.plan.faults) == ((), ())


def test_another_violation_is_not_followed() -> None:
    breaks = Breaks(frozenset(payment.number for payment in WHOLE.payments), len(WHOLE.faults))

    assert shrunk(breaks).plan == WHOLE


def test_the_last_run_is_traced_and_all_are_bounded() -> None:
    breaks = Breaks(frozenset(range(0, 20, 2)), faults=3)

    result = shrunk(breaks)

    assert result.lines == ("a line",)
    assert breaks.ran[-1] == result.plan
    assert len(breaks.ran) <= MAX_RUNS + 1
