"""Machines of a SimWorld, as a lease sees the processes on them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corda_sim.node.processes import ProcessIdentity

if TYPE_CHECKING:
    from corda_sim.testing.sim.world import SimWorld


@dataclass(frozen=True, slots=True)
class SimIdentity(ProcessIdentity):
    """A simulated process. One of another machine can't be seen to be dead, nor be killed.

    So a standby on another machine waits for the end of the lease, as over PostgreSQL.
    """

    world: "SimWorld" = field(compare=False, repr=False)

    @classmethod
    def of(cls, world: "SimWorld", machine: str, boot: str, pid: int, start: int) -> "SimIdentity":
        """The process `pid` of a machine."""
        return cls(machine, boot, pid, start, world)

    def on_this_boot(self) -> bool:
        """Simulated machines don't restart."""
        return True

    def is_alive(self) -> bool:
        """Whether it may still run, as far as the process that asks can know."""
        asking = self.world.running
        if asking is None or asking.machine != self.machine_name:
            return True
        return self.world.is_alive(self.pid)

    def kill(self, *, timeout_seconds: float = 5.0) -> bool:
        """On its own machine it can be ended; elsewhere only its epoch keeps it from committing."""
        del timeout_seconds
        asking = self.world.running
        if asking is None or asking.machine != self.machine_name or asking.number == self.pid:
            return False
        self.world.kill(self.pid)
        return True
