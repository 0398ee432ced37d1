"""The one writer of a node's database, and the seam through which everything else reads it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, Row, Select, Table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from corda_sim.core.write_batch import Execute, Op, WriteBatch
from corda_sim.node import crash
from corda_sim.node.crash import CrashPoint
from corda_sim.node.storage.commit_log import CommitLog
from corda_sim.node.storage.engine import open_engine
from corda_sim.node.storage.errors import (
    DatabaseUnavailable,
    DiskFull,
    FencedException,
    StorageError,
    translate,
)
from corda_sim.node.storage.grouping import group_ops
from corda_sim.node.storage.schema import metadata as node_metadata
from corda_sim.node.storage.settle import Settler, backend_pid, outcome_is_unknown
from corda_sim.node.storage.statements import Statements, Tables

__all__ = ["SqlStorage", "open_engine"]

_STREAM_ROWS: Final = 500
_RETRY_SECONDS: Final = 0.1

Outcomes = list[Exception | None]
Apply = Callable[[Connection, Sequence[WriteBatch]], Outcomes]


class SqlStorage:
    """Applies `WriteBatch`es to SQLite or PostgreSQL, many in one transaction.

    `commit` is for one caller at a time (the committer); `read` and `stream` are for any thread.

    Args:
        url: `sqlite:///FILE` or `postgresql://…`.
        tag: PostgreSQL's `application_name` of its sessions; unique to this process, so that a
            successor can end them.
        metadata: the tables known by declaration; others are read from the database.
        settle_seconds: how long a commit of unknown outcome waits for the database's answer.
        patience_seconds: how long a read waits for a database that is away. A node gives it
            time to come back: its engine can't leave off in the middle of what it was told.

    Raises:
        CouldNotCreateDataSourceException: the URL can't be used.
    """

    def __init__(
        self,
        url: str,
        *,
        tag: str = "corda-sim",
        metadata: MetaData = node_metadata,
        settle_seconds: float = 30.0,
        patience_seconds: float = 0.0,
    ) -> None:
        self.tag, self._patience = tag, patience_seconds
        self.writer: Engine = open_engine(url, mode="write", tag=tag)
        self.reader: Engine = open_engine(url, mode="read", tag=tag)
        self.queries: Engine = open_engine(url, mode="query", tag=tag)
        self._tables = Tables(metadata)
        self._statements = Statements(self._tables, self.writer.dialect)
        self._log = CommitLog()
        self._settler = Settler(self.writer, self._tables, tag, settle_seconds)

    def close(self) -> None:
        """Give all connections back."""
        self.writer.dispose()
        self.reader.dispose()
        self.queries.dispose()

    def commit(self, batches: Sequence[WriteBatch], *, epoch: int | None) -> Outcomes:
        """Commit all batches in one transaction; those that fail are left out, each as a whole.

        Args:
            batches: rows of one step each, in order.
            epoch: the epoch of the lease under which they are committed; None checks no lease.

        Returns:
            For each batch None when it is durable, else why none of it is.

        Raises:
            FencedException: the lease has another epoch; nothing was committed.
            DatabaseUnavailable: nothing was committed, the same call may be made again.
            CommitOutcomeUnknown: it may or may not be committed; the process must end.
            DiskFull: nothing was committed.
        """
        if not batches:
            return []
        try:
            return self._transact(batches, epoch, self._apply_together)
        except (FencedException, DatabaseUnavailable, DiskFull):
            raise
        except StorageError as error:
            if len(batches) == 1:
                return [error]
        return self._transact(batches, epoch, self._apply_one_by_one)

    def read(
        self, statement: Select[Any], params: Mapping[str, object] | None = None
    ) -> list[Row[Any]]:
        """The rows of a query over committed data, on a connection of its own.

        Raises:
            DatabaseUnavailable: the database can't be reached, and wasn't for all our patience.
            StorageError: it refused the query.
        """
        give_up = time.monotonic() + self._patience
        while True:
            try:
                with _translated(), self.queries.connect() as connection:
                    return list(connection.execute(statement, params or {}))
            except DatabaseUnavailable:
                if time.monotonic() >= give_up:
                    raise
                time.sleep(_RETRY_SECONDS)

    def stream(self, statement: Select[Any], *, rows: int = _STREAM_ROWS) -> Iterator[Row[Any]]:
        """The rows of a query one after the other, `rows` of them in memory at a time.

        Raises:
            DatabaseUnavailable: the database can't be reached.
            StorageError: it refused the query.
        """
        with _translated(), self.reader.connect() as connection:
            yield from connection.execution_options(yield_per=rows).execute(statement)

    def table(self, name: str) -> Table:
        """The table `name`, for queries over the tables of CorDapps.

        Raises:
            StorageError: the database has no such table.
        """
        with _translated(), self.reader.connect() as connection:
            self._tables.load(connection, [name])
        return self._tables[name]

    def _transact(self, batches: Sequence[WriteBatch], epoch: int | None, apply: Apply) -> Outcomes:
        with _translated(), self.writer.connect() as connection:
            if epoch is not None:
                self._log.append(connection, epoch)
            outcomes = apply(connection, batches)
            crash.hit(CrashPoint.BEFORE_COMMIT)
            self._commit(connection, _succeeded(batches, outcomes))
        crash.hit(CrashPoint.AFTER_COMMIT)
        return outcomes

    def _commit(self, connection: Connection, ops: Sequence[Op]) -> None:
        pid = backend_pid(connection)
        try:
            connection.commit()
        except DBAPIError as error:
            if not outcome_is_unknown(error, connection):
                raise
            if not self._settler.was_committed(ops, pid):
                raise DatabaseUnavailable(f"{error.orig}") from error

    def _apply_together(self, connection: Connection, batches: Sequence[WriteBatch]) -> Outcomes:
        self._apply(connection, [op for batch in batches for op in batch.ops])
        return [None] * len(batches)

    def _apply_one_by_one(self, connection: Connection, batches: Sequence[WriteBatch]) -> Outcomes:
        return [self._apply_in_savepoint(connection, batch) for batch in batches]

    def _apply_in_savepoint(self, connection: Connection, batch: WriteBatch) -> Exception | None:
        savepoint = connection.begin_nested()
        try:
            self._apply(connection, batch.ops)
        except (DatabaseUnavailable, DiskFull):
            raise
        except StorageError as error:
            savepoint.rollback()
            return error
        savepoint.commit()
        return None

    def _apply(self, connection: Connection, ops: Sequence[Op]) -> None:
        with _translated():
            self._tables.load(connection, _table_names(ops))
            for group in group_ops(ops, self._tables.keys):
                self._statements.for_group(group).execute(connection, group.params)


def _table_names(ops: Sequence[Op]) -> set[str]:
    return {op.table for op in ops if not isinstance(op, Execute)}


def _succeeded(batches: Sequence[WriteBatch], outcomes: Outcomes) -> list[Op]:
    pairs = zip(batches, outcomes, strict=True)
    return [op for batch, outcome in pairs if outcome is None for op in batch.ops]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise translate(error) from error
    except SQLAlchemyError as error:
        raise StorageError(f"{error}") from error
