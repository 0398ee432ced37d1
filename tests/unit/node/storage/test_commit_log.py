from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from corda_sim.core.write_batch import WriteBatch
from corda_sim.node.lease import Lease
from corda_sim.node.storage import commit_log, migrate, schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.errors import FencedException, StorageError


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[SqlStorage]:
    url = f"sqlite:///{tmp_path}/node.db"
    migrate.upgrade(url)
    found = SqlStorage(url)
    assert Lease(found).try_acquire() == 1
    yield found
    found.close()


def properties(*keys: str) -> list[WriteBatch]:
    found = []
    for key in keys:
        batch = WriteBatch()
        batch.insert("node_properties", {"property_key": key, "property_value": ""})
        found.append(batch)
    return found


def epochs(storage: SqlStorage) -> list[int]:
    table = schema.node_commit_log.c
    return [row.epoch for row in storage.read(select(table.epoch).order_by(table.sequence))]


def test_each_commit_has_one_row_however_many_steps_it_takes(storage: SqlStorage) -> None:
    storage.commit(properties("a", "b"), epoch=1)
    storage.commit(properties("c"), epoch=1)
    assert epochs(storage) == [1, 1]


def test_steps_tried_one_by_one_are_logged_once(storage: SqlStorage) -> None:
    outcomes = storage.commit(properties("a", "a", "b"), epoch=1)
    assert [outcome is None for outcome in outcomes] == [True, False, True]
    assert epochs(storage) == [1]


def test_a_commit_that_fails_is_not_logged(storage: SqlStorage) -> None:
    storage.commit(properties("a"), epoch=1)
    assert isinstance(storage.commit(properties("a"), epoch=1)[0], StorageError)
    assert len(epochs(storage)) == 1


@pytest.mark.parametrize("epoch", [0, 2])
def test_a_fenced_commit_leaves_nothing(storage: SqlStorage, epoch: int) -> None:
    with pytest.raises(FencedException):
        storage.commit(properties("a"), epoch=epoch)
    assert epochs(storage) == []
    assert storage.read(select(schema.node_properties)) == []


def test_without_a_lease_nothing_is_logged(storage: SqlStorage) -> None:
    storage.commit(properties("a"), epoch=None)
    assert epochs(storage) == []


def test_the_newest_rows_are_kept(storage: SqlStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    with storage.writer.begin() as connection:
        connection.execute(insert(schema.node_commit_log), [{"epoch": 1}] * 20)
    monkeypatch.setattr(commit_log, "KEPT_COMMITS", 5)
    monkeypatch.setattr(commit_log, "PRUNE_EVERY", 2)
    storage.commit(properties("a"), epoch=1)
    assert len(epochs(storage)) == 21
    storage.commit(properties("b"), epoch=1)
    assert len(epochs(storage)) == 5
