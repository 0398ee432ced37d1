"""The crash matrix: every library flow, every node, every occurrence of every crash point.

A dry run in fair weather counts the occurrences; then each is a world of its own in which the node
dies exactly there, and with `twice` again while it recovers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from corda_sim.core.contracts import Amount
from corda_sim.flow.logic import FlowLogic
from corda_sim.invariants.violations import Violation
from corda_sim.node.crash import CrashPoint
from corda_sim.testing.sim.client import Job
from corda_sim.testing.sim.faults import CrashAt, Fault
from corda_sim.testing.sim.plan import NODES, PARTY_A, PARTY_B
from corda_sim.testing.sim.run import CALM, Simulator
from corda_sim.testing.sim.stage import Images
from flows.accounts.create import CreateAccount
from flows.accounts.keys import RequestKeyForAccount
from flows.accounts.share import ShareAccountInfo
from flows.cash.exit import CashExitFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.identity_swap import SwapIdentitiesInitiator

_ACCOUNT = "till"


@dataclass(frozen=True, slots=True)
class Cell:
    """One crash: which flow runs, and where which node dies."""

    flow: str
    node: str
    point: CrashPoint
    occurrence: int


class CrashMatrix:
    """Flows by name over one simulator; an account of PartyB's is known to PartyA beforehand."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._images = self._with_accounts()
        self._jobs = self._all_jobs()

    @property
    def flows(self) -> tuple[str, ...]:
        """The names of the flows."""
        return tuple(self._jobs)

    def cells(self, flow: str) -> Iterator[Cell]:
        """Every occurrence of every point that the flow passes, from a dry run."""
        world = self._simulator.world(CALM, [self._jobs[flow]], images=self._images)
        if found := world.run():
            raise AssertionError(f"{flow} fails without a crash: {found}")
        for node in NODES:
            for point, times in sorted(world.passed(node).items()):
                for occurrence in range(1, times + 1):
                    yield Cell(flow, node, point, occurrence)

    def crash(self, cell: Cell, *, twice: bool = False) -> list[Violation]:
        """What doesn't hold after the crash and the recovery from it."""
        faults: list[Fault] = [CrashAt(cell.node, cell.point, cell.occurrence)]
        if twice:
            faults.append(CrashAt(cell.node, CrashPoint.MID_RECOVERY, 1))
        plan = replace(CALM, faults=tuple(faults))
        jobs = [self._jobs[cell.flow]]
        return self._simulator.world(plan, jobs, images=self._images).run()

    def _with_accounts(self) -> Images:
        party = self._simulator.stage.site.party_of
        jobs = [
            Job(PARTY_A, "account-a", partial(CreateAccount, "safe")),
            Job(PARTY_B, "account-b", partial(CreateAccount, _ACCOUNT)),
            Job(PARTY_B, "share", partial(ShareAccountInfo, _ACCOUNT, party(PARTY_A)), at=1.0),
        ]
        return self._simulator.after(jobs)

    def _all_jobs(self) -> dict[str, Job]:
        party_b = self._simulator.stage.site.party_of(PARTY_B)
        till, yen = f"{_ACCOUNT}@{party_b.name}", Amount.parse("150 JPY")
        flows: dict[str, Callable[[], FlowLogic[Any]]] = {
            "issue": partial(CashIssueFlow, yen),
            "pay": partial(CashPaymentFlow, yen, recipient=party_b),
            "pay anonymously": partial(CashPaymentFlow, yen, recipient=party_b, anonymous=True),
            "pay to account": partial(CashPaymentFlow, yen, to_account=till),
            "exit": partial(CashExitFlow, yen),
            "create account": partial(CreateAccount, "vault"),
            "share account": partial(ShareAccountInfo, "safe", party_b),
            "request key": partial(RequestKeyForAccount, till),
            "swap identities": partial(SwapIdentitiesInitiator, party_b),
        }
        return {name: Job(PARTY_A, name, make) for name, make in flows.items()}
