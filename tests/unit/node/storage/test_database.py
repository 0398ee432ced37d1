import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.exc import OperationalError

from corda_sim.core.write_batch import WriteBatch
from corda_sim.node.storage import migrate, schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.errors import (
    DatabaseUnavailable,
    DiskFull,
    DuplicateKey,
    FencedException,
    StorageError,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[SqlStorage]:
    url = f"sqlite:///{tmp_path}/node.db"
    migrate.upgrade(url)
    found = SqlStorage(url)
    yield found
    found.close()


def journal(flow: str, step: int = 0, data: bytes = b"x") -> WriteBatch:
    batch = WriteBatch()
    batch.insert("node_flow_journal", {"flow_id": flow, "step": step, "data": data})
    return batch


def flows(storage: SqlStorage) -> list[str]:
    query = select(schema.node_flow_journal.c.flow_id).order_by("flow_id")
    return [row.flow_id for row in storage.read(query)]


def properties(storage: SqlStorage) -> dict[str, str]:
    rows = storage.read(select(schema.node_properties))
    return {row.property_key: row.property_value for row in rows}


def test_all_batches_are_one_transaction(storage: SqlStorage, tmp_path: Path) -> None:
    assert storage.commit([journal("A"), journal("B")], epoch=None) == [None, None]
    assert flows(storage) == ["A", "B"]
    assert storage.commit([], epoch=None) == []
    with sqlite3.connect(tmp_path / "node.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    with storage.writer.connect() as found:
        assert found.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_failing_batch_is_left_out_as_a_whole(storage: SqlStorage) -> None:
    bad = journal("B")
    bad.extend(journal("A"))
    outcomes = storage.commit([journal("A"), bad, journal("C")], epoch=None)
    assert [type(outcome) for outcome in outcomes] == [type(None), DuplicateKey, type(None)]
    assert flows(storage) == ["A", "C"]
    [only] = storage.commit([journal("A")], epoch=None)
    assert isinstance(only, DuplicateKey)


def test_the_batch_after_a_failed_one_may_take_its_key(storage: SqlStorage) -> None:
    bad = journal("A", data=b"bad")
    bad.insert("node_flow_journal", {"flow_id": "Z", "step": 0, "data": None})
    outcomes = storage.commit([bad, journal("A", data=b"good")], epoch=None)
    assert isinstance(outcomes[0], StorageError)
    assert outcomes[1] is None
    assert storage.read(select(schema.node_flow_journal.c.data))[0].data == b"good"


@pytest.mark.parametrize("table", ["no_such_table", "node_properties"])
def test_a_programming_error_fails_only_its_batch(storage: SqlStorage, table: str) -> None:
    bad = WriteBatch()
    bad.insert(table, {"no_such_column": 1})
    outcomes = storage.commit([journal("A"), bad], epoch=None)
    assert outcomes[0] is None
    assert isinstance(outcomes[1], StorageError)
    assert flows(storage) == ["A"]


def test_every_kind_of_operation_in_order(storage: SqlStorage) -> None:
    batch = WriteBatch()
    key = ("property_key",)
    batch.insert("node_properties", {"property_key": "a", "property_value": "1"})
    batch.insert_ignore("node_properties", {"property_key": "a", "property_value": "2"})
    batch.upsert("node_properties", key, {"property_key": "b", "property_value": "1"})
    batch.upsert("node_properties", key, {"property_key": "b", "property_value": "2"})
    batch.insert("node_properties", {"property_key": "c", "property_value": None})
    batch.update("node_properties", {"property_value": None}, {"property_value": "was null"})
    batch.insert("node_properties", {"property_key": "d", "property_value": "1"})
    batch.delete("node_properties", {"property_key": "d"})
    batch.execute(
        "UPDATE node_properties SET property_value = :v WHERE property_key = :k",
        {"k": "a", "v": "raw"},
    )
    assert storage.commit([batch], epoch=None) == [None]
    assert properties(storage) == {"a": "raw", "b": "2", "c": "was null"}


def test_a_change_without_key_is_refused(storage: SqlStorage) -> None:
    batch = WriteBatch()
    batch.delete("node_properties", {})
    [outcome] = storage.commit([batch], epoch=None)
    assert "every row" in str(outcome)


def test_instants_come_back_in_utc_also_from_reflected_tables_and_raw_sql(
    storage: SqlStorage,
) -> None:
    batch = WriteBatch()
    batch.execute("CREATE TABLE bonds (id VARCHAR(9) PRIMARY KEY, due TIMESTAMP)", {})
    assert storage.commit([batch], epoch=None) == [None]
    rows = WriteBatch()
    rows.insert("bonds", {"id": "1", "due": NOW})
    rows.execute("INSERT INTO bonds VALUES (:id, :due)", {"id": "2", "due": NOW})
    rows.insert("node_message_ids", {"message_id": "m", "insertion_time": NOW})
    assert storage.commit([rows], epoch=None) == [None]
    bonds = storage.table("bonds")
    assert [row.due for row in storage.read(select(bonds))] == [NOW, NOW]
    assert storage.read(select(schema.node_message_ids.c.insertion_time)) == [(NOW,)]


def test_a_naive_instant_is_refused(storage: SqlStorage) -> None:
    batch = WriteBatch()
    naive = NOW.replace(tzinfo=None)
    batch.insert("node_message_ids", {"message_id": "m", "insertion_time": naive})
    [outcome] = storage.commit([batch], epoch=None)
    assert isinstance(outcome, StorageError)


def test_without_its_epoch_nothing_is_committed(storage: SqlStorage) -> None:
    with pytest.raises(FencedException):
        storage.commit([journal("A")], epoch=1)
    assert flows(storage) == []


def test_a_locked_database_is_unavailable_and_may_be_tried_again(
    storage: SqlStorage, tmp_path: Path
) -> None:
    with storage.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "node.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable):
        storage.commit([journal("A"), journal("B")], epoch=None)
    assert flows(storage) == []
    other.execute("ROLLBACK")
    other.close()
    assert storage.commit([journal("A"), journal("B")], epoch=None) == [None, None]


def test_a_full_disk_commits_nothing(storage: SqlStorage) -> None:
    with storage.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFull):
        storage.commit([journal("A", data=b"x" * 100_000), journal("B")], epoch=None)
    assert flows(storage) == []


def test_readers_see_only_what_is_committed(storage: SqlStorage) -> None:
    with storage.writer.begin() as connection:
        connection.execute(schema.node_properties.insert(), {"property_key": "a"})
        assert properties(storage) == {}
    assert properties(storage) == {"a": None}


def test_streaming_yields_every_row(storage: SqlStorage) -> None:
    batch = WriteBatch()
    for step in range(1_250):
        batch.extend(journal("A", step))
    storage.commit([batch], epoch=None)
    query = select(schema.node_flow_journal.c.step).order_by("step")
    assert [row.step for row in storage.stream(query, rows=100)] == list(range(1_250))
    with pytest.raises(StorageError):
        storage.read(select(func.no_such_function()))


def test_the_account_view_joins_states_and_keys(storage: SqlStorage) -> None:
    batch = WriteBatch()
    ref = {"transaction_id": "T", "output_index": 0}
    batch.insert("state_party", {**ref, "public_key_hash": "K", "x500_name": None})
    batch.insert("pk_hash_to_ext_id_map", {"public_key_hash": "K", "external_id": "alice"})
    storage.commit([batch], epoch=None)
    assert storage.read(select(schema.v_pkey_hash_ex_id_map)) == [("T", 0, "K", "alice")]


CRASHING = """
import sys
from corda_sim.core.write_batch import WriteBatch
from corda_sim.node.storage.database import SqlStorage
storage = SqlStorage(sys.argv[1])
for flow in "AB":
    batch = WriteBatch()
    batch.insert("node_flow_journal", {"flow_id": flow, "step": 0, "data": b""})
    storage.commit([batch], epoch=None)
"""


@pytest.mark.parametrize(
    ("point", "survivors"), [("before_commit:2", ["A"]), ("after_commit:2", ["A", "B"])]
)
def test_a_crash_around_the_commit(
    storage: SqlStorage, point: str, survivors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDA_SIM_CRASH", point)
    url = str(storage.writer.url)
    assert subprocess.run([sys.executable, "-c", CRASHING, url], check=False).returncode == -9
    assert flows(storage) == survivors


class AwayFor:
    """An engine's `connect` that fails a number of times."""

    def __init__(self, storage: SqlStorage, times: int) -> None:
        self.times, self._connect = times, storage.queries.connect

    def __call__(self) -> Connection:
        if self.times:
            self.times -= 1
            lost = sqlite3.OperationalError("away")
            raise OperationalError("BEGIN", None, lost, connection_invalidated=True)
        return self._connect()


def test_a_read_waits_for_a_database_that_comes_back(
    storage: SqlStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient, waits = SqlStorage(str(storage.writer.url), patience_seconds=60), list[float]()
    away = AwayFor(patient, 3)
    monkeypatch.setattr(patient.queries, "connect", away)
    monkeypatch.setattr("corda_sim.node.storage.database.time.sleep", waits.append)
    assert flows(patient) == []
    assert (away.times, len(waits)) == (0, 3)
    patient.close()


def test_without_patience_a_read_says_at_once_that_the_database_is_away(
    storage: SqlStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = AwayFor(storage, 2)
    monkeypatch.setattr(storage.queries, "connect", away)
    with pytest.raises(DatabaseUnavailable):
        flows(storage)
    assert away.times == 1


def test_patience_is_for_an_absent_database_alone(storage: SqlStorage) -> None:
    patient = SqlStorage(str(storage.writer.url), patience_seconds=60)
    with pytest.raises(StorageError, match="no such table"):
        patient.read(select(text("1")).select_from(text("nowhere")))
    patient.close()


def begun(storage: SqlStorage) -> list[str]:
    """The BEGINs from now on."""
    found: list[str] = []

    def note(_c: object, _cursor: object, sql: str, *_: object) -> None:
        if sql.startswith("BEGIN"):
            found.append(sql)

    for engine in (storage.reader, storage.queries, storage.writer):
        event.listen(engine, "before_cursor_execute", note)
    return found


def test_one_query_needs_no_transaction_and_several_share_one(storage: SqlStorage) -> None:
    seen = begun(storage)
    assert flows(storage) == []
    assert seen == []
    list(storage.stream(select(schema.node_flow_journal.c.flow_id)))
    assert seen == ["BEGIN"]


def test_a_read_sees_each_commit_and_leaves_nothing_open(storage: SqlStorage) -> None:
    for number, flow in enumerate("AB"):
        assert flows(storage) == ["A"][:number]
        assert storage.commit([journal(flow)], epoch=None) == [None]
    with storage.queries.connect() as connection:
        driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        assert not driver.in_transaction
    assert flows(storage) == ["A", "B"]
