"""The notary's database: consumed states, committed transactions, logs, and the chain of batches.

Uses SELECT and INSERT only, so that the database user needs no other right (Corda's
installing-jpa): nothing that was notarised can be taken back by the service.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import serialize
from corda_sim.flow.notary.errors import Conflict, NotaryStoreException
from corda_sim.flow.notary.heads import NotaryHead, digest_batch, empty_head, next_head
from corda_sim.flow.notary.requests import NotarisationRequestSignature
from notary import schema
from notary.database import is_worth_retrying, open_engine
from notary.decide import CommitRequest, Committed, Decision, Rejected

MAX_INPUT_STATES = 2000
MAX_RETRIES = 10
BACKOFF_BASE_SECONDS = 0.02

Decide = Callable[
    [Sequence[CommitRequest], Mapping[StateRef, SecureHash], AbstractSet[SecureHash], datetime],
    tuple[Decision, ...],
]


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request to commit, with who asks for it, for the request log."""

    commit: CommitRequest
    requesting_party: str
    signature: NotarisationRequestSignature | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """A decision for each request, and the worker's head after the batch."""

    decisions: tuple[Decision, ...]
    head: NotaryHead


def ref_key(ref: StateRef) -> str:
    """How a state ref is stored: `HASH:index`."""
    return f"{ref.txhash}:{ref.index}"


