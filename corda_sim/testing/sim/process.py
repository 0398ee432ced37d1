"""One process of a node in a SimWorld: it waits for the lease, works, is frozen, dies."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from corda_sim.core.serialization import serialize
from corda_sim.flow.effects import ExternalEffect, RetryEffect, SendEffect, Step, TimerEffect
from corda_sim.flow.errors import FlowEngineError
from corda_sim.flow.settings import EngineSettings
from corda_sim.node.crash import CrashPoint, hit
from corda_sim.node.lease import Lease, LeaseHost
from corda_sim.node.storage.errors import StorageError
from corda_sim.testing.engine_node import EngineNode
from corda_sim.testing.sim.machine import SimIdentity
from corda_sim.testing.sim.transport import Delivery

if TYPE_CHECKING:
    from corda_sim.testing.sim.node import SimNode
    from corda_sim.testing.sim.world import SimWorld

MILLI = 1_000_000


class Killed(BaseException):
    """SIGKILL: nothing of the process runs after it."""


class Stopped(BaseException):
    """SIGSTOP inside a transaction, whose session a successor ends: it has to be begun again."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Life(Enum):
    """What a process is about."""

    STANDBY = 0
    ACTIVE = 1
    DEAD = 2


class SimProcess(EngineNode):
    """One incarnation, over its node's disk; whatever it does is an event of the world."""

    def __init__(self, world: "SimWorld", node: "SimNode", machine: str, number: int) -> None:
        super().__init__(world.stage.site, node.spec, node.disk.url)
        self.world, self.node, self.machine = world, node, machine
        self.label = f"{node.name}#{number}"
        self.life, self.frozen = Life.STANDBY, False
        self.deferred: list[Callable[[], None]] = []
        self.passed: Counter[CrashPoint] = Counter()
        self.committing = False
        self.term = 0
        self._draws = 0
        host = LeaseHost(
            world.seconds,
            lambda: SimIdentity.of(world, machine, "boot", number, 0),
            partial(SimIdentity.of, world),
        )
        self.number = number
        self.lease = Lease(node.disk.storage, world.lease_settings, host=host)

    @property
    def alive(self) -> bool:
        """Whether it hasn't died; it may be frozen."""
        return self.life is not Life.DEAD

    @property
    def serves(self) -> bool:
        """Whether clients can reach it and messages be handed to it."""
        return self.life is Life.ACTIVE and not self.frozen

    # --- life ---------------------------------------------------------------------------------

    def stand_by(self) -> None:
        """Ask for the lease until it is ours, then work."""
        if self.lease.try_acquire() is None:
            self.after(self.lease.settings.renew_seconds, self.stand_by)
            return
        self._open()

    def _open(self) -> None:
        epoch = self.lease.epoch
        settings = EngineSettings(reload_checkpoint_after_suspend=self.world.plan.reload)
        self.assemble(self.node.disk.storage, self.world.now, self._entropy, settings, epoch)
        self.life, self.term = Life.ACTIVE, epoch
        self.world.note(self.label, f"works under epoch {epoch}")
        self.room.perform(self.room.recover())
        self.node.opened(self)
        if self.node.has_standby:
            self.after(self.lease.settings.renew_seconds, self._renew)

    def _renew(self) -> None:
        self.lease.renew()
        self.after(self.lease.settings.renew_seconds, self._renew)

    def _entropy(self, size: int) -> bytes:
        drawn = b""
        while len(drawn) < size:
            self._draws += 1
            text = f"{self.world.plan.seed}/{self.label}/{self._draws}"
            drawn += sha256(text.encode()).digest()
        return drawn[:size]

    def die(self, reason: str) -> None:
        """The process is gone, with all that was in its memory."""
        if not self.alive:
            return
        self.world.note(self.label, f"dies: {reason}")
        was_active, self.life = self.life is Life.ACTIVE, Life.DEAD
        if was_active:
            self.drop_flows()
        self.deferred.clear()
        self.node.died(self)

    # --- events -------------------------------------------------------------------------------

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in this process later, unless it is dead by then."""
        self.world.at(self.world.now() + int(seconds * 1e9), lambda: self.happens(action))

    def happens(self, action: Callable[[], None]) -> None:
        """An event of this process: put off while it is frozen, lost when it is dead."""
        if not self.alive:
            return
        if self.frozen:
            self.deferred.append(action)
            return
        self.world.running = self
        try:
            action()
            if self.life is Life.ACTIVE:
                self._pump()
        except Stopped as stopped:
            self.deferred.append(action)
            self.freeze(stopped.seconds)
        except Killed as killed:
            self.die(str(killed))
        except (StorageError, FlowEngineError) as error:
            self.die(f"{type(error).__name__}: {error}")
        finally:
            self.world.running = None

    def freeze(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT so many seconds later."""
        self.world.note(self.label, "is frozen")
        self.frozen = True
        self.world.soon(seconds, self.thaw)

    def thaw(self) -> None:
        """SIGCONT: what came meanwhile happens now."""
        if not self.frozen or not self.alive:
            return
        self.world.note(self.label, "wakes")
        self.frozen = False
        waiting, self.deferred = self.deferred, []
        for action in waiting:
            self.happens(action)

    def passes(self, point: CrashPoint) -> None:
        """A crash point: the world's faults may end or freeze the process here."""
        self.passed[point] += 1
        self.world.crash_point(self, point)

    # --- the committer ------------------------------------------------------------------------

    def _pump(self) -> None:
        if self.committing:
            return
        steps = self.cycle.begin()
        if steps:
            self.committing = True
            self.after(self.world.chance.commit_seconds(), lambda: self._commit(steps))

    def _commit(self, steps: Sequence[Step]) -> None:
        try:
            outcomes = self.storage.commit([step.batch for step in steps], epoch=self.lease.epoch)
        except StorageError as error:
            self.after(self.cycle.failed(error), lambda: self._commit(steps))
            return
        self.after(self.world.chance.settle_seconds(), lambda: self._settle(steps, outcomes))

    def _settle(self, steps: Sequence[Step], outcomes: Sequence[Exception | None]) -> None:
        self.committing = False
        self.cycle.settled(steps, outcomes)

    @property
    def at_rest(self) -> bool:
        """Whether nothing is to be committed."""
        return not self.committing and not self.manager.has_steps

    # --- the engine's outside -----------------------------------------------------------------

    def send(self, sends: Sequence[SendEffect]) -> None:
        """Hand messages to the transport, which keeps them until they are confirmed."""
        for effect in sends:
            self.world.transport.publish(self, effect)

    def ack(self, deliveries: Sequence[object]) -> None:
        """Acknowledge deliveries."""
        hit(CrashPoint.BEFORE_ACK)
        for delivery in deliveries:
            if isinstance(delivery, Delivery):
                self.world.transport.acknowledge(self, delivery)
        hit(CrashPoint.AFTER_ACK)

    def deliver(self, delivery: Delivery) -> None:
        """A message arrives."""
        self.manager.on_message(delivery.sender, delivery.wire, delivery)

    def confirm(self, token: str) -> None:
        """The other side has a message."""
        hit(CrashPoint.AFTER_CONFIRM)
        self.manager.confirmed(token)

    def timer(self, effect: TimerEffect) -> None:
        """Wake a flow at its deadline."""
        delay = max(0, effect.deadline - self.world.now()) / 1e9
        self.after(delay, lambda: self.manager.timer_fired(effect.flow_id, effect.step))

    def retry(self, effect: RetryEffect) -> None:
        """Discharge a flow after its delay."""
        self.after(effect.delay, lambda: self.room.perform(self.manager.discharge(effect.flow_id)))

    def external(self, effect: ExternalEffect) -> None:
        """Run an operation; its outcome comes a little later."""
        self.after(self.world.chance.settle_seconds(), lambda: self._run(effect))

    def _run(self, effect: ExternalEffect) -> None:
        try:
            result = run_inline(effect.operation.execute(effect.deduplication_id))
            outcome: bytes | Exception = serialize(result)
        except Exception as error:  # noqa: BLE001 - the flow gets whatever it was
            outcome = error
        self.after(
            self.world.chance.settle_seconds(),
            lambda: self.manager.operation_done(effect.flow_id, effect.step, outcome),
        )


def run_inline(work: Awaitable[object]) -> object:
    """The result of a coroutine that waits for nothing outside itself."""
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as done:
        return done.value
    raise AssertionError("a simulated operation waited for something")
