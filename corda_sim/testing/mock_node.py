"""One node of a MockNetwork; `restart` is what SIGKILL and a new start are to a process."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import select

from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.crypto.signatures import PLATFORM_VERSION
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.cordapp import AppServiceHub
from corda_sim.flow.effects import (
    ExternalEffect,
    FlowEnded,
    Notification,
    RetryEffect,
    SendEffect,
    TimerEffect,
)
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.manager import StateMachineManager
from corda_sim.flow.registry import FlowRegistry
from corda_sim.flow.settings import EngineSettings
from corda_sim.node.assembly import NodeIdentity, build_hub
from corda_sim.node.committer import settle
from corda_sim.node.engine_room import EngineRoom, Outside
from corda_sim.node.fresh_keys import FreshKeyRoot
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.migrate import upgrade
from corda_sim.testing.mock_bus import Posted

if TYPE_CHECKING:
    from corda_sim.testing.mock_network import MockNetwork

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """What makes a node the one it is."""

    name: str
    party: Party
    identity: KeyPair
    directory: Path
    settings: dict[str, Any]
    service: tuple[Party, KeyPair] | None = None


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


class MockNode:
    """A node that works when the network is pumped."""

    def __init__(self, network: "MockNetwork", spec: NodeSpec) -> None:
        self.network, self.spec = network, spec
        self.party = spec.party
        self._loop = asyncio.new_event_loop()
        spec.directory.mkdir(parents=True, exist_ok=True)
        self.url = f"sqlite:///{spec.directory / 'node.sqlite'}"
        branches = {branch for app in network.cordapps for branch in app.migrations}
        upgrade(self.url, ("node", *sorted(branches)))
        self.running = False
        self.start()

    def start(self) -> None:
        """Open the database and bring every flow back."""
        self.storage = SqlStorage(self.url)
        self.registry = FlowRegistry()
        for app in self.network.cordapps:
            for flow in app.flows:
                self.registry.register(flow, app.name)
        self.hub = self._build_hub()
        settings = EngineSettings(reload_checkpoint_after_suspend=self.network.reload)
        self.manager = StateMachineManager(self.hub, self.registry, settings)
        self.room = EngineRoom(self.manager, self.hub, self._outside())
        self._start_services()
        self.running = True
        self.room.perform(self.room.recover())

    def _build_hub(self) -> Any:  # noqa: ANN401 - ServiceHub, kept loose for tests
        spec = self.spec
        identity = NodeIdentity(
            party=spec.party,
            keys=(spec.identity, *([spec.service[1]] if spec.service else [])),
            root=FreshKeyRoot(spec.identity.public.encoded[-32:]),
        )
        known = [*self.network.parties(), self.network.notary_party]
        batch = WriteBatch()
        hub = build_hub(
            self.storage,
            identity,
            self.network.parameters,
            self.network.attachments,
            known,
            batch,
            clock=lambda: self.network.clock.now_ns,
            entropy=self.network.entropy,
        )
        hub.members[self.network.notary_party] = frozenset((self.network.party_of("Notary"),))
        self.storage.commit([batch], epoch=None)
        return hub

    def _start_services(self) -> None:
        app_hub = AppServiceHub(
            services=self.hub,
            directory=self.spec.directory,
            database_url=self.url,
            settings=self.spec.settings,
            sign=self.hub.sign,
            service_identity=self.spec.service[0] if self.spec.service else None,
            service_key=self.spec.service[1] if self.spec.service else None,
        )
        self._prepare_notary()
        for app in self.network.cordapps:
            for factory in app.services:
                service = factory(app_hub)
                if service is not None:
                    self.hub.cordapp_services[type(service)] = service
                    start = getattr(service, "start", None)
                    if start is not None:
                        start()

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

    def _outside(self) -> Outside:
        return Outside(self._send, self._ack, self._timer, self._external, self._retry)

    def _send(self, sends: Sequence[SendEffect]) -> None:
        for effect in sends:
            self.network.bus.post(
                Posted(self.party, effect.recipient, effect.message, effect.token)
            )

    def _ack(self, deliveries: Sequence[object]) -> None:
        for posted in deliveries:
            if isinstance(posted, Posted) and self.network.bus.acknowledge(posted):
                sender = next(
                    node for node in self.network.nodes.values() if node.party == posted.sender
                )
                if sender.running:
                    sender.manager.confirmed(posted.token)

    def _timer(self, effect: TimerEffect) -> None:
        manager = self.manager

        def fire() -> None:
            if self.running and self.manager is manager:
                manager.timer_fired(effect.flow_id, effect.step)

        self.network.clock.at(effect.deadline, fire)

    def _external(self, effect: ExternalEffect) -> None:
        async def run() -> object:
            return await effect.operation.execute(effect.deduplication_id)

        try:
            outcome: bytes | Exception = serialize(self._loop.run_until_complete(run()))
        except Exception as error:  # noqa: BLE001 - the flow gets whatever it was
            outcome = error
        self.manager.operation_done(effect.flow_id, effect.step, outcome)

    def _retry(self, effect: RetryEffect) -> None:
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
        for posted in taken:
            self.manager.on_message(posted.sender, posted.wire, posted)
        self.room.perform(self.manager.take_effects())
        if not self.manager.has_steps:
            return bool(taken)
        steps = self.manager.take_steps()
        outcomes = self.storage.commit([step.batch for step in steps], epoch=None)
        self.room.perform(settle(self.manager, steps, outcomes))
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
        for flow in list(self.manager.flows.values()):
            if flow.machine is not None:
                flow.machine.stop()
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
        self._loop.close()
