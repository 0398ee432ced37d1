import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corda_sim.core.write_batch import WriteBatch
from corda_sim.node.lease import Lease, LeaseKeeper, LeaseSettings
from corda_sim.node.processes import ProcessIdentity, boot_id
from corda_sim.node.storage import migrate
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.errors import FencedException

QUICK = LeaseSettings(lease_seconds=0.4, renew_seconds=0.05)

HOLDER = """
import sys, time
from corda_sim.core.write_batch import WriteBatch
from corda_sim.node.lease import Lease, LeaseKeeper, LeaseSettings
from corda_sim.node.storage.database import SqlStorage
storage = SqlStorage(sys.argv[1], tag="holder")
lease = Lease(storage, LeaseSettings(0.4, 0.05))
assert lease.try_acquire() is not None
LeaseKeeper(lease, lambda error: None).start()
if sys.argv[2] == "locked":
    connection = storage.writer.connect()
    connection.begin()
print(lease.epoch, flush=True)
time.sleep(60)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = f"sqlite:///{tmp_path}/node.db"
    migrate.upgrade(found)
    return found


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    found = SqlStorage(url)
    yield found
    found.close()


def start_holder(url: str, mode: str = "free") -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url, mode], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip().isdigit()
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.wait()
    assert child.stdout is not None
    child.stdout.close()


def step() -> WriteBatch:
    batch = WriteBatch()
    batch.upsert("node_properties", ("property_key",), {"property_key": "a"})
    return batch


def test_one_holder_at_a_time_and_epochs_rise(storage: SqlStorage) -> None:
    first, second = Lease(storage, QUICK), Lease(storage, QUICK)
    assert first.try_acquire() == 1
    assert storage.commit([step()], epoch=first.epoch) == [None]
    assert second.try_acquire() is None
    first.renew()
    first.release()
    with pytest.raises(FencedException):
        _ = first.epoch
    assert second.try_acquire() == 2
    assert storage.commit([step()], epoch=second.epoch) == [None]


def test_a_silent_holder_is_succeeded_and_fenced(storage: SqlStorage) -> None:
    silent, standby = Lease(storage, QUICK), Lease(storage, QUICK)
    silent.try_acquire()
    stale = silent.epoch
    assert standby.wait(threading.Event()) == 2
    with pytest.raises(FencedException):
        storage.commit([step()], epoch=stale)
    with pytest.raises(FencedException):
        silent.renew()
    standby.renew()


def test_waiting_ends_when_asked_to(storage: SqlStorage) -> None:
    holder, stop = Lease(storage, LeaseSettings()), threading.Event()
    holder.try_acquire()
    stop.set()
    assert Lease(storage, QUICK).wait(stop) is None


def test_the_keeper_renews_and_reports_the_fence_once(storage: SqlStorage) -> None:
    fenced: list[FencedException] = []
    known = threading.Event()
    lease = Lease(storage, QUICK)
    lease.try_acquire()

    def leave(error: FencedException) -> None:
        fenced.append(error)
        known.set()

    keeper = LeaseKeeper(lease, leave)
    keeper.start()
    time.sleep(3 * QUICK.lease_seconds)
    assert Lease(storage, QUICK).try_acquire() is None
    with storage.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE node_mutual_exclusion SET version = 9")
    assert known.wait(1)
    keeper.stop()
    assert len(fenced) == 1


def test_a_living_holder_elsewhere_is_waited_for_a_dead_one_is_not(
    url: str, storage: SqlStorage
) -> None:
    child = start_holder(url)
    standby = Lease(storage, LeaseSettings())
    assert standby.try_acquire() is None
    end(child)
    assert standby.try_acquire() == 2


def test_a_stopped_holder_with_the_write_lock_is_killed_first(
    url: str, storage: SqlStorage
) -> None:
    child = start_holder(url, "locked")
    os.kill(child.pid, signal.SIGSTOP)
    started = time.monotonic()
    assert Lease(storage, QUICK).wait(threading.Event()) == 2
    assert time.monotonic() - started < 2
    assert child.wait(timeout=1) == -signal.SIGKILL
    end(child)


def test_a_holder_of_an_earlier_boot_holds_nothing(storage: SqlStorage, tmp_path: Path) -> None:
    Lease(storage).try_acquire()
    with sqlite3.connect(tmp_path / "node.db") as connection:
        connection.execute("UPDATE node_mutual_exclusion SET boot_id = 'earlier', pid = 1")
    connection.close()
    assert Lease(storage).try_acquire() == 2


def test_a_reused_pid_is_not_the_recorded_process() -> None:
    child = subprocess.Popen(["sleep", "60"])
    reused = ProcessIdentity("here", boot_id(), child.pid, 1)
    assert not reused.is_alive()
    assert reused.kill()
    assert child.poll() is None
    child.kill()
    child.wait()


def test_a_process_never_kills_itself() -> None:
    assert not ProcessIdentity.own().kill()
