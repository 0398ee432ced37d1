"""The crash matrix: every library flow, every node, every occurrence of every crash point.

A dry run in fair weather counts the occurrences; then each is a world of its own in which the node
dies exactly there, and with `twice` again while it recovers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from corda_sim.invariants.reading import view_of
from corda_sim.invariants.violations import Violation
from corda_sim.node.crash import CrashPoint
from corda_sim.testing.library import Scene, library, prepare
from corda_sim.testing.sim.client import Job
from corda_sim.testing.sim.faults import CrashAt, Fault
from corda_sim.testing.sim.plan import NODES, PARTY_A, PARTY_B
from corda_sim.testing.sim.run import CALM, Simulator
from corda_sim.testing.sim.stage import Images


@dataclass(frozen=True, slots=True)
class Cell:
    """One crash: which flow runs, and where which node dies."""

    flow: str
    node: str
    point: CrashPoint
    occurrence: int


class CrashMatrix:
    """Flows by name over one simulator, in the library's scene."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._images = self._prepared()
        self._jobs = {
            name: Job(flow.node, name, partial(flow.make, "vault"))
            for name, flow in library(self._scene()).items()
        }

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

    def _prepared(self) -> Images:
        party_a = self._simulator.stage.site.party_of(PARTY_A)
        jobs = [
            Job(node, f"prepare-{number}", make, at=float(number))
            for number, (node, make) in enumerate(prepare(party_a))
        ]
        return self._simulator.after(jobs)

    def _scene(self) -> Scene:
        stage = self._simulator.stage
        party_a, party_b = stage.site.party_of(PARTY_A), stage.site.party_of(PARTY_B)
        with stage.disks[PARTY_A].storage.reader.connect() as connection:
            vault = view_of(connection, PARTY_A, str(party_a.name)).vault
        coin = min((ref for ref, row in vault.items() if row.quantity), key=str)
        return Scene(party_a, party_b, party_b, coin)
