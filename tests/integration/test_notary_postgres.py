"""The notary's store on PostgreSQL: rivals, write skew, and a role that may only read and add."""

import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ProgrammingError

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.notary.errors import Conflict
from corda_sim.flow.notary.heads import empty_head, next_head
from corda_sim.node.provision import drop_database
from notary import schema
from notary.decide import CommitRequest, Committed, Decision, Rejected, decide
from notary.store import LoggedRequest, NotaryStore
from tests.property.test_notary_model import NotaryMachine

SERVER = os.environ.get("CORDA_SIM_TEST_POSTGRES", "")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.postgres,
    pytest.mark.skipif(not SERVER, reason="CORDA_SIM_TEST_POSTGRES names no PostgreSQL server"),
]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def url() -> Iterator[str]:
    """A database with the notary's tables, as a role with SELECT and INSERT only."""
    server = make_url(SERVER).set(drivername="postgresql+psycopg")
    name = f"notary_{uuid.uuid4().hex[:12]}"
    with administering(server) as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'worker'"))
    with administering(server.set(database=name)) as connection:
        schema.metadata.create_all(connection)
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
        connection.execute(text(f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {name}"))
    yield worker_url(server, name)
    with administering(server) as connection:
        drop_database(connection, name)
        connection.execute(text(f"DROP ROLE {name}"))


@contextmanager
def administering(url: URL) -> Iterator[Connection]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def worker_url(server: URL, name: str) -> str:
    url = server.set(drivername="postgresql", username=name, password="worker", database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture
def stores(url: str) -> Iterator[list[NotaryStore]]:
    made = [
        NotaryStore(url, worker=name, instance_id=name, clock=lambda: NOW)
        for name in ("one", "two", "three")
    ]
    yield made
    for store in made:
        store.close()


def tx(name: str) -> SecureHash:
    return SecureHash.sha256(name.encode())


def ref(index: int) -> StateRef:
    return StateRef(tx("issue"), index)


def asked(name: str, inputs: list[int], references: list[int] | None = None) -> LoggedRequest:
    commit = CommitRequest(tx(name), tuple(map(ref, inputs)), tuple(map(ref, references or [])))
    return LoggedRequest(commit, "O=A, L=London, C=GB")


def race(stores: list[NotaryStore], batches: list[list[LoggedRequest]]) -> list[Decision]:
    """Each store commits its batches, one request a batch, all at the same time."""
    decisions: list[Decision] = []
    failures: list[BaseException] = []
    start = threading.Barrier(len(batches))

    def work(store: NotaryStore, requests: list[LoggedRequest]) -> None:
        try:
            start.wait()
            for request in requests:
                decisions.extend(store.commit_batch([request], decide).decisions)
        except BaseException as error:  # noqa: BLE001 - shown by the test below
            failures.append(error)

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(stores, batches, strict=False)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    return decisions


def test_each_state_is_consumed_once_whoever_asks(stores: list[NotaryStore]) -> None:
    batches = [
        [asked(f"{store.worker} {index}", [index, index + 1]) for index in range(40)]
        for store in stores
    ]
    decisions = race(stores, batches)
    winners = [d.transaction_id for d in decisions if isinstance(d, Committed)]
    requests = {r.commit.transaction_id: r.commit for batch in batches for r in batch}
    consumed = [state for winner in winners for state in requests[winner].inputs]
    assert len(consumed) == len(set(consumed)) > 0
    losers = [d.error for d in decisions if isinstance(d, Rejected)]
    assert len(losers) + len(winners) == 120
    assert all(isinstance(error, Conflict) for error in losers)
    with stores[0].engine.connect() as connection:
        rows = connection.execute(select(schema.notary_committed_states)).all()
    assert len(rows) == len(consumed)


def test_two_that_reference_each_others_input_never_both_win(stores: list[NotaryStore]) -> None:
    one = [asked(f"left {n}", [2 * n], [2 * n + 1]) for n in range(30)]
    two = [asked(f"right {n}", [2 * n + 1], [2 * n]) for n in range(30)]
    decisions = race(stores[:2], [one, two])
    winners = {d.transaction_id for d in decisions if isinstance(d, Committed)}
    for n in range(30):
        assert len(winners & {tx(f"left {n}"), tx(f"right {n}")}) == 1


def test_the_same_transaction_through_every_worker_is_committed_once(
    stores: list[NotaryStore],
) -> None:
    same = [asked(f"same {index}", [index]) for index in range(20)]
    decisions = race(stores, [same, same, same])
    assert all(isinstance(decision, Committed) for decision in decisions)
    new = [d.transaction_id for d in decisions if isinstance(d, Committed) and d.new]
    assert len(new) == len(set(new)) == 20


def test_every_workers_chain_is_whole_after_a_race(stores: list[NotaryStore]) -> None:
    race(stores, [[asked(f"{s.worker} {i}", [i % 7]) for i in range(15)] for s in stores])
    table = schema.notary_batches
    for store in stores:
        head = empty_head(store.worker)
        query = select(table).where(table.c.worker_node_x500_name == store.worker)
        with store.engine.connect() as connection:
            for row in connection.execute(query.order_by(table.c.sequence)):
                head = next_head(head, SecureHash.parse(row.batch_digest))
                assert (head.sequence, str(head.hash)) == (row.sequence, row.head)
        assert store.head() == head


@pytest.mark.parametrize("sql", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_role_can_take_nothing_back(stores: list[NotaryStore], sql: str) -> None:
    stores[0].commit_batch([asked("t", [1])], decide)
    for table in schema.metadata.sorted_tables:
        column = next(iter(table.columns)).name
        with pytest.raises(ProgrammingError), stores[0].engine.begin() as connection:
            connection.execute(text(sql.format(table.name, column, column)))


class PostgresMachine(NotaryMachine):
    """The machine of the property test, on PostgreSQL, with the role that may only add."""

    worker_url = ""
    owner_url: URL | None = None

    def new_database(self) -> str:
        assert self.owner_url is not None
        tables = ", ".join(table.name for table in schema.metadata.sorted_tables)
        engine = create_engine(self.owner_url)
        with engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {tables}"))
        engine.dispose()
        return self.worker_url

    def drop_database(self) -> None:
        """The fixture does."""


def test_two_workers_agree_with_the_model(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = make_url(url).database
    owner = make_url(SERVER).set(drivername="postgresql+psycopg", database=database)
    monkeypatch.setattr(PostgresMachine, "worker_url", url)
    monkeypatch.setattr(PostgresMachine, "owner_url", owner)
    bounds = settings(max_examples=5, stateful_step_count=15, deadline=None)
    run_state_machine_as_test(PostgresMachine, settings=bounds)
