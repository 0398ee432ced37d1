"""The engines of the notary's database, and which errors another attempt may mend."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from notary.database import is_worth_retrying, open_engine


class Lost(Exception):
    """A driver's error with a code of PostgreSQL's."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (IntegrityError("INSERT", {}, Exception("duplicate key")), True),
        (OperationalError("COMMIT", {}, Exception("database is locked")), True),
        (DBAPIError("COMMIT", {}, Lost("40001")), True),
        (DBAPIError("COMMIT", {}, Lost("40P01")), True),
        (DBAPIError("COMMIT", {}, Lost("08006"), connection_invalidated=True), True),
        (ProgrammingError("INSERT", {}, Lost("42501")), False),
        (DBAPIError("INSERT", {}, Lost("53100")), False),
        (DBAPIError("INSERT", {}, Exception("no code at all")), False),
    ],
    ids=[
        "key won by another",
        "locked",
        "serialization",
        "deadlock",
        "connection lost",
        "no right",
        "disk full",
        "unknown",
    ],
)
def test_what_is_worth_another_attempt(error: DBAPIError, expected: bool) -> None:
    assert is_worth_retrying(error) is expected


@pytest.fixture
def location(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'notary.db'}"


def test_sqlite_is_durable_and_readers_do_not_wait(location: str) -> None:
    engine = open_engine(location)
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
    engine.dispose()


def test_a_transaction_takes_the_write_lock_at_its_start(location: str) -> None:
    engine, other = open_engine(location), open_engine(location)
    with engine.begin(), other.connect() as second:
        second.connection.driver_connection.execute("PRAGMA busy_timeout = 0")  # type: ignore[union-attr]
        with pytest.raises(OperationalError, match="locked"):
            second.execute(text("SELECT 1"))
    engine.dispose()
    other.dispose()


def test_a_reader_gets_by_a_writer(location: str) -> None:
    engine, other = open_engine(location), open_engine(location)
    with engine.begin() as writer:
        writer.execute(text("CREATE TABLE t (x int)"))
    with engine.begin() as writer:
        writer.execute(text("INSERT INTO t VALUES (1)"))
        with other.connect().execution_options(notary_read_only=True) as reader:
            assert reader.execute(text("SELECT count(*) FROM t")).scalar() == 0
    engine.dispose()
    other.dispose()


def test_a_postgresql_url_gets_our_driver_and_serializable_transactions() -> None:
    engine = open_engine("postgresql://u:p@h/d")
    assert engine.url.drivername == "postgresql+psycopg"
    assert engine.dialect._on_connect_isolation_level == "SERIALIZABLE"
    assert engine.pool._pre_ping
