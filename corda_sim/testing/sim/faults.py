"""What goes wrong in a world, and when. Times are seconds from the start of the load."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from corda_sim.core.errors import CordaError
from corda_sim.node.crash import CrashPoint
from corda_sim.testing.sim.chance import Weather
from corda_sim.testing.sim.poison import PoisonFlow
from corda_sim.testing.sim.process import Killed, Stopped

if TYPE_CHECKING:
    from corda_sim.testing.sim.process import SimProcess
    from corda_sim.testing.sim.world import SimWorld


_LOOK_AGAIN_SECONDS = 0.2


class Fault(Protocol):
    """Something that goes wrong."""

    def arm(self, world: "SimWorld") -> None:
        """Arrange for it to happen."""
        ...


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL between two events."""

    node: str
    at: float

    def arm(self, world: "SimWorld") -> None:
        """Kill whichever process works then."""
        world.later(self.at, lambda: self._kill(world))

    def _kill(self, world: "SimWorld") -> None:
        process = world.nodes[self.node].active()
        if process is not None:
            process.die("killed")


@dataclass(frozen=True, slots=True)
class CrashAt:
    """SIGKILL at a crash point: the `occurrence`-th time that the node passes it from `at` on."""

    node: str
    point: CrashPoint
    occurrence: int
    at: float = 0.0

    def arm(self, world: "SimWorld") -> None:
        """Set the trap."""
        killed = Killed(f"at {self.point}")
        world.later(self.at, lambda: world.set_trap(self.node, self.point, self.occurrence, killed))


@dataclass(frozen=True, slots=True)
class Freeze:
    """SIGSTOP of the holder of the lease, and SIGCONT after `seconds`."""

    node: str
    at: float
    seconds: float

    def arm(self, world: "SimWorld") -> None:
        """Freeze whichever process works then."""
        world.later(self.at, lambda: self._freeze(world))

    def _freeze(self, world: "SimWorld") -> None:
        process = world.nodes[self.node].active()
        if process is None or process.frozen:
            return
        process.freeze(self.seconds)


@dataclass(frozen=True, slots=True)
class FreezeInCommit:
    """SIGSTOP inside the transaction of the node's `commit`-th commit from `at` on."""

    node: str
    at: float
    commit: int
    seconds: float

    def arm(self, world: "SimWorld") -> None:
        """Set the trap."""
        stopped = Stopped(self.seconds)
        point = CrashPoint.BEFORE_COMMIT
        world.later(self.at, lambda: world.set_trap(self.node, point, self.commit, stopped))


@dataclass(frozen=True, slots=True)
class Storm:
    """The network drops, doubles and delays much more for a while."""

    at: float
    seconds: float
    drop: float
    double: float

    def arm(self, world: "SimWorld") -> None:
        """Change the weather, and change it back."""
        storm = Weather(drop=self.drop, double=self.double, slow=0.2)
        world.later(self.at, lambda: world.set_weather(storm))
        world.later(self.at + self.seconds, lambda: world.set_weather(Weather()))


@dataclass(frozen=True, slots=True)
class LostAnswer:
    """The node's `commit`-th commit from `at` on ends with its outcome unknown."""

    node: str
    at: float
    commit: int
    happens: bool

    def arm(self, world: "SimWorld") -> None:
        """Prepare the disk."""
        world.later(self.at, lambda: self._prepare(world))

    def _prepare(self, world: "SimWorld") -> None:
        storage = world.nodes[self.node].disk.storage
        storage.faults.lost_answers[storage.commits + self.commit] = self.happens


@dataclass(frozen=True, slots=True)
class NoDatabase:
    """The node's database can't be reached for a while."""

    node: str
    at: float
    seconds: float

    def arm(self, world: "SimWorld") -> None:
        """Take it away and give it back."""
        world.later(self.at, lambda: self._set(world, gone=True))
        world.later(self.at + self.seconds, lambda: self._set(world, gone=False))

    def _set(self, world: "SimWorld", *, gone: bool) -> None:
        world.note(self.node, "loses its database" if gone else "has its database again")
        world.nodes[self.node].disk.storage.faults.unavailable = gone


@dataclass(frozen=True, slots=True)
class Poison:
    """A flow begins whose row breaks the database."""

    node: str
    at: float

    def arm(self, world: "SimWorld") -> None:
        """Start it; where the node is down then, it isn't started."""
        world.later(self.at, lambda: self._start(world))

    def _start(self, world: "SimWorld") -> None:
        process = world.nodes[self.node].serving()
        if process is not None:
            process.happens(lambda: _start_poison(process))


def _start_poison(process: "SimProcess") -> None:
    try:
        process.manager.start_flow(PoisonFlow(), "sim")
    except CordaError:
        process.world.note(process.label, "takes no poison")


@dataclass(frozen=True, slots=True)
class DrainAndKill:
    """Draining on; SIGKILL; and, once the node is back, draining off.

    Its operator looks whether the node is there, and in the end whether it took the order.
    """

    node: str
    at: float
    kill_after: float
    off_after: float

    def arm(self, world: "SimWorld") -> None:
        """Arrange the three."""
        world.later(self.at, lambda: self._on(world))

    def _on(self, world: "SimWorld") -> None:
        process = world.nodes[self.node].serving()
        if process is None:
            world.soon(_LOOK_AGAIN_SECONDS, lambda: self._on(world))
            return
        world.note(process.label, "is to drain")
        process.happens(lambda: process.room.set_draining(enabled=True))
        world.soon(self.kill_after, lambda: process.die("killed while draining"))
        world.soon(self.off_after, lambda: self._off(world))

    def _off(self, world: "SimWorld") -> None:
        process = world.nodes[self.node].serving()
        if process is not None and process.at_rest and not process.manager.draining:
            return
        if process is not None and process.manager.draining:
            world.note(process.label, "is to drain no longer")
            process.happens(lambda: process.room.set_draining(enabled=False))
        world.soon(_LOOK_AGAIN_SECONDS, lambda: self._off(world))
