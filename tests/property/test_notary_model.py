"""The notary's store, used by two workers, against a model of a few dictionaries.

On SQLite here; the integration tests run the same machine on PostgreSQL.
"""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine, select

from corda_sim.core.contracts import StateRef, TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.notary.errors import Conflict, TimeWindowInvalid
from corda_sim.flow.notary.heads import empty_head, next_head
from notary import schema
from notary.decide import CommitRequest, Committed, decide
from notary.store import LoggedRequest, NotaryStore, ref_key

START = datetime(2026, 1, 1, tzinfo=UTC)
STATES = [StateRef(SecureHash.sha256(b"issue"), index) for index in range(6)]
states = st.lists(st.sampled_from(STATES), max_size=3, unique=True).map(tuple)
windows = st.none() | st.integers(-3, 6).map(
    lambda hour: TimeWindow.until_only(START + timedelta(hours=hour, minutes=1))
)


class Model:
    """What a notary must remember, and what it must answer."""

    def __init__(self) -> None:
        self.spent: dict[StateRef, SecureHash] = {}
        self.committed: set[SecureHash] = set()

    def answer(self, request: CommitRequest, now: datetime) -> str:
        if request.transaction_id in self.committed:
            return "committed"
        if any(ref in self.spent for ref in request.inputs + request.references):
            return "conflict"
        if request.time_window is not None and not request.time_window.contains(now):
            return "window"
        self.committed.add(request.transaction_id)
        self.spent.update(dict.fromkeys(request.inputs, request.transaction_id))
        return "committed"


class NotaryMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.url, self.now, self.starts = self.new_database(), START, 0
        self.model = Model()
        self.known: list[CommitRequest] = []
        self.requests = 0
        self.stores = [self.new_store(name) for name in ("one", "two")]

    def new_database(self) -> str:
        """An empty database; gives its URL."""
        self.folder = tempfile.TemporaryDirectory()
        url = f"sqlite:///{Path(self.folder.name) / 'notary.db'}"
        engine = create_engine(url)
        schema.metadata.create_all(engine)
        engine.dispose()
        return url

    def drop_database(self) -> None:
        """Remove what `new_database` made."""
        self.folder.cleanup()

    def new_store(self, name: str) -> NotaryStore:
        self.starts += 1
        return NotaryStore(
            self.url, worker=name, instance_id=str(self.starts), clock=lambda: self.now
        )

    @rule(
        worker=st.integers(0, 1),
        fresh=st.lists(st.tuples(states, states, windows), max_size=4),
        repeated=st.lists(st.integers(0, 999), max_size=3),
    )
    def commit(
        self,
        worker: int,
        fresh: list[tuple[tuple[StateRef, ...], tuple[StateRef, ...], TimeWindow | None]],
        repeated: list[int],
    ) -> None:
        batch = [self.known[i % len(self.known)] for i in repeated if self.known]
        batch += [self.transaction(*parts) for parts in fresh]
        batch += batch[:1]
        # Copies of one transaction in a batch share an answer, so the model gives it once.
        answers: dict[SecureHash, str] = {}
        for request in batch:
            if request.transaction_id not in answers:
                answers[request.transaction_id] = self.model.answer(request, self.now)
        logged = [LoggedRequest(request, "O=A, L=London, C=GB") for request in batch]
        decisions = self.stores[worker].commit_batch(logged, decide).decisions
        self.requests += len(batch)
        for request, decision in zip(batch, decisions, strict=True):
            assert decision.transaction_id == request.transaction_id
            self.compare(answers[request.transaction_id], decision)

    def transaction(
        self,
        inputs: tuple[StateRef, ...],
        references: tuple[StateRef, ...],
        window: TimeWindow | None,
    ) -> CommitRequest:
        tx_id = SecureHash.sha256(len(self.known).to_bytes(4, "big"))
        references = tuple(ref for ref in references if ref not in inputs)
        self.known.append(CommitRequest(tx_id, inputs, references, window))
        return self.known[-1]

    def compare(self, answer: str, decision: object) -> None:
        if isinstance(decision, Committed):
            assert answer == "committed"
            return
        error = getattr(decision, "error", None)
        expected = {"conflict": Conflict, "window": TimeWindowInvalid}[answer]
        assert isinstance(error, expected)
        if isinstance(error, Conflict):
            for state in error.consumed_states:
                consumer = self.model.spent[state.ref]
                assert state.details.hash_of_transaction_id == consumer.re_hash()

    @rule(hours=st.integers(1, 3))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(worker=st.integers(0, 1))
    def restart(self, worker: int) -> None:
        old = self.stores[worker]
        head = old.head()
        old.close()
        self.stores[worker] = self.new_store(old.worker)
        assert self.stores[worker].head() == head

    @invariant()
    def the_database_holds_what_the_model_holds(self) -> None:
        with self.stores[0].engine.connect() as connection:
            rows = connection.execute(select(schema.notary_committed_states)).all()
            stored = {row.state_ref: row.consuming_transaction_id for row in rows}
            assert stored == {ref_key(r): str(t) for r, t in self.model.spent.items()}
            ids = set(connection.execute(select(schema.notary_committed_transactions)).scalars())
            assert ids == set(map(str, self.model.committed))
            log = connection.execute(select(schema.notary_request_log.c.id)).all()
            assert len(log) == self.requests

    @invariant()
    def both_chains_are_whole(self) -> None:
        table = schema.notary_batches
        with self.stores[0].engine.connect() as connection:
            for store in self.stores:
                head = empty_head(store.worker)
                query = select(table).where(table.c.worker_node_x500_name == store.worker)
                for row in connection.execute(query.order_by(table.c.sequence)):
                    head = next_head(head, SecureHash.parse(row.batch_digest))
                    assert (head.sequence, str(head.hash)) == (row.sequence, row.head)

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        self.drop_database()


TestNotary = NotaryMachine.TestCase
TestNotary.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
