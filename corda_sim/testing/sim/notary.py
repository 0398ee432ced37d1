"""The real notary worker over a simulated ledger: keyed rows, durable with their batch.

`NotaryStore`'s SQL has tests of its own on real databases.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.instants import instant
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow.cordapp import AppServiceHub
from corda_sim.flow.notary.heads import (
    NotaryAnchor,
    NotaryHead,
    digest_batch,
    empty_head,
    next_head,
)
from corda_sim.invariants.views import Batch, NotaryView
from notary.batch_signing import KeyPairSigner
from notary.decide import CommitRequest, Committed
from notary.figures import NotaryFigures
from notary.hosting import HostedNotary
from notary.node_service import NotaryConfiguration
from notary.service import NotaryService
from notary.store import BatchResult, Decide, LoggedRequest, ref_key
from notary.worker import NotaryWorker, write_empty_head


@dataclass(slots=True)
class NotaryDisk:
    """What a notary has made durable."""

    spent: dict[StateRef, SecureHash] = field(default_factory=dict)
    committed: dict[SecureHash, None] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    anchor: bytes | None = None

    def copy(self) -> "NotaryDisk":
        """The same content on another disk."""
        return NotaryDisk(dict(self.spent), dict(self.committed), list(self.batches), self.anchor)

    def view(self, name: str) -> NotaryView:
        """What the invariants read."""
        return NotaryView(name, dict(self.spent), frozenset(self.committed), tuple(self.batches))


class SimHeadFile:
    """`notary-head` on a simulated disk: the former content, or the new one."""

    def __init__(self, disk: NotaryDisk) -> None:
        self._disk = disk
        self.path = Path("notary-head")

    def read(self, notary_key: PublicKey) -> NotaryAnchor | None:
        """The anchor; None when there is none. Raises SignatureException."""
        if self._disk.anchor is None:
            return None
        anchor = deserialize(self._disk.anchor, NotaryAnchor)
        anchor.head.verify(notary_key)
        return anchor

    def write(self, anchor: NotaryAnchor) -> None:
        """Replace it."""
        self._disk.anchor = serialize(anchor)


class SimNotaryLedger:
    """Commits a batch whole, or not at all."""

    def __init__(self, disk: NotaryDisk, worker: str, clock: Callable[[], datetime]) -> None:
        self._disk, self._clock = disk, clock
        self.worker = worker
        self.sequence_floor = 0

    def commit_batch(self, requests: Sequence[LoggedRequest], decide: Decide) -> BatchResult:
        """Decide and record."""
        disk, commits = self._disk, [request.commit for request in requests]
        decisions = decide(commits, disk.spent, disk.committed.keys(), self._clock())
        new = [
            commit
            for commit, decision in zip(commits, decisions, strict=True)
            if isinstance(decision, Committed) and decision.new
        ]
        if new:
            self._append(new)
        return BatchResult(decisions, self.head())

    def _append(self, new: Sequence[CommitRequest]) -> None:
        disk = self._disk
        digest = digest_batch(
            (c.transaction_id, [ref_key(ref).encode() for ref in dict.fromkeys(c.inputs)])
            for c in new
        )
        disk.batches.append(Batch(digest, next_head(self.head(), digest, self.sequence_floor)))
        for commit in new:
            disk.committed[commit.transaction_id] = None
            disk.spent.update(dict.fromkeys(commit.inputs, commit.transaction_id))

    def head(self) -> NotaryHead:
        """The last head."""
        batches = self._disk.batches
        return batches[-1].head if batches else empty_head(self.worker)

    def contains(self, head: NotaryHead) -> bool:
        """Whether that batch is recorded."""
        return any(batch.head == head for batch in self._disk.batches)

    def close(self) -> None:
        """There is nothing to give back."""


def simulated_notary(
    disk: NotaryDisk, hub: AppServiceHub, monotonic: Callable[[], float]
) -> HostedNotary | None:
    """The notary of this node over `disk`; None on another node."""
    settings, identity, key = hub.settings.get("notary"), hub.service_identity, hub.service_key
    if settings is None or identity is None or key is None:
        return None
    configuration = NotaryConfiguration(
        identity=identity,
        validating=settings["validating"],
        worker_name=str(hub.services.our_identity.name),
        database_url=hub.database_url,
        key_directory=hub.directory,
    )
    ledger = SimNotaryLedger(disk, configuration.worker_name, lambda: _instant(hub))
    head_file, signer = SimHeadFile(disk), KeyPairSigner(key)
    if disk.anchor is None and not disk.batches:
        write_empty_head(head_file, configuration.worker_name, signer)
    worker = NotaryWorker(ledger, signer, head_file, crash=hub.crash)
    counted = NotaryFigures()
    service = NotaryService(worker, run=None, stats=counted.add, monotonic=monotonic)
    return HostedNotary(configuration, worker, service, "sim", hub, counted)


def _instant(hub: AppServiceHub) -> datetime:
    return instant(hub.services.now_ns())
