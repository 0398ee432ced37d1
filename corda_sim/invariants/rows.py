"""Reading rows at one moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Select
from sqlalchemy.exc import DBAPIError

from corda_sim.node.storage.engine import open_engine
from corda_sim.node.storage.errors import translate

_ROWS_AT_ONCE: Final = 500


@contextmanager
def snapshot(url: str) -> Iterator[Connection]:
    """A connection that sees one moment of the database. Raises StorageError."""
    engine = open_engine(url, mode="read", tag="corda-sim check")
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise translate(error) from error
    finally:
        engine.dispose()


def rows_of(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    """The rows, few of them in memory at a time."""
    yield from connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(statement)
