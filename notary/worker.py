"""One notary worker, synchronous: commit, make the head durable, sign; in that order."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.signatures import TransactionSignature
from corda_sim.core.serialization import serializable
from corda_sim.flow.notary.errors import (
    AnyNotaryError,
    NotaryNotReadyException,
    NotaryRollbackException,
)
from corda_sim.flow.notary.heads import (
    NotaryAnchor,
    NotaryHead,
    SignedHead,
    empty_head,
    sign_head,
)
from corda_sim.flow.notary.rollback import KnownHead, check_rollback, explain_missing_anchor
from notary.awaited import AwaitedWitnesses
from notary.batch_signing import NotarySigner, sign_batch
from notary.decide import Decision, Rejected, decide
from notary.store import BatchResult, Decide, LoggedRequest


@serializable("corda.notary.Notarised")
@dataclass(frozen=True, slots=True)
class Notarised:
    """The notary's signature over the transaction, and the head it vouches for."""

    signature: TransactionSignature
    head: SignedHead


@serializable("corda.notary.Refused")
@dataclass(frozen=True, slots=True)
class Refused:
    """Why the transaction isn't notarised."""

    error: AnyNotaryError


Outcome = Notarised | Refused


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """For /ready and explain: whether the worker signs, and which witnesses it still waits for."""

    ready: bool
    waits_for: tuple[str, ...]
    problem: str | None = None

    def explain(self) -> str:
        """Why the worker doesn't sign; empty when it does."""
        if self.problem is not None:
            return self.problem
        if self.waits_for:
            names = "; ".join(self.waits_for)
            return f"witnesses must say which head they saw last; one of these must be up: {names}"
        return "" if self.ready else "the notary worker isn't started"


class NotaryLedger(Protocol):
    """Where a worker's batches are committed; `NotaryStore` over a database, or a test's."""

    sequence_floor: int

    @property
    def worker(self) -> str:
        """The worker's X.500 name."""
        ...

    def commit_batch(self, requests: Sequence[LoggedRequest], decide: Decide) -> BatchResult:
        """Decide and record a batch. Raises NotaryStoreException when it was not committed."""
        ...

    def head(self) -> NotaryHead:
        """The worker's last head."""
        ...

    def contains(self, head: NotaryHead) -> bool:
        """Whether that very batch is recorded."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class HeadFile(Protocol):
    """Keeps the signed head beside the key; `AnchorFile` on a disk, or a test's."""

    @property
    def path(self) -> Path:
        """Where it is, for messages."""
        ...

    def read(self, notary_key: PublicKey) -> NotaryAnchor | None:
        """The anchor; None when it is missing, damaged, or not signed by `notary_key`."""
        ...

    def write(self, anchor: NotaryAnchor) -> None:
        """Replace it durably. Raises OSError."""
        ...


def _no_crash(_point: str) -> None:
    """Crash points are off."""


def _no_log(_message: str) -> None:
    """No log is kept."""


def write_empty_head(anchor: HeadFile, worker: str, signer: NotarySigner) -> None:
    """The signed empty head that a new network gives to each worker.

    Raises:
        OSError: the file can't be written.
    """
    head = sign_head(empty_head(worker), signer.public_key, signer.sign)
    anchor.write(NotaryAnchor(head))


