"""Running plans: each a world of its own, checked at its end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from corda_sim.core.contracts import Amount
from corda_sim.flow.cordapp import CordApp
from corda_sim.invariants.violations import Violation
from corda_sim.testing.sim.client import Job
from corda_sim.testing.sim.plan import PARTY_A, PARTY_B, Payment, Plan
from corda_sim.testing.sim.stage import Images, Stage
from corda_sim.testing.sim.world import SimWorld
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

ISSUED = "2000 JPY"
COINS = 20
CALM = Plan(0, (), (), calm=True)
"""No payments, no faults, a network that loses nothing."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one plan; `lines` is the history, where it was traced."""

    plan: Plan
    violations: tuple[Violation, ...]
    digest: str
    lines: tuple[str, ...] = ()


class Simulator:
    """Runs plans on one stage, from disks where both parties hold cash that they issued.

    Raises AssertionError where the setting up fails.
    """

    def __init__(self, cordapps: Sequence[CordApp] = ()) -> None:
        self.stage = Stage.make(cordapps)
        self._set_ups = 0
        issue = partial(CashIssueFlow, Amount.parse(ISSUED), splits=COINS)
        jobs = [Job(name, f"issue-{name}", issue) for name in (PARTY_A, PARTY_B)]
        self.images = self.after(jobs, self.stage.images())

    def after(self, jobs: Sequence[Job], images: Images | None = None) -> Images:
        """The disks after these jobs, without any fault."""
        # Seeds below zero: identifiers drawn later, on these disks, are others.
        self._set_ups += 1
        world = self.world(replace(CALM, seed=-self._set_ups), jobs, images=images)
        if found := world.run():
            raise AssertionError(f"the simulator can't set up: {found}")
        world.shut_down()
        return self.stage.images()

    def world(
        self,
        plan: Plan,
        jobs: Sequence[Job] = (),
        *,
        images: Images | None = None,
        traced: bool = False,
    ) -> SimWorld:
        """A world for a plan, its payments and these jobs; the last one made is the one to run."""
        wanted = [*jobs, *map(self._job, plan.payments)]
        return SimWorld(self.stage, images or self.images, plan, wanted, traced=traced)

    def _job(self, payment: Payment) -> Job:
        payee = self.stage.site.party_of(payment.payee)
        make = partial(CashPaymentFlow, Amount.parse(f"{payment.yen} JPY"), recipient=payee)
        return Job(payment.payer, payment.client_id, make, payment.at)

    def run(self, plan: Plan, *, traced: bool = False) -> Result:
        """One world, to its end."""
        world = self.world(plan, traced=traced)
        found = world.run()
        return Result(plan, tuple(found), world.history.digest, tuple(world.history.lines))
