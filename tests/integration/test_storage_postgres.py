"""Storage and lease on PostgreSQL; CORDA_SIM_TEST_POSTGRES is a URL whose user may CREATEDB."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import OperationalError as DriverError
from sqlalchemy import Connection, PoolProxiedConnection, create_engine, make_url, select, text

from corda_sim.core.write_batch import WriteBatch
from corda_sim.node.lease import Lease, LeaseKeeper, LeaseSettings
from corda_sim.node.provision import drop_database
from corda_sim.node.storage import migrate, schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.errors import (
    CommitOutcomeUnknown,
    DatabaseUnavailable,
    DuplicateKey,
    FencedException,
)

SERVER = os.environ.get("CORDA_SIM_TEST_POSTGRES", "")
QUICK = LeaseSettings(lease_seconds=0.5, renew_seconds=0.1)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.postgres,
    pytest.mark.skipif(not SERVER, reason="CORDA_SIM_TEST_POSTGRES names no PostgreSQL server"),
]


@contextmanager
def administering() -> Iterator[Connection]:
    url = make_url(SERVER).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@pytest.fixture
def url() -> Iterator[str]:
    name = f"storage_{os.getpid()}_{time.monotonic_ns()}"
    with administering() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    found = make_url(SERVER).set(drivername="postgresql", database=name)
    text_url = found.render_as_string(hide_password=False)
    migrate.upgrade(text_url)
    yield text_url
    with administering() as connection:
        drop_database(connection, name)


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    found = SqlStorage(url, tag="holder-1", settle_seconds=2)
    yield found
    found.close()


def journal(flow: str, step: int = 0) -> WriteBatch:
    batch = WriteBatch()
    batch.insert("node_flow_journal", {"flow_id": flow, "step": step, "data": b"x"})
    return batch


def flows(storage: SqlStorage) -> list[str]:
    query = select(schema.node_flow_journal.c.flow_id).order_by("flow_id")
    return [row.flow_id for row in storage.read(query)]


def end_sessions(storage: SqlStorage, tag: str) -> None:
    with storage.reader.connect() as connection:
        end = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = :tag AND pid <> pg_backend_pid()"
        )
        connection.execute(end, {"tag": tag}).all()


def lose_connection_at_commit(
    storage: SqlStorage, monkeypatch: pytest.MonkeyPatch, before: Callable[[Any], None]
) -> None:
    """The next COMMIT reports a lost connection, after `before` did what the server did of it."""
    original = storage.writer.dialect.do_commit
    pending = [True]

    def do_commit(connection: PoolProxiedConnection) -> None:
        if not pending:
            return original(connection)
        pending.clear()
        driver: Any = connection.driver_connection
        before(driver)
        driver.close()
        raise DriverError("server closed the connection unexpectedly")

    monkeypatch.setattr(storage.writer.dialect, "do_commit", do_commit)


def test_migrations_make_exactly_the_declared_tables(storage: SqlStorage) -> None:
    def is_ours(_: object, name: str | None, kind: str, reflected: bool, declared: object) -> bool:
        return kind != "table" or not reflected or declared is not None or name == "alembic_version"

    with storage.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, schema.metadata) == []


def test_batches_commit_together_and_fail_alone(storage: SqlStorage) -> None:
    outcomes = storage.commit([journal("A"), journal("A"), journal("B")], epoch=None)
    assert [type(outcome) for outcome in outcomes] == [type(None), DuplicateKey, type(None)]
    assert flows(storage) == ["A", "B"]


def test_commits_are_synchronous_whatever_the_server_says(url: str) -> None:
    name = make_url(url).database
    with administering() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    found = SqlStorage(url)
    with found.writer.connect() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
    found.close()


def test_a_connection_lost_before_the_commit_commits_nothing(storage: SqlStorage) -> None:
    storage.commit([journal("A")], epoch=None)
    end_sessions(storage, "holder-1")
    with pytest.raises(DatabaseUnavailable):
        storage.commit([journal("B"), journal("C")], epoch=None)
    assert storage.commit([journal("B"), journal("C")], epoch=None) == [None, None]
    assert flows(storage) == ["A", "B", "C"]


def test_a_lost_commit_that_happened_is_found(
    storage: SqlStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_connection_at_commit(storage, monkeypatch, lambda connection: connection.commit())
    assert storage.commit([journal("A"), journal("B")], epoch=None) == [None, None]
    assert flows(storage) == ["A", "B"]


def test_a_lost_commit_that_did_not_happen_may_be_repeated(
    storage: SqlStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_connection_at_commit(storage, monkeypatch, lambda connection: connection.rollback())
    with pytest.raises(DatabaseUnavailable) as caught:
        storage.commit([journal("A")], epoch=None)
    assert not isinstance(caught.value, CommitOutcomeUnknown)
    assert storage.commit([journal("A")], epoch=None) == [None]


def test_a_lost_commit_without_a_trace_stays_unknown(
    storage: SqlStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_connection_at_commit(storage, monkeypatch, lambda connection: connection.commit())
    batch = WriteBatch()
    batch.execute("UPDATE node_infos SET serial = serial + 1", {})
    with pytest.raises(CommitOutcomeUnknown):
        storage.commit([batch], epoch=None)


def test_a_commit_holds_the_lease_row_until_it_ends(storage: SqlStorage) -> None:
    lease = Lease(storage, QUICK)
    assert lease.try_acquire() == 1
    assert storage.commit([journal("A")], epoch=1) == [None]
    with pytest.raises(FencedException):
        storage.commit([journal("B")], epoch=2)
    assert flows(storage) == ["A"]


def test_the_standby_ends_the_sessions_of_a_silent_holder(storage: SqlStorage, url: str) -> None:
    silent = Lease(storage, QUICK)
    silent.try_acquire()
    stuck = _open_transaction(storage)
    other = SqlStorage(url, tag="holder-2")
    standby = Lease(other, QUICK)
    assert standby.try_acquire() is None
    assert standby.wait(threading.Event()) == 2
    with pytest.raises(FencedException):
        silent.renew()
    with pytest.raises(FencedException):
        storage.commit([journal("A")], epoch=1)
    assert other.commit([journal("B")], epoch=2) == [None]
    stuck.invalidate()
    stuck.close()
    other.close()


def _open_transaction(storage: SqlStorage) -> Connection:
    """What a process holds that was stopped in the middle of a commit."""
    connection = storage.writer.connect()
    connection.execute(select(schema.node_mutual_exclusion).with_for_update(read=True)).all()
    return connection


HOLDER = """
import os, sys, time
from corda_sim.node.lease import Lease, LeaseKeeper, LeaseSettings
from corda_sim.node.storage.database import SqlStorage
storage = SqlStorage(sys.argv[1], tag="stopped")
lease = Lease(storage, LeaseSettings(0.5, 0.1))
assert lease.try_acquire() == 1
LeaseKeeper(lease, lambda error: os._exit(7)).start()
print("held", flush=True)
time.sleep(60)
"""


def test_a_stopped_process_learns_within_a_second_of_waking(storage: SqlStorage, url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        os.kill(child.pid, signal.SIGSTOP)
        assert Lease(storage, QUICK).wait(threading.Event()) == 2
        os.kill(child.pid, signal.SIGCONT)
        assert child.wait(timeout=1) == 7


def test_the_keeper_outlives_a_lost_connection(storage: SqlStorage) -> None:
    fenced: list[FencedException] = []
    lease = Lease(storage, LeaseSettings(2, 0.1))
    lease.try_acquire()
    keeper = LeaseKeeper(lease, fenced.append)
    keeper.start()
    end_sessions(storage, "holder-1")
    time.sleep(0.5)
    keeper.stop()
    assert fenced == []
    assert Lease(storage, QUICK).try_acquire() == 2
