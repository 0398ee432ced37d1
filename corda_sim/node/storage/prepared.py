"""Statements in the form that the driver takes, so that a row costs no work of SQLAlchemy's."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from corda_sim.core.write_batch import Row
from corda_sim.node.storage.errors import StorageError

Convert = Callable[[Any], Any]


class Prepared:
    """A statement compiled once, with what turns its parameters into the driver's.

    Args:
        statement: an insert, update, delete or text.
        names: its parameters.
        dialect: of the database, after its first connection.
    """

    def __init__(self, statement: ClauseElement, names: Iterable[str], dialect: Dialect) -> None:
        keys = list(names)
        compiled: Any = statement.compile(dialect=dialect, column_keys=keys, for_executemany=True)
        self.sql: Final[str] = compiled.string
        self._positional = compiled.positiontup is not None
        self._names: Sequence[str] = compiled.positiontup or list(compiled.binds)
        self._read = _reader(self._names)
        self._escaped = [compiled.escaped_bind_names.get(name, name) for name in self._names]
        self._converted = list(_converters(compiled, dialect, self._names))

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Execute once for each row.

        Raises:
            StorageError: a row lacks a parameter, or has a value that its column can't hold.
            DBAPIError: the database refused it.
        """
        connection.exec_driver_sql(self.sql, self.driver_rows(rows))

    def driver_rows(self, rows: Sequence[Row]) -> Any:  # noqa: ANN401 - as the driver has it
        """The rows as the driver takes them: tuples in order, or mappings by name."""
        try:
            listed = list(map(self._values if self._converted else self._read, rows))
        except Exception as error:  # whatever a type's own conversion raises
            raise StorageError(f"{type(error).__name__}: {error}") from error
        if self._positional:
            return listed
        return [dict(zip(self._escaped, values, strict=True)) for values in listed]

    def _values(self, row: Row) -> tuple[object, ...]:
        values = list(self._read(row))
        for at, convert in self._converted:
            values[at] = convert(values[at])
        return tuple(values)


def _reader(names: Sequence[str]) -> Callable[[Row], tuple[object, ...]]:
    """What takes the values of `names` out of a row, in their order."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: tuple(row[name] for name in names)


def _converters(
    compiled: SQLCompiler, dialect: Dialect, names: Sequence[str]
) -> Iterable[tuple[int, Convert]]:
    for at, name in enumerate(names):
        kind: Any = compiled.binds[name].type
        convert = kind.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            yield at, convert
