"""How a node hosts the notary: built from its `[notary]` settings, started with the node."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, text

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.instants import instant
from corda_sim.flow import FlowLogic
from corda_sim.flow.cordapp import AppServiceHub, Figure
from notary.batch_signing import KeyPairSigner
from notary.database import open_engine
from notary.figures import NotaryFigures
from notary.node_service import NotaryConfiguration, NotaryHooks, NotaryNodeService
from notary.service import run_in_thread, run_on_loop
from notary.witness import AskWitnessFlow, SeenHeads

_SEEN_HEAD = "SELECT head FROM node_notary_heads WHERE worker = :worker"


@dataclass(frozen=True, slots=True)
class HostedNotary(NotaryNodeService):
    """The service with the node's lifecycle."""

    hub: AppServiceHub
    counted: NotaryFigures

    def figures(self) -> Iterable[Figure]:
        """For the node's metrics."""
        return self.counted.show(self.service.status, lambda: self.worker.status.ready)

    def start(self) -> None:
        """Check the database against the head file, then take requests.

        Raises:
            NotaryRollbackException: the database is older than its head file, or there is none.
        """
        self.worker.start(self.configuration.accept_head)
        self.service.start()

    def flows_at_start(self) -> tuple[FlowLogic[Any], ...]:
        """The questions to the witnesses, which the node starts once its flows run."""
        party_by_text = self.hub.services.party_by_text
        names = self.configuration.witnesses
        return tuple(AskWitnessFlow(party_by_text(name), self.instance_id) for name in names)


def notary_service(hub: AppServiceHub) -> HostedNotary | None:
    """The notary of this node; None where node.toml has no `[notary]`.

    Raises:
        IllegalStateError: the node has no service identity to sign with.
    """
    settings = hub.settings.get("notary")
    if settings is None:
        return None
    identity = hub.service_identity
    if identity is None or hub.service_key is None:
        raise IllegalStateError("node.toml has [notary] but this node has no service identity")
    accepted = settings.get("acceptHead")
    configuration = NotaryConfiguration(
        identity=identity,
        validating=settings["validating"],
        worker_name=str(hub.services.our_identity.name),
        database_url=hub.database_url,
        key_directory=hub.directory,
        witnesses=tuple(settings.get("witnesses", ())),
        eta_threshold_seconds=settings.get("etaMessageThresholdSeconds", 10.0),
        accept_head=None if accepted is None else SecureHash.parse(accepted),
    )
    clock, counted = hub.services.now_ns, NotaryFigures()
    built = NotaryNodeService.build(
        configuration,
        KeyPairSigner(hub.service_key),
        NotaryHooks(lambda: instant(clock()), hub.crash, hub.log, counted.add),
        instance_id=hub.services.entropy(16).hex(),
        run=run_on_loop if settings.get("inline") else run_in_thread,
    )
    return HostedNotary(
        built.configuration, built.worker, built.service, built.instance_id, hub, counted
    )


def seen_heads_service(hub: AppServiceHub) -> SeenHeads:
    """Every node can be a witness: it reads the heads that it remembered."""
    engine = open_engine(hub.database_url)
    return SeenHeads(lambda worker: _load_head(engine, worker))


def _load_head(engine: Engine, worker: str) -> bytes | None:
    with engine.connect().execution_options(notary_read_only=True) as connection:
        found: object = connection.execute(text(_SEEN_HEAD), {"worker": worker}).scalar()
    engine.dispose()
    return None if found is None else bytes(memoryview(found))  # type: ignore[arg-type]