class NotaryWorker:
    """Turns batches of requests into outcomes, one batch at a time.

    `witnesses` are the nodes to ask for the highest head they saw; the worker signs nothing before
    one of them has answered (`witness_answered`). `crash` is called with the names of the crash
    points, `log` with what an operator must be able to find later.
    """

    def __init__(
        self,
        store: NotaryLedger,
        signer: NotarySigner,
        anchor: HeadFile,
        *,
        witnesses: AwaitedWitnesses | None = None,
        crash: Callable[[str], None] = _no_crash,
        log: Callable[[str], None] = _no_log,
    ) -> None:
        self._store, self._signer, self._anchor_file = store, signer, anchor
        self._crash, self._log = crash, log
        self._witnesses = witnesses or AwaitedWitnesses()
        self._anchor: NotaryAnchor | None = None
        self._problem: str | None = None
        self._accepting: SecureHash | None = None
        # A witness may answer on the event loop while a batch is committed in a thread.
        self._lock = threading.Lock()

    @property
    def store(self) -> NotaryLedger:
        """The database behind the worker, for audits."""
        return self._store

    @property
    def status(self) -> WorkerStatus:
        """Whether the worker signs, and what it waits for."""
        started = self._anchor is not None and self._problem is None
        waits_for = self._witnesses.missing()
        return WorkerStatus(started and not waits_for, waits_for, self._problem)

    @property
    def head(self) -> SignedHead | None:
        """The head that the head file holds, which every answer carries; None before the start."""
        return None if self._anchor is None else self._anchor.head

    def start(self, accept_head: SecureHash | None = None) -> None:
        """Check the database against the head file, then bring the file up to the database.

        `accept_head` is the operator's override: it must be the database's head as the refusal
        showed it, and is logged.

        Raises:
            NotaryRollbackException: the file is missing, or its head isn't in the database.
        """
        database_head = self._store.head()
        self._accepting = accept_head if accept_head == database_head.hash else None
        anchor = self._anchor_file.read(self._signer.public_key)
        if anchor is None or anchor.head.head.worker != self._store.worker:
            self._refuse_unless_accepted(
                explain_missing_anchor(database_head, str(self._anchor_file.path))
            )
            anchor = NotaryAnchor(self._sign(database_head))
        known = KnownHead(f"The head file {self._anchor_file.path}", anchor.head)
        self._adopt(self._check(anchor, known, database_head), database_head)

    def witness_answered(self, witness: str, seen: SignedHead | None) -> None:
        """`witness` has seen no higher head of this worker than `seen` (None: none at all).

        A head that the notary's key didn't sign, or another worker's, counts as no answer.

        Raises:
            NotaryNotReadyException: the worker isn't started.
            NotaryRollbackException: the head isn't in the database; the worker signs no more.
        """
        with self._lock:
            self._witness_answered(witness, seen)

    def process(self, batch: Sequence[LoggedRequest]) -> tuple[Outcome, ...]:
        """Commit a batch and answer each request; nothing is signed before the head is durable.

        Raises:
            NotaryNotReadyException: the worker may not sign yet.
            NotaryStoreException: the database refused the batch.
            OSError: the head file can't be written; nothing is released.
        """
        with self._lock:
            return self._process(batch)

    def _witness_answered(self, witness: str, seen: SignedHead | None) -> None:
        if self._anchor is None:
            raise NotaryNotReadyException("The worker was not started")
        if seen is not None:
            if seen.head.worker != self._store.worker:
                return
            seen.verify(self._signer.public_key)
            database_head = self._store.head()
            anchor = self._check(self._anchor, KnownHead(witness, seen), database_head)
            if anchor is not self._anchor:
                self._adopt(anchor, database_head)
        self._witnesses.answered(witness)

    def _process(self, batch: Sequence[LoggedRequest]) -> tuple[Outcome, ...]:
        if not self.status.ready:
            raise NotaryNotReadyException(self.status.explain())
        result = self._store.commit_batch(batch, decide)
        self._crash("notary_after_commit")
        head = self._advance(result.head)
        ids = [d.transaction_id for d in result.decisions if not isinstance(d, Rejected)]
        signatures = sign_batch(self._signer, ids)
        return tuple(_outcome(decision, signatures, head) for decision in result.decisions)

    def _advance(self, head: NotaryHead) -> SignedHead:
        if self._anchor is None:
            raise NotaryNotReadyException("The worker was not started")
        if self._anchor.head.head != head:
            anchor = NotaryAnchor(self._sign(head), self._anchor.waived)
            self._crash("notary_before_head")
            self._anchor_file.write(anchor)
            self._anchor = anchor
        return self._anchor.head

    def _check(
        self, anchor: NotaryAnchor, known: KnownHead, database_head: NotaryHead
    ) -> NotaryAnchor:
        waived = [signed.head for signed in anchor.waived]
        try:
            check_rollback(database_head, [known], self._store.contains, waived)
        except NotaryRollbackException as error:
            self._refuse_unless_accepted(str(error))
            return NotaryAnchor(anchor.head, (*anchor.waived, known.signed))
        return anchor

    def _refuse_unless_accepted(self, problem: str) -> None:
        if self._accepting is None:
            self._problem = problem
            raise NotaryRollbackException(problem)
        self._log(f"An operator accepted head {self._accepting} although: {problem}")

    def _adopt(self, anchor: NotaryAnchor, database_head: NotaryHead) -> None:
        self._store.sequence_floor = max((s.head.sequence for s in anchor.waived), default=0)
        self._anchor = NotaryAnchor(self._sign(database_head), anchor.waived)
        self._anchor_file.write(self._anchor)
        self._problem = None

    def _sign(self, head: NotaryHead) -> SignedHead:
        return sign_head(head, self._signer.public_key, self._signer.sign)


def _outcome(
    decision: Decision, signatures: Mapping[SecureHash, TransactionSignature], head: SignedHead
) -> Outcome:
    if isinstance(decision, Rejected):
        return Refused(decision.error)
    return Notarised(signatures[decision.transaction_id], head)
