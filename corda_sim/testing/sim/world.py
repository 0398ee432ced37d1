"""SimWorld: events in the order of a simulated clock, and nothing else that could happen."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from random import Random

from corda_sim.core.identity import Party
from corda_sim.core.write_batch import WriteBatch
from corda_sim.invariants.check import check_views
from corda_sim.invariants.reading import view_of
from corda_sim.invariants.violations import Violation, ViolationKind
from corda_sim.node import crash
from corda_sim.node.crash import CrashPlan, CrashPoint
from corda_sim.node.lease import LeaseSettings
from corda_sim.node.storage.database import Outcomes
from corda_sim.testing.clock import TestClock
from corda_sim.testing.sim.chance import CALM_WEATHER, Chance, Weather
from corda_sim.testing.sim.client import Client, Job
from corda_sim.testing.sim.history import History
from corda_sim.testing.sim.node import SimNode
from corda_sim.testing.sim.plan import NODES, PARTY_A, Plan
from corda_sim.testing.sim.process import SimProcess
from corda_sim.testing.sim.stage import Images, Stage
from corda_sim.testing.sim.transport import SimTransport
from corda_sim.testing.site import NOTARY

LIMIT_SECONDS = 120.0
_CALM_SECONDS = 0.25


class _Watch(CrashPlan):
    """Hands each pass of a crash point to the process that runs."""

    def __init__(self, world: "SimWorld") -> None:
        super().__init__(())
        self._world = world

    def hit(self, point: CrashPoint) -> None:
        """A process passes a point."""
        if self._world.running is not None:
            self._world.running.passes(point)


class SimWorld:
    """One network, from its disks' images to rest. `running` is the process whose event it is."""

    def __init__(
        self, stage: Stage, images: Images, plan: Plan, jobs: Iterable[Job], *, traced: bool = False
    ) -> None:
        self.stage, self.plan = stage, plan
        self.clock = TestClock()
        self.start_ns = self.clock.now_ns
        self.history = History(self.start_ns, traced)
        self.chance = Chance(Random(f"world {plan.seed}"))  # noqa: S311 - repeatable on purpose
        if plan.calm:
            self.chance.weather = CALM_WEATHER
        self.lease_settings = LeaseSettings()
        self.transport = SimTransport(self)
        self.running: SimProcess | None = None
        self.clients = [Client(self, job) for job in jobs]
        self._processes: list[SimProcess] = []
        self._traps: dict[tuple[str, CrashPoint], tuple[int, BaseException]] = {}
        self._pending_faults = 0
        stage.load(images)
        stage.monotonic = self.seconds
        self.nodes = {name: self._node(name) for name in NODES}
        self._nodes_by_key = self._keys()

    def _node(self, name: str) -> SimNode:
        disk = self.stage.disks[name]
        disk.storage.renew(lambda batches, outcomes: self._committed(name, batches, outcomes))
        machines = (f"{name}-1", f"{name}-2") if name == PARTY_A else (f"{name}-1",)
        return SimNode(self, self.stage.spec(name), disk, machines)

    def _keys(self) -> dict[Party, SimNode]:
        by_party = {node.spec.party: node for node in self.nodes.values()}
        return by_party | {self.stage.site.notary_party: self.nodes[NOTARY]}

    # --- time ---------------------------------------------------------------------------------

    def now(self) -> int:
        """Nanoseconds since the epoch."""
        return self.clock.now_ns

    def seconds(self) -> float:
        """Seconds on the machines' clocks."""
        return self.clock.now_ns / 1e9

    def at(self, moment: int, action: Callable[[], None]) -> None:
        """Have something happen at a moment (ns)."""
        self.clock.at(moment, action)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Have a fault happen so many seconds after the start of the load."""
        self._fault_at(self.start_ns + int(seconds * 1e9), action)

    def soon(self, seconds: float, action: Callable[[], None]) -> None:
        """Have the next part of a fault happen so many seconds from now."""
        self._fault_at(self.now() + int(seconds * 1e9), action)

    def _fault_at(self, moment: int, action: Callable[[], None]) -> None:
        self._pending_faults += 1

        def happen() -> None:
            self._pending_faults -= 1
            action()

        self.at(moment, happen)

    # --- what others tell it ------------------------------------------------------------------

    def note(self, who: str, what: str) -> None:
        """For the history."""
        self.history.note(self.clock.now_ns, who, what)

    def _committed(self, name: str, batches: Sequence[WriteBatch], outcomes: Outcomes) -> None:
        kept = [b for b, error in zip(batches, outcomes, strict=True) if error is None]
        self.history.rows(kept)
        self.note(name, f"commits {len(kept)} of {len(batches)} steps")

    def node_of(self, party: Party) -> SimNode:
        """Whose queue a message goes to."""
        return self._nodes_by_key[party]

    def new_process(self, node: SimNode, machine: str) -> SimProcess:
        """Another incarnation; its number is its pid."""
        process = SimProcess(self, node, machine, len(self._processes))
        self._processes.append(process)
        return process

    def passed(self, node: str) -> Counter[CrashPoint]:
        """How often processes of a node passed each crash point."""
        return sum((p.passed for p in self._processes if p.node.name == node), Counter())

    def is_alive(self, pid: int) -> bool:
        """Whether a process hasn't died."""
        return self._processes[pid].alive

    def kill(self, pid: int) -> None:
        """End a process by its successor's hand."""
        self._processes[pid].die("ended by its successor")

    def set_weather(self, weather: Weather) -> None:
        """How the network is from now on."""
        self.note("network", f"drops {weather.drop:.2f}, doubles {weather.double:.2f}")
        self.chance.weather = weather

    def set_trap(
        self, node: str, point: CrashPoint, occurrence: int, signal: BaseException
    ) -> None:
        """Interrupt the process of the node that passes the point so many times from now on."""
        self._traps[node, point] = (occurrence, signal)

    def crash_point(self, process: SimProcess, point: CrashPoint) -> None:
        """A process passes a point. Raises Killed or Stopped where a trap was set."""
        place = (process.node.name, point)
        if place not in self._traps:
            return
        left, signal = self._traps[place]
        self._traps[place] = (left - 1, signal)
        if left == 1:
            del self._traps[place]
            raise signal

    # --- running ------------------------------------------------------------------------------

    def run(self) -> list[Violation]:
        """Let everything happen until nothing does; what doesn't hold then."""
        with _watching(self):
            for node in self.nodes.values():
                node.start()
            for client in self.clients:
                client.begin()
            for fault in self.plan.faults:
                fault.arm(self)
            self._until_rest()
        return self.check()

    def shut_down(self) -> None:
        """Every process gives up its lease and ends."""
        for node in self.nodes.values():
            process = node.serving()
            if process is not None:
                process.lease.release()

    def _until_rest(self) -> None:
        end = self.start_ns + int(LIMIT_SECONDS * 1e9)
        next_look = self.start_ns
        while self.clock.step() and self.clock.now_ns < end:
            if self.clock.now_ns >= next_look:
                if self.at_rest:
                    return
                next_look = self.clock.now_ns + int(_CALM_SECONDS * 1e9)

    @property
    def at_rest(self) -> bool:
        """Whether all faults are over, all clients content and nothing is under way."""
        return (
            not self._pending_faults
            and all(client.ended is not None for client in self.clients)
            and all(node.at_rest for node in self.nodes.values())
            and self.transport.at_rest
        )

    def check(self) -> list[Violation]:
        """The invariants over all disks, and whether each client has its outcome."""
        views = []
        for name, node in self.nodes.items():
            with node.disk.storage.reader.connect() as connection:
                views.append(view_of(connection, name, str(node.spec.party.name)))
        found = check_views(views, [self.stage.notary_disk.view(NOTARY)])
        if not self.at_rest:
            detail = f"the network doesn't come to rest in {LIMIT_SECONDS:g} s"
            found.append(Violation(ViolationKind.UNSENT_MESSAGE, "network", detail))
        return sorted([*found, *(c.complaint() for c in self.clients if not c.content)])


@contextmanager
def _watching(world: SimWorld) -> Iterator[None]:
    crash.watch(_Watch(world))
    try:
        yield
    finally:
        crash.watch(None)
