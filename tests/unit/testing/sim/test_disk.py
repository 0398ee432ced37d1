"""Simulated disks: what is on them, what a crash leaves, and what they do wrong when told to."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from corda_sim.core.write_batch import WriteBatch
from corda_sim.node import crash
from corda_sim.node.crash import CrashPlan, CrashPoint
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import Outcomes
from corda_sim.node.storage.errors import CommitOutcomeUnknown, DatabaseUnavailable
from corda_sim.node.storage.migrate import upgrade
from corda_sim.testing.sim.disk import SimDisk
from corda_sim.testing.sim.process import Killed


@pytest.fixture(scope="module")
def made() -> SimDisk:
    disk = SimDisk("test-disk")
    upgrade(disk.url, ("node",))
    return disk


@pytest.fixture
def disk(made: SimDisk) -> SimDisk:
    made.storage.renew(lambda _batches, _outcomes: None)
    made.storage.commit([_delete(key) for key in kept(made)], epoch=None)
    made.storage.renew(lambda _batches, _outcomes: None)
    return made


def kept(disk: SimDisk) -> list[str]:
    key = schema.node_properties.c.property_key
    return [row[0] for row in disk.storage.read(select(key).order_by(key))]


def _row(key: str) -> WriteBatch:
    batch = WriteBatch()
    batch.insert("node_properties", {"property_key": key, "property_value": "x"})
    return batch


def _delete(key: str) -> WriteBatch:
    batch = WriteBatch()
    batch.delete("node_properties", {"property_key": key})
    return batch


def test_what_is_committed_is_there(disk: SimDisk) -> None:
    assert disk.storage.commit([_row("a"), _row("b")], epoch=None) == [None, None]
    assert kept(disk) == ["a", "b"]


class KillsAt(CrashPlan):
    """Interrupts the commit at one point."""

    def __init__(self, point: CrashPoint) -> None:
        super().__init__(())
        self.point = point

    def hit(self, point: CrashPoint) -> None:
        if point is self.point:
            raise Killed(str(point))


@pytest.mark.parametrize(
    ("point", "left"), [(CrashPoint.BEFORE_COMMIT, []), (CrashPoint.AFTER_COMMIT, ["a"])]
)
def test_a_crash_loses_the_open_transaction_alone(
    disk: SimDisk, point: CrashPoint, left: list[str]
) -> None:
    crash.watch(KillsAt(point))
    try:
        with pytest.raises(Killed):
            disk.storage.commit([_row("a")], epoch=None)
    finally:
        crash.watch(None)

    assert kept(disk) == left
    assert disk.storage.commit([_row("b")], epoch=None) == [None]


@pytest.mark.parametrize(("happens", "left"), [(False, []), (True, ["a"])])
def test_a_lost_answer_leaves_the_outcome_open(
    disk: SimDisk, happens: bool, left: list[str]
) -> None:
    disk.storage.faults.lost_answers[1] = happens

    with pytest.raises(CommitOutcomeUnknown):
        disk.storage.commit([_row("a")], epoch=None)

    assert kept(disk) == left
    assert disk.storage.commit([_row("b")], epoch=None) == [None]


def test_a_database_that_is_away_commits_nothing(disk: SimDisk) -> None:
    disk.storage.faults.unavailable = True
    with pytest.raises(DatabaseUnavailable):
        disk.storage.commit([_row("a")], epoch=None)

    disk.storage.faults.unavailable = False

    assert kept(disk) == []


def test_an_image_is_put_back_whole(disk: SimDisk) -> None:
    disk.storage.commit([_row("a")], epoch=None)
    image = disk.image()
    disk.storage.commit([_row("b"), _delete("a")], epoch=None)

    disk.load(image)

    assert kept(disk) == ["a"]


def test_an_observer_sees_what_was_committed(disk: SimDisk) -> None:
    seen: list[Outcomes] = []

    def observe(batches: Sequence[WriteBatch], outcomes: Outcomes) -> None:
        assert len(batches) == len(outcomes)
        seen.append(outcomes)

    disk.storage.renew(observe)
    disk.storage.commit([_row("a")], epoch=None)
    disk.storage.commit([_row("a"), _row("b")], epoch=None)

    assert [[error is None for error in outcomes] for outcomes in seen] == [[True], [False, True]]
