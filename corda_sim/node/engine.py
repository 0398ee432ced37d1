"""The engine of a node process: flows, committer and messages on one event loop."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from corda_sim.core.serialization import serialize
from corda_sim.flow.effects import (
    Effect,
    ExternalEffect,
    FlowEnded,
    RetryEffect,
    SendEffect,
    TimerEffect,
)
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.manager import StateMachineManager
from corda_sim.flow.registry import FlowRegistry
from corda_sim.flow.settings import EngineSettings
from corda_sim.node.committer import CommitCycle, Committer
from corda_sim.node.engine_room import EngineRoom, Outside
from corda_sim.node.messaging.service import InboundPack, MessagingService
from corda_sim.node.services import ServiceHub
from corda_sim.node.storage.database import SqlStorage

HOUSEKEEPING_INTERVAL_SECONDS: Final = 60.0


class _Delivery:
    """A pack of which each message is settled by its own step."""

    __slots__ = ("remaining", "tag")

    def __init__(self, pack: InboundPack) -> None:
        self.tag, self.remaining = pack.delivery, len(pack.messages)


class NodeEngine:
    """What the loop does around the flow engine: carries messages, timers and operations.

    Args:
        storage: where steps are committed.
        hub: the node's services.
        messaging: the way to other nodes; started and stopped with the engine.
        registry: the flows that may run.
        settings: the flow engine's.
        epoch: the lease's, asked for at each commit.
        on_fatal: called once when nothing may be committed any more.
    """

    def __init__(
        self,
        storage: SqlStorage,
        hub: ServiceHub,
        messaging: MessagingService,
        registry: FlowRegistry,
        settings: EngineSettings,
        *,
        epoch: Callable[[], int | None],
        on_fatal: Callable[[Exception], None],
    ) -> None:
        self._messaging, self._checkpoints = messaging, hub.checkpoints
        self._tasks: set[asyncio.Task[None]] = set()
        self.manager = StateMachineManager(hub, registry, settings)
        outside = Outside(self._send, self._ack, self._timer, self._external, self._retry)
        self.room = EngineRoom(self.manager, hub, outside)
        self.committer = Committer(
            storage,
            CommitCycle(self.manager, self.room.perform),
            on_fatal,
            epoch=epoch,
            inline=storage.writer.dialect.name == "sqlite",
        )

    async def start(self) -> None:
        """Commit, bring the flows back, take messages."""
        self.spawn(self.committer.run())
        effects = self.room.recover()
        self._messaging.share(not self.manager.draining)
        await self._messaging.start(self._on_pack, self._on_confirmed)
        self.perform(effects)
        self.spawn(self._keep_house())

    async def stop(self) -> None:
        """Take no more messages and end every task."""
        await self._messaging.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run as long as the engine does."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- commands -----------------------------------------------------------------------------

    def perform(self, effects: Sequence[Effect]) -> None:
        """Carry out effects of a command given to the manager, and commit what it staged."""
        self.room.perform(effects)
        self.committer.wake()

    def start_flow(
        self, logic: FlowLogic[Any], started_by: str, client_id: str | None = None
    ) -> tuple[str, asyncio.Future[FlowEnded]]:
        """Begin a flow: its id, and its outcome once it has one."""
        flow_id = self.manager.start_flow(logic, started_by, client_id)
        outcome: asyncio.Future[FlowEnded] = asyncio.get_running_loop().create_future()

        def tell(ended: FlowEnded) -> None:
            if not outcome.done():
                outcome.set_result(ended)

        self.room.when_ended(flow_id, tell)
        self.committer.wake()
        return flow_id, outcome

    def start_service_flow(self, logic: FlowLogic[Any]) -> str:
        """Begin a flow of a CorDapp service; its id. See `EngineRoom.start_service_flow`."""
        flow_id = self.room.start_service_flow(logic)
        self.committer.wake()
        return flow_id

    def start_service_flows(self) -> None:
        """Begin the flows that services want run once the engine does."""
        self.room.start_service_flows()
        self.committer.wake()

    def set_draining(self, enabled: bool) -> None:
        """Take no new flows, over restarts too; or take them again, kept session-inits first.

        What comes to a service of several workers is left to the others meanwhile: kept here as a
        row, it would be withheld from them.
        """
        self._messaging.share(not enabled)
        self.room.set_draining(enabled)
        self.committer.wake()

    async def committed(self) -> None:
        """Return once all that is staged by now is durable."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        step = self.manager.shared_step()
        step.on_commit.append(lambda: None if done.done() else done.set_result(None))
        self.committer.wake()
        await done

    # --- what comes in ------------------------------------------------------------------------

    def _on_pack(self, pack: InboundPack) -> None:
        delivery = _Delivery(pack)
        with self._checkpoints.asked_together(pack.messages):
            for message in pack.messages:
                self.manager.on_message(pack.sender, message, delivery)
        self.committer.wake()

    def _on_confirmed(self, tokens: Sequence[str]) -> None:
        for token in tokens:
            self.manager.confirmed(token)
        self.committer.wake()

    # --- what goes out ------------------------------------------------------------------------

    def _send(self, sends: Sequence[SendEffect]) -> None:
        self._messaging.send_all((s.recipient, s.message, s.token) for s in sends)

    def _ack(self, deliveries: Sequence[object]) -> None:
        settled = []
        for delivery in deliveries:
            if isinstance(delivery, _Delivery):
                delivery.remaining -= 1
                if not delivery.remaining:
                    settled.append(delivery.tag)
        if settled:
            self._messaging.ack(settled)

    def _timer(self, effect: TimerEffect) -> None:
        delay = max(0.0, (effect.deadline - time.time_ns()) / 1e9)

        def fire() -> None:
            self.manager.timer_fired(effect.flow_id, effect.step)
            self.committer.wake()

        asyncio.get_running_loop().call_later(delay, fire)

    def _retry(self, effect: RetryEffect) -> None:
        def again() -> None:
            self.perform(self.manager.discharge(effect.flow_id))

        asyncio.get_running_loop().call_later(effect.delay, again)

    def _external(self, effect: ExternalEffect) -> None:
        self.spawn(self._run_external(effect))

    async def _run_external(self, effect: ExternalEffect) -> None:
        try:
            result = await effect.operation.execute(effect.deduplication_id)
            outcome: bytes | Exception = serialize(result)
        except Exception as error:  # noqa: BLE001 - the flow gets whatever it was
            outcome = error
        self.manager.operation_done(effect.flow_id, effect.step, outcome)
        self.committer.wake()

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_INTERVAL_SECONDS)
            self.room.warn_of_observed()
            if self.room.purge_message_ids():
                self.committer.wake()
