"""One node of a MockNetwork; `restart` is what SIGKILL and a new start are to a process."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import select

from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.signatures import PLATFORM_VERSION
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow.effects import (
    ExternalEffect,
    FlowEnded,
    Notification,
    RetryEffect,
    SendEffect,
    TimerEffect,
)
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.settings import EngineSettings
from corda_sim.node.app_services import stop_services
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.testing.databases import make_database
from corda_sim.testing.engine_node import EngineNode
from corda_sim.testing.mock_bus import Posted
from corda_sim.testing.site import NodeSpec

if TYPE_CHECKING:
    from corda_sim.testing.mock_network import MockNetwork

R = TypeVar("R")

DATABASE = "node.sqlite"


@dataclass(slots=True)
class MockFlow(Generic[R]):
    """A started flow."""

    flow_id: str
    ended: FlowEnded | None = None

    def result(self) -> Any:  # noqa: ANN401 - the flow's result
        """The result, or the flow's exception raised; AssertionError while it runs."""
        if self.ended is None:
            raise AssertionError(f"flow {self.flow_id} hasn't ended")
        if self.ended.error is not None:
            raise self.ended.error
        return self.ended.result


class MockNode(EngineNode):
    """A node that works when the network is pumped."""

    def __init__(self, network: "MockNetwork", spec: NodeSpec) -> None:
        super().__init__(network.site, spec, f"sqlite:///{spec.directory / DATABASE}")
        self.network = network
        self._asked: list[ExternalEffect] = []
        spec.directory.mkdir(parents=True, exist_ok=True)
        branches = {branch for app in network.cordapps for branch in app.migrations}
        make_database(spec.directory / DATABASE, ("node", *sorted(branches)))
        self._prepare_notary()
        self.running = False
        self.start()

    def start(self) -> None:
        """Open the database and bring every flow back."""
        network = self.network
        self._runner = asyncio.Runner()
        settings = EngineSettings(reload_checkpoint_after_suspend=network.reload)
        self.assemble(
            SqlStorage(self.url), lambda: network.clock.now_ns, network.entropy, settings, None
        )
        self.running = True
        self.room.perform(self.room.recover())
        self.room.start_service_flows()

    def _prepare_notary(self) -> None:
        if self.spec.service is None:
            return
        from notary.anchor import ANCHOR_FILE_NAME, AnchorFile
        from notary.batch_signing import KeyPairSigner
        from notary.worker import write_empty_head

        anchor = AnchorFile(self.spec.directory / ANCHOR_FILE_NAME)
        if not anchor.path.exists():
            signer = KeyPairSigner(self.spec.service[1], PLATFORM_VERSION)
            write_empty_head(anchor, str(self.party.name), signer)

    def send(self, sends: Sequence[SendEffect]) -> None:
        """Put messages into their recipients' inboxes."""
        for effect in sends:
            self.network.bus.post(
                Posted(self.party, effect.recipient, effect.message, effect.token)
            )

    def ack(self, deliveries: Sequence[object]) -> None:
        """Take messages out of our inbox, and confirm them to their senders."""
        for posted in deliveries:
            if isinstance(posted, Posted) and self.network.bus.acknowledge(posted):
                sender = next(
                    node for node in self.network.nodes.values() if node.party == posted.sender
                )
                if sender.running:
                    sender.manager.confirmed(posted.token)

    def timer(self, effect: TimerEffect) -> None:
        """Wake the flow when the network's clock says so."""
        manager = self.manager

        def fire() -> None:
            if self.running and self.manager is manager:
                manager.timer_fired(effect.flow_id, effect.step)

        self.network.clock.at(effect.deadline, fire)

    def external(self, effect: ExternalEffect) -> None:
        """Run the operation when the node is pumped next, with all others of that moment."""
        self._asked.append(effect)

    def _run_operations(self) -> None:
        """Run what flows asked for side by side, so that a notary commits it as one batch."""
        asked, self._asked = self._asked, []
        if asked:
            outcomes = self._runner.run(_outcomes(asked))
            for effect, outcome in zip(asked, outcomes, strict=True):
                self.manager.operation_done(effect.flow_id, effect.step, outcome)

    def retry(self, effect: RetryEffect) -> None:
        """Discharge the flow when the network's clock says so."""
        manager = self.manager
        deadline = self.network.clock.now_ns + int(effect.delay * 1e9)

        def again() -> None:
            if not self.running or self.manager is not manager:
                return
            self.room.perform(manager.discharge(effect.flow_id))

        self.network.clock.at(deadline, again)

    def pump(self) -> bool:
        """Take messages and commit once; whether there was anything to do."""
        if not self.running:
            return False
        keys: list[PublicKey] = [self.party.owning_key]
        if self.spec.service is not None:
            keys.append(self.spec.service[0].owning_key)
        taken = [posted for key in keys for posted in self.network.bus.take(key)]
        with self.hub.checkpoints.asked_together(posted.wire for posted in taken):
            for posted in taken:
                self.manager.on_message(posted.sender, posted.wire, posted)
        self._run_operations()
        steps = self.cycle.begin()
        if not steps:
            return bool(taken)
        outcomes = self.storage.commit([step.batch for step in steps], epoch=None)
        self.cycle.settled(steps, outcomes)
        return True

    def start_flow(self, logic: FlowLogic[R], client_id: str | None = None) -> MockFlow[R]:
        """Begin a flow; pump the network to let it run."""
        flow: MockFlow[R] = MockFlow("")
        flow.flow_id = self.manager.start_flow(logic, "test", client_id)

        def tell(ended: FlowEnded) -> None:
            flow.ended = ended

        self.room.when_ended(flow.flow_id, tell)
        return flow

    def run_flow(self, logic: FlowLogic[R]) -> R:
        """Begin a flow, let the network come to rest, and give the flow's result."""
        flow = self.start_flow(logic)
        self.network.run_network()
        result: R = flow.result()
        return result

    def stored_result(self, client_id: str) -> Any:  # noqa: ANN401 - the flow's result
        """The stored result of the flow with that client id; None while there is none."""
        metadata, results = schema.node_flow_metadata.c, schema.node_flow_results.c
        found = self.storage.read(
            select(results.result_value)
            .join_from(
                schema.node_flow_metadata,
                schema.node_flow_results,
                metadata.flow_id == results.flow_id,
            )
            .where(metadata.flow_identifier == client_id)
        )
        return deserialize(found[0].result_value, object) if found else None

    def notifications(self) -> list[Notification]:
        """From now on collects what subscribers are told."""
        collected: list[Notification] = []
        self.room.subscribers.append(collected.append)
        return collected

    def kill(self) -> None:
        """Lose everything that isn't on disk."""
        self.running = False
        self._asked.clear()
        self.drop_flows()
        self._runner.run(stop_services(self.hub))
        self._runner.close()
        self.storage.close()
        self.network.bus.recipient_stopped(self.party.owning_key)
        if self.spec.service is not None:
            self.network.bus.recipient_stopped(self.spec.service[0].owning_key)
        self.network.bus.sender_stopped(self.party)

    def restart(self) -> None:
        """Kill the node and start it again over the same database."""
        if self.running:
            self.kill()
        self.start()

    def stop(self) -> None:
        """Close the node for good."""
        if self.running:
            self.kill()


async def _outcomes(asked: Sequence[ExternalEffect]) -> list[bytes | Exception]:
    return await asyncio.gather(*map(_outcome, asked))


async def _outcome(effect: ExternalEffect) -> bytes | Exception:
    try:
        return serialize(await effect.operation.execute(effect.deduplication_id))
    except Exception as error:  # noqa: BLE001 - the flow gets whatever it was
        return error
