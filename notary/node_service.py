"""What a node that is a notary holds, and how it is built from the node's configuration."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.identity import Party
from notary.anchor import ANCHOR_FILE_NAME, AnchorFile
from notary.awaited import AwaitedWitnesses
from notary.batch_signing import NotarySigner
from notary.service import BatchStats, NotaryService, RunBatch, run_in_thread
from notary.store import NotaryStore
from notary.worker import NotaryWorker

DEFAULT_ETA_THRESHOLD_SECONDS = 10.0
WITNESS_GRACE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class NotaryConfiguration:
    """The notary's part of the node's configuration.

    `identity` is the service identity of all workers, `worker_name` this node's X.500 name,
    `key_directory` where the service key and `notary-head` lie, `witnesses` the names of the nodes
    to ask for heads, `eta_threshold_seconds` Corda's `etaMessageThresholdSeconds`. `accept_head` is
    the operator's override at a start that would be refused.
    """

    identity: Party
    validating: bool
    worker_name: str
    database_url: str
    key_directory: Path
    witnesses: tuple[str, ...] = ()
    eta_threshold_seconds: float = DEFAULT_ETA_THRESHOLD_SECONDS
    accept_head: SecureHash | None = None

    @property
    def anchor(self) -> AnchorFile:
        """The head file beside the key."""
        return AnchorFile(self.key_directory / ANCHOR_FILE_NAME)


@dataclass(frozen=True, slots=True)
class NotaryHooks:
    """What the process lends the notary: clock (UTC), crash points, log, metrics."""

    clock: Callable[[], datetime]
    crash: Callable[[str], None] = lambda _point: None
    log: Callable[[str], None] = lambda _message: None
    stats: Callable[[BatchStats], None] = lambda _stats: None


@dataclass(frozen=True, slots=True)
class NotaryNodeService:
    """The CorDapp service that the responder flows look up; only notary nodes have it.

    `instance_id` is unique to this process start.
    """

    configuration: NotaryConfiguration
    worker: NotaryWorker
    service: NotaryService
    instance_id: str

    @classmethod
    def build(
        cls,
        configuration: NotaryConfiguration,
        signer: NotarySigner,
        hooks: NotaryHooks,
        *,
        instance_id: str,
        run: RunBatch | None = run_in_thread,
    ) -> "NotaryNodeService":
        """Wire up store, worker and service; call `worker.start()` and `service.start()` next.

        `instance_id` is unique to this process start (a UUID); `run` None commits inline.
        """
        store = NotaryStore(
            configuration.database_url,
            worker=configuration.worker_name,
            instance_id=instance_id,
            clock=hooks.clock,
        )
        worker = NotaryWorker(
            store,
            signer,
            configuration.anchor,
            witnesses=AwaitedWitnesses(configuration.witnesses, WITNESS_GRACE_SECONDS),
            crash=hooks.crash,
            log=hooks.log,
        )
        service = NotaryService(worker, run=run, stats=hooks.stats, log=hooks.log)
        return cls(configuration, worker, service, instance_id)

    def why_not_ready(self) -> str:
        """For `/ready`: what keeps the worker from signing; empty when nothing does."""
        return self.worker.status.explain()

    async def stop(self) -> None:
        """Answer what was taken, then close the database."""
        await self.service.stop()
        self.worker.store.close()
