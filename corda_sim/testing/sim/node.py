"""A node of a SimWorld: a disk, a queue, and the processes that share them."""

from typing import TYPE_CHECKING

from corda_sim.testing.sim.disk import SimDisk
from corda_sim.testing.sim.process import Life, SimProcess
from corda_sim.testing.sim.transport import Delivery
from corda_sim.testing.site import NodeSpec

if TYPE_CHECKING:
    from corda_sim.testing.sim.world import SimWorld


class SimNode:
    """Starts a process on each of its machines and, where one dies, another in its place."""

    def __init__(
        self, world: "SimWorld", spec: NodeSpec, disk: SimDisk, machines: tuple[str, ...]
    ) -> None:
        self.world, self.spec, self.disk, self.machines = world, spec, disk, machines
        self.name = spec.name
        self.queue: dict[Delivery, None] = {}
        self.processes: dict[str, SimProcess] = {}

    @property
    def has_standby(self) -> bool:
        """Whether a second process waits for the lease."""
        return len(self.machines) > 1

    def start(self) -> None:
        """Start all machines, the first one first."""
        for machine in self.machines:
            self._start_on(machine)

    def _start_on(self, machine: str) -> None:
        process = self.world.new_process(self, machine)
        self.processes[machine] = process
        process.happens(process.stand_by)

    def serving(self) -> SimProcess | None:
        """The process that peers and clients reach; None while there is none."""
        return max((one for one in self._working() if one.serves), key=_term, default=None)

    def active(self) -> SimProcess | None:
        """The process that works, frozen or not."""
        return max(self._working(), key=_term, default=None)

    def _working(self) -> list[SimProcess]:
        return [one for one in self.processes.values() if one.life is Life.ACTIVE]

    def opened(self, process: SimProcess) -> None:
        """A process works from now on."""
        self.world.transport.opened(self, process)

    def died(self, process: SimProcess) -> None:
        """Its machine starts another one after a while."""
        self.world.transport.gone(process)
        delay = self.world.chance.restart_seconds()
        self.world.at(self.world.now() + int(delay * 1e9), lambda: self._start_on(process.machine))

    @property
    def at_rest(self) -> bool:
        """Whether one process works, has nothing to commit, and none is frozen."""
        process = self.serving()
        return (
            process is not None
            and process.at_rest
            and not any(one.frozen for one in self.processes.values() if one.alive)
        )


def _term(process: SimProcess) -> int:
    return process.term
