"""How a node hosts the notary: built from its `[notary]` settings, started with the node."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalStateError
from corda_sim.flow.cordapp import AppServiceHub
from notary.node_service import NotaryConfiguration, NotaryHooks, NotaryNodeService


@dataclass(frozen=True, slots=True)
class _ServiceKey:
    """Signs with the notary's service key, which the node holds."""

    public_key: PublicKey
    hub: AppServiceHub

    def sign(self, data: bytes) -> bytes:
        """Sign `data`."""
        return self.hub.sign(self.public_key, data)


class HostedNotary(NotaryNodeService):
    """The service with the node's lifecycle."""

    def start(self) -> None:
        """Check the database against the head file, then take requests.

        Raises:
            NotaryRollbackException: the database is older than its head file.
        """
        self.worker.start()
        self.service.start()


def notary_service(hub: AppServiceHub) -> HostedNotary | None:
    """The notary of this node; None where node.toml has no `[notary]`."""
    settings = hub.settings.get("notary")
    if settings is None:
        return None
    identity = hub.service_identity
    if identity is None:
        raise IllegalStateError("node.toml has [notary] but this node has no service identity")
    configuration = NotaryConfiguration(
        identity=identity,
        validating=settings["validating"],
        worker_name=str(hub.services.our_identity.name),
        database_url=hub.database_url,
        key_directory=hub.directory,
        witnesses=tuple(settings.get("witnesses", ())),
        eta_threshold_seconds=settings.get("etaMessageThresholdSeconds", 10.0),
    )
    clock = hub.services.now_ns
    hooks = NotaryHooks(clock=lambda: _instant(clock()), crash=hub.crash, log=hub.log)
    signer = _ServiceKey(identity.owning_key, hub)
    instance = hub.services.entropy(16).hex()
    run = {"run": None} if settings.get("inline") else {}
    built = NotaryNodeService.build(configuration, signer, hooks, instance_id=instance, **run)
    return HostedNotary(built.configuration, built.worker, built.service)


def _instant(nanoseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)
