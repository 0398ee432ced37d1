"""What became of a commit whose connection was lost: the rows that it inserted tell."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, literal, select, table, text
from sqlalchemy.exc import DBAPIError

from corda_sim.core.write_batch import Delete, Execute, Insert, Op, Row
from corda_sim.node.storage.errors import CommitOutcomeUnknown, DatabaseUnavailable, translate
from corda_sim.node.storage.statements import Tables, key_matches

_RETRY_SECONDS: Final = 0.1
# The rows that every step of a flow writes, and that nothing else deletes with the same step.
_JOURNAL_TABLES: Final = ("node_flow_journal", "node_flow_messages", "node_message_ids")


def backend_pid(connection: Connection) -> int | None:
    """The PostgreSQL session behind a connection; None on SQLite."""
    if connection.dialect.name != "postgresql":
        return None
    driver: Any = connection.connection.driver_connection
    return int(driver.info.backend_pid)


def outcome_is_unknown(error: DBAPIError, connection: Connection) -> bool:
    """Whether a failed COMMIT may nevertheless have happened: only a lost server can't say."""
    if connection.dialect.name != "postgresql":
        return False
    return error.connection_invalidated or isinstance(translate(error), DatabaseUnavailable)


class Settler:
    """Decides commits of unknown outcome."""

    def __init__(self, engine: Engine, tables: Tables, tag: str, seconds: float) -> None:
        self._engine, self._tables, self._tag, self._seconds = engine, tables, tag, seconds

    def was_committed(self, ops: Sequence[Op], pid: int | None) -> bool:
        """Whether the transaction that did `ops` over session `pid` is in the database.

        Raises:
            CommitOutcomeUnknown: the database didn't answer in time, or `ops` leave no trace by
                which to tell and can't be repeated.
        """
        probe = next(self._probes(ops), None)
        if probe is None:
            if any(isinstance(op, Execute | Insert) for op in ops):
                raise CommitOutcomeUnknown("the lost commit inserted no row with a known key")
            return False  # what remains has the same effect when done again
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                return self._ask(probe, pid, deadline)
            except DBAPIError as error:
                if time.monotonic() > deadline:
                    raise CommitOutcomeUnknown(f"{error.orig}") from error
                time.sleep(_RETRY_SECONDS)

    def _probes(self, ops: Sequence[Op]) -> Iterator[Insert]:
        deleted = {op.table for op in ops if isinstance(op, Delete)}
        inserts = [op for op in ops if isinstance(op, Insert) and self._has_key(op.table, op.row)]
        inserts.sort(key=lambda op: op.table not in _JOURNAL_TABLES)
        return (op for op in inserts if op.table not in deleted)

    def _has_key(self, table_name: str, row: Row) -> bool:
        return all(name in row for name in self._tables.keys[table_name].primary_key)

    def _ask(self, probe: Insert, pid: int | None, deadline: float) -> bool:
        with self._engine.connect() as connection:
            if pid is not None:
                self._wait_for_end(connection, pid, deadline)
            target = self._tables[probe.table]
            found = select(literal(1)).select_from(target).where(key_matches(target, probe.row))
            return connection.execute(found).first() is not None

    def _wait_for_end(self, connection: Connection, pid: int, deadline: float) -> None:
        """End the lost session: it may be committing, and its rows can't be seen until then."""
        sessions = table("pg_stat_activity")
        ours = text("pid = :pid AND application_name = :tag AND pid <> pg_backend_pid()")
        end = select(func.pg_terminate_backend(text(":pid"))).select_from(sessions).where(ours)
        while connection.execute(end, {"pid": pid, "tag": self._tag}).first() is not None:
            connection.rollback()
            if time.monotonic() > deadline:
                raise CommitOutcomeUnknown(f"PostgreSQL session {pid} doesn't end")
            time.sleep(_RETRY_SECONDS)
        connection.rollback()
