"""The lease on a node's database: one process commits, another waits as cold standby.

The row of `node_mutual_exclusion` (Corda Enterprise's table) names the holder and its epoch, which
rises with every holder; every commit demands its own epoch (`SqlStorage.commit`), so a process that
was stopped past its lease commits nothing once another took over.

Time is the database's on PostgreSQL. SQLite serves one machine: there it is the boot-time clock,
and the recorded process is killed first, because a stopped one may hold the write lock.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, literal_column, select, text, update
from sqlalchemy.exc import DBAPIError

from corda_sim.node.processes import ProcessIdentity, boot_clock
from corda_sim.node.storage.commit_log import MUTUAL_EXCLUSION_ID
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.errors import (
    DatabaseUnavailable,
    DuplicateKey,
    FencedException,
    StorageError,
    translate,
)
from corda_sim.node.storage.schema import node_mutual_exclusion as lease_row

LEASE_SECONDS: Final = 2.0
RENEW_SECONDS: Final = 0.5
_LOCK_TIMEOUT_MILLIS: Final = 2_000
_RETRY_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class LeaseSettings:
    """How long a holder may be silent and how often it renews, in seconds.

    Corda Enterprise's waitInterval and updateInterval.
    """

    lease_seconds: float = LEASE_SECONDS
    renew_seconds: float = RENEW_SECONDS


@dataclass(frozen=True, slots=True)
class LeaseHost:
    """The machine that a lease's process runs on: its clock (seconds) and its processes."""

    clock: Callable[[], float] = boot_clock
    own: Callable[[], ProcessIdentity] = ProcessIdentity.own
    identify: Callable[[str, str, int, int], ProcessIdentity] = ProcessIdentity