class NotaryStore:
    """One worker's access to the notary's database.

    `worker` names it (its X.500 name), `instance_id` is unique to this process start and makes
    request log ids (`<instance>:<hex counter>`), `clock` gives the time in UTC.
    """

    def __init__(
        self,
        url: str,
        *,
        worker: str,
        instance_id: str,
        clock: Callable[[], datetime],
        max_input_states: int = MAX_INPUT_STATES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.engine: Engine = open_engine(url)
        self.worker = worker
        self._instance_id, self._counter = instance_id, 0
        self._clock, self._sleep, self._chunk = clock, sleep, max_input_states
        self._head: NotaryHead | None = None
        self.sequence_floor = 0

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def commit_batch(self, requests: Sequence[LoggedRequest], decide: Decide) -> BatchResult:
        """Decide and record a batch in one serializable transaction, again when another worker won.

        Raises:
            NotaryStoreException: the database refused it more than `MAX_RETRIES` times.
        """
        for attempt in range(MAX_RETRIES + 1):
            try:
                return self._attempt(requests, decide)
            except DBAPIError as error:
                self._head = None
                if attempt == MAX_RETRIES or not is_worth_retrying(error):
                    raise NotaryStoreException(f"The batch was not committed: {error}") from error
                if not isinstance(error, IntegrityError):
                    self._sleep(BACKOFF_BASE_SECONDS * 2**attempt)
        raise NotaryStoreException("The batch was not committed")

    def head(self) -> NotaryHead:
        """The worker's head in the database; the empty head before its first batch."""
        with self._reading() as connection:
            return self._load_head(connection)

    def contains(self, head: NotaryHead) -> bool:
        """Whether that very batch of that worker is in the database."""
        table = schema.notary_batches
        query = select(table.c.head).where(
            table.c.worker_node_x500_name == head.worker, table.c.sequence == head.sequence
        )
        with self._reading() as connection:
            return connection.execute(query).scalar_one_or_none() == str(head.hash)

    def _reading(self) -> Connection:
        return self.engine.connect().execution_options(notary_read_only=True)

    def _attempt(self, requests: Sequence[LoggedRequest], decide: Decide) -> BatchResult:
        commits = [request.commit for request in requests]
        with self.engine.begin() as connection:
            previous = self._head or self._load_head(connection)
            spent = self._load_spent(connection, commits)
            committed = self._load_committed(connection, commits)
            now = self._clock()
            decisions = decide(commits, spent, committed, now)
            self._log_requests(connection, requests, now)
            _log_double_spends(connection, decisions, now)
            head = self._record(connection, commits, decisions, previous, now)
        self._head = head
        return BatchResult(decisions, head)

    def _load_head(self, connection: Connection) -> NotaryHead:
        table = schema.notary_batches
        query = (
            select(table.c.sequence, table.c.head)
            .where(table.c.worker_node_x500_name == self.worker)
            .order_by(table.c.sequence.desc())
            .limit(1)
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            return empty_head(self.worker)
        return NotaryHead(self.worker, row.sequence, SecureHash.parse(row.head))

    def _load_spent(
        self, connection: Connection, commits: Sequence[CommitRequest]
    ) -> dict[StateRef, SecureHash]:
        refs = {ref_key(ref): ref for commit in commits for ref in commit.states}
        table = schema.notary_committed_states
        found: dict[StateRef, SecureHash] = {}
        for keys in _chunks(sorted(refs), self._chunk):
            query = select(table).where(table.c.state_ref.in_(keys))
            for row in connection.execute(query):
                found[refs[row.state_ref]] = SecureHash.parse(row.consuming_transaction_id)
        return found

    def _load_committed(
        self, connection: Connection, commits: Sequence[CommitRequest]
    ) -> frozenset[SecureHash]:
        ids = {str(commit.transaction_id) for commit in commits}
        column = schema.notary_committed_transactions.c.transaction_id
        found: list[SecureHash] = []
        for keys in _chunks(sorted(ids), self._chunk):
            query = select(column).where(column.in_(keys))
            found += map(SecureHash.parse, connection.execute(query).scalars())
        return frozenset(found)

    def _log_requests(
        self, connection: Connection, requests: Sequence[LoggedRequest], now: datetime
    ) -> None:
        rows = [self._log_row(request, now) for request in requests]
        _insert_all(connection, schema.notary_request_log, rows)

    def _log_row(self, request: LoggedRequest, now: datetime) -> dict[str, object]:
        self._counter += 1
        signature = b"" if request.signature is None else serialize(request.signature)
        return {
            "id": f"{self._instance_id}:{self._counter:x}",
            "consuming_transaction_id": str(request.commit.transaction_id),
            "requesting_party_name": request.requesting_party,
            "request_signature": signature,
            "request_timestamp": now,
            "worker_node_x500_name": self.worker,
        }

    def _record(
        self,
        connection: Connection,
        commits: Sequence[CommitRequest],
        decisions: Sequence[Decision],
        previous: NotaryHead,
        now: datetime,
    ) -> NotaryHead:
        new = [
            commit
            for commit, decision in zip(commits, decisions, strict=True)
            if isinstance(decision, Committed) and decision.new
        ]
        if not new:
            return previous
        _insert_all(connection, schema.notary_committed_states, _state_rows(new))
        ids = sorted(str(commit.transaction_id) for commit in new)
        rows: list[dict[str, object]] = [{"transaction_id": tx_id} for tx_id in ids]
        _insert_all(connection, schema.notary_committed_transactions, rows)
        return self._append(connection, new, previous, now)

    def _append(
        self,
        connection: Connection,
        new: Sequence[CommitRequest],
        previous: NotaryHead,
        now: datetime,
    ) -> NotaryHead:
        digest = digest_batch(
            (c.transaction_id, [ref_key(ref).encode() for ref in dict.fromkeys(c.inputs)])
            for c in new
        )
        head = next_head(previous, digest, self.sequence_floor)
        row = {
            "worker_node_x500_name": self.worker,
            "sequence": head.sequence,
            "batch_digest": str(digest),
            "head": str(head.hash),
            "committed_timestamp": now,
        }
        _insert_all(connection, schema.notary_batches, [row])
        return head


def _state_rows(new: Iterable[CommitRequest]) -> list[dict[str, object]]:
    # Sorted: two workers that insert overlapping sets wait for each other in one order.
    consumed = {ref_key(ref): str(c.transaction_id) for c in new for ref in c.inputs}
    return [
        {"state_ref": key, "consuming_transaction_id": consumed[key]} for key in sorted(consumed)
    ]


def _log_double_spends(
    connection: Connection, decisions: Iterable[Decision], now: datetime
) -> None:
    attempts = {
        (ref_key(state.ref), str(decision.transaction_id))
        for decision in decisions
        if isinstance(decision, Rejected) and isinstance(decision.error, Conflict)
        for state in decision.error.consumed_states
    }
    rows = [
        {"state_ref": key, "consuming_transaction_id": tx_id, "request_timestamp": now}
        for key, tx_id in sorted(attempts)
    ]
    if rows:
        connection.execute(_insert_ignore(connection, schema.notary_double_spends), rows)


def _insert_ignore(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def _insert_all(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _chunks(keys: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))
