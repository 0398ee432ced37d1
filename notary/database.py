"""Engines for the notary's own database, and which of its errors are worth another attempt."""

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from corda_sim.local.databases import with_driver

LOCK_TIMEOUT_SECONDS = 30
_RETRIED_SQLSTATES = frozenset({"40001", "40P01"})


def open_engine(url: str) -> Engine:
    """An engine whose transactions are serializable: BEGIN IMMEDIATE on SQLite, SSI elsewhere."""
    parsed = with_driver(make_url(url))
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed, connect_args={"timeout": LOCK_TIMEOUT_SECONDS}, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        parsed, isolation_level="SERIALIZABLE", pool_pre_ping=True, hide_parameters=True
    )


def _prepare_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # we send BEGIN ourselves
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("notary_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def is_worth_retrying(error: DBAPIError) -> bool:
    """Whether another worker won a key, serialization failed, a lock or the connection was lost."""
    if isinstance(error, IntegrityError) or error.connection_invalidated:
        return True
    return isinstance(error, OperationalError) or (
        getattr(error.orig, "sqlstate", None) in _RETRIED_SQLSTATES
    )
