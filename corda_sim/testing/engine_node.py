"""An engine over a database with its services: what a MockNode and a simulated process share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.cordapp import AppServiceHub
from corda_sim.flow.effects import ExternalEffect, RetryEffect, SendEffect, TimerEffect
from corda_sim.flow.manager import StateMachineManager
from corda_sim.flow.settings import EngineSettings
from corda_sim.node.app_services import start_services
from corda_sim.node.assembly import NodeIdentity, build_hub, registry_of
from corda_sim.node.committer import CommitCycle
from corda_sim.node.crash import CrashPoint, hit
from corda_sim.node.engine_room import EngineRoom, Outside
from corda_sim.node.fresh_keys import FreshKeyRoot
from corda_sim.node.services import ServiceHub
from corda_sim.node.storage.database import SqlStorage
from corda_sim.testing.site import NOTARY, NodeSpec, Site


class EngineNode(ABC):
    """One process of a node; the world around the engine is its subclass's."""

    storage: SqlStorage
    hub: ServiceHub
    manager: StateMachineManager
    room: EngineRoom
    cycle: CommitCycle

    def __init__(self, site: Site, spec: NodeSpec, url: str) -> None:
        self.site, self.spec, self.url = site, spec, url
        self.party = spec.party

    @abstractmethod
    def send(self, sends: Sequence[SendEffect]) -> None:
        """Publish messages."""

    @abstractmethod
    def ack(self, deliveries: Sequence[object]) -> None:
        """Acknowledge what was delivered."""

    @abstractmethod
    def timer(self, effect: TimerEffect) -> None:
        """Wake a flow later."""

    @abstractmethod
    def external(self, effect: ExternalEffect) -> None:
        """Run an external operation."""

    @abstractmethod
    def retry(self, effect: RetryEffect) -> None:
        """Discharge a flow later."""

    def assemble(
        self,
        storage: SqlStorage,
        clock: Callable[[], int],
        entropy: Callable[[int], bytes],
        settings: EngineSettings,
        epoch: int | None,
    ) -> None:
        """Put the process together over its database."""
        self.storage = storage
        self.hub = self._build_hub(clock, entropy, epoch)
        self.registry = registry_of(self.site.cordapps)
        self.manager = StateMachineManager(self.hub, self.registry, settings)
        outside = Outside(self.send, self.ack, self.timer, self.external, self.retry)
        self.room = EngineRoom(self.manager, self.hub, outside)
        self.cycle = CommitCycle(self.manager, self.room.perform)
        start_services(self.hub, self.site.cordapps, self._app_hub())

    def _build_hub(
        self, clock: Callable[[], int], entropy: Callable[[int], bytes], epoch: int | None
    ) -> ServiceHub:
        spec, site, batch = self.spec, self.site, WriteBatch()
        root = FreshKeyRoot(spec.identity.public.encoded[-32:])
        service = spec.service[1] if spec.service else None
        hub = build_hub(
            self.storage,
            NodeIdentity(spec.party, spec.identity, root, service),
            site.parameters,
            site.attachments,
            [*site.parties(), site.notary_party],
            batch,
            clock=clock,
            entropy=entropy,
        )
        hub.members[site.notary_party] = frozenset((site.party_of(NOTARY),))
        if batch:
            self.storage.commit([batch], epoch=epoch)
        return hub

    def _app_hub(self) -> AppServiceHub:
        service = self.spec.service
        return AppServiceHub(
            services=self.hub,
            directory=self.spec.directory,
            database_url=self.url,
            settings=self.spec.settings,
            sign=self.hub.sign,
            service_identity=service[0] if service else None,
            service_key=service[1] if service else None,
            start_flow=self.room.start_service_flow,
            crash=lambda point: hit(CrashPoint(point)),
        )

    def drop_flows(self) -> None:
        """The process is gone: close the code of its flows."""
        for flow in list(self.manager.flows.values()):
            if flow.machine is not None:
                flow.machine.stop()
