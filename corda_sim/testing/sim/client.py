"""Clients: they ask until they have an outcome, whoever answers, under one client id."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corda_sim.core.errors import CordaError
from corda_sim.flow.effects import FlowEnded
from corda_sim.flow.logic import FlowLogic
from corda_sim.invariants.violations import Violation, ViolationKind

if TYPE_CHECKING:
    from corda_sim.testing.sim.process import SimProcess
    from corda_sim.testing.sim.world import SimWorld

ASK_AGAIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """A flow to be run once, wanted from `at` seconds on; `make` makes it anew for each attempt."""

    node: str
    client_id: str
    make: Callable[[], FlowLogic[Any]]
    at: float = 0.0


@dataclass(slots=True)
class Client:
    """Wants one job done."""

    world: "SimWorld"
    job: Job
    ended: FlowEnded | None = None

    def begin(self) -> None:
        """Ask for the first time at its moment."""
        self.world.at(self.world.start_ns + int(self.job.at * 1e9), self.ask)

    @property
    def content(self) -> bool:
        """Whether the flow has ended well."""
        return self.ended is not None and self.ended.error is None

    def complaint(self) -> Violation:
        """What a client that isn't content has to say."""
        outcome = "has no outcome" if self.ended is None else f"failed: {self.ended.error}"
        return Violation(ViolationKind.LOST_FLOW, self.job.node, f"{self.job.client_id} {outcome}")

    def ask(self) -> None:
        """Ask whoever serves now; ask again later unless the outcome is there."""
        if self.ended is not None:
            return
        world = self.world
        process = world.nodes[self.job.node].serving()
        if process is not None:
            process.happens(lambda: self._ask(process))
        world.at(world.now() + int(ASK_AGAIN_SECONDS * 1e9), self.ask)

    def _ask(self, process: "SimProcess") -> None:
        try:
            flow_id = process.manager.start_flow(self.job.make(), "sim", self.job.client_id)
        except CordaError as error:  # draining, or busy
            self.world.note(process.label, f"refuses {self.job.client_id}: {type(error).__name__}")
            return
        process.room.when_ended(flow_id, self._told)

    def _told(self, ended: FlowEnded) -> None:
        if self.ended is None:
            outcome = "ends" if ended.error is None else f"fails: {ended.error}"
            self.world.note(self.job.node, f"{self.job.client_id} {outcome}")
            self.ended = ended