class Lease:
    """This process's claim on the database; its methods block, one thread at a time calls them."""

    def __init__(
        self,
        storage: SqlStorage,
        settings: LeaseSettings | None = None,
        *,
        host: LeaseHost | None = None,
    ) -> None:
        self.settings = settings or LeaseSettings()
        self._storage = storage
        self._postgresql = storage.writer.dialect.name == "postgresql"
        self._host = host or LeaseHost()
        self._me = self._host.own()
        self._epoch: int | None = None

    @property
    def epoch(self) -> int:
        """The epoch under which this process commits.

        Raises:
            FencedException: it holds no lease.
        """
        if self._epoch is None:
            raise FencedException("this process holds no lease")
        return self._epoch

    def try_acquire(self) -> int | None:
        """Take the lease if it is free, expired, or its holder is dead; the new epoch, or None.

        Raises:
            DatabaseUnavailable: the database can't be reached.
        """
        try:
            self._epoch = self._try_acquire()
        except DBAPIError as error:
            failure = translate(error)
            if isinstance(failure, DuplicateKey):
                return None  # two processes made the first row: the other one won
            raise failure from error
        return self._epoch

    def wait(self, stop: threading.Event) -> int | None:
        """Wait as cold standby until the lease is ours; the epoch, or None when `stop` was set.

        An unreachable database is waited for as well.
        """
        while not stop.is_set():
            try:
                epoch = self.try_acquire()
            except DatabaseUnavailable:
                epoch = None
            if epoch is not None:
                return epoch
            stop.wait(self.settings.renew_seconds)
        return None

    def renew(self) -> None:
        """Say that this process lives.

        Raises:
            FencedException: another process took over.
            DatabaseUnavailable: the database can't be reached; it may be tried again.
        """
        epoch = self.epoch
        try:
            with self._storage.writer.begin() as connection:
                self._bound_waiting(connection)
                found = connection.execute(
                    update(lease_row)
                    .where(_is_row(), lease_row.c.version == epoch)
                    .values(mutual_exclusion_timestamp=self._now(), boot_clock=self._host.clock())
                ).rowcount
        except DBAPIError as error:
            raise translate(error) from error
        if not found:
            self._epoch = None
            raise FencedException(f"another process took the lease over from epoch {epoch}")

    def release(self) -> None:
        """Let a standby take over at once; nothing may be committed afterwards.

        Raises:
            DatabaseUnavailable: the database can't be reached; the lease will expire.
        """
        epoch, self._epoch = self._epoch, None
        if epoch is None:
            return
        try:
            with self._storage.writer.begin() as connection:
                connection.execute(
                    update(lease_row)
                    .where(_is_row(), lease_row.c.version == epoch)
                    .values(released=True)
                )
        except DBAPIError as error:
            raise translate(error) from error

    def _try_acquire(self) -> int | None:
        with self._storage.reader.connect() as connection:
            seen = self._load(connection)
        if seen is None:
            return self._insert_first()
        if not self._is_free(seen):
            return None
        self._end_holder(seen)
        return self._take_over(seen.version)

    def _insert_first(self) -> int:
        with self._storage.writer.begin() as connection:
            connection.execute(
                insert(lease_row).values(
                    {"mutual_exclusion_id": MUTUAL_EXCLUSION_ID, "version": 1, **self._claim()}
                )
            )
        return 1

    def _take_over(self, seen_version: int) -> int | None:
        with self._storage.writer.begin() as connection:
            self._bound_waiting(connection)
            row = self._load(connection, lock=True)
            # The holder may have woken and renewed, or another standby been quicker.
            if row is None or row.version != seen_version or not self._is_free(row):
                return None
            connection.execute(
                update(lease_row).where(_is_row()).values(version=row.version + 1, **self._claim())
            )
            return int(row.version) + 1

    def _load(self, connection: Connection, *, lock: bool = False) -> Row[Any] | None:
        age = "EXTRACT(EPOCH FROM clock_timestamp() - mutual_exclusion_timestamp)"
        query = select(
            lease_row, literal_column(age if self._postgresql else "0").label("age")
        ).where(_is_row())
        return connection.execute(query.with_for_update() if lock else query).one_or_none()

    def _is_free(self, row: Row[Any]) -> bool:
        holder = self._holder(row)
        if row.released or (holder.on_this_boot() and not holder.is_alive()):
            return True
        if self._postgresql:
            return float(row.age) > self.settings.lease_seconds
        if _boot(holder) != _boot(self._me):
            return True  # SQLite serves one machine, and that was restarted
        return self._host.clock() - float(row.boot_clock) > self.settings.lease_seconds

    def _end_holder(self, row: Row[Any]) -> None:
        """Make the former holder let go of its locks; its epoch keeps it from committing anyway."""
        if not self._postgresql:
            if not row.released:
                self._holder(row).kill()
            return
        if row.backend_tag == self._storage.tag:
            return
        with self._storage.writer.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = :tag AND datname = current_database()"
                ),
                {"tag": row.backend_tag},
            )

    def _claim(self) -> dict[str, object]:
        return {
            "machine_name": self._me.machine_name,
            "pid": self._me.pid,
            "boot_id": self._me.boot_id,
            "start_time": self._me.start_time,
            "mutual_exclusion_timestamp": self._now(),
            "boot_clock": self._host.clock(),
            "backend_tag": self._storage.tag,
            "released": False,
        }

    def _holder(self, row: Row[Any]) -> ProcessIdentity:
        return self._host.identify(row.machine_name, row.boot_id, row.pid, row.start_time)

    def _now(self) -> object:
        # SQLite's is for the reader only: nothing compares it.
        return func.clock_timestamp() if self._postgresql else datetime.now(UTC)

    def _bound_waiting(self, connection: Connection) -> None:
        if self._postgresql:
            connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT_MILLIS}"))


class LeaseKeeper:
    """Renews a lease in a thread of its own, so that a busy loop never loses it.

    `on_fenced` is called once, from that thread, when another process took over: the process must
    leave at once.
    """

    def __init__(self, lease: Lease, on_fenced: Callable[[FencedException], None]) -> None:
        self._lease, self._on_fenced = lease, on_fenced
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self, *, release: bool = True) -> None:
        """End renewing and give the lease up.

        Raises:
            DatabaseUnavailable: the database can't be reached; the lease will expire.
        """
        self._stop.set()
        self._thread.join()
        if release:
            self._lease.release()

    def _run(self) -> None:
        pause = self._lease.settings.renew_seconds
        while not self._stop.wait(pause):
            pause = self._lease.settings.renew_seconds
            try:
                self._lease.renew()
            except FencedException as error:
                self._on_fenced(error)
                return
            except StorageError:
                # Nothing commits without the database either. A successor that ended our sessions
                # is learnt of by the next attempt, which therefore comes soon.
                pause = min(pause, _RETRY_SECONDS)


def _is_row() -> Any:  # noqa: ANN401
    return lease_row.c.mutual_exclusion_id == MUTUAL_EXCLUSION_ID


def _boot(process: ProcessIdentity) -> str:
    return process.boot_id.partition(" ")[0]
