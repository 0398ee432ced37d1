"""Statements for groups of rows, built once per shape; CorDapps' tables come by reflection."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypedDict

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    MetaData,
    Table,
    TextClause,
    UpdateBase,
    and_,
    bindparam,
    delete,
    event,
    insert,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import NoSuchTableError

from corda_sim.core.write_batch import (
    Delete,
    Execute,
    Insert,
    InsertIgnore,
    Op,
    Row,
    Update,
    Upsert,
)
from corda_sim.local.databases import Instant
from corda_sim.node.storage.errors import StorageError
from corda_sim.node.storage.grouping import KEY_PREFIX, Group, Shape, TableKey
from corda_sim.node.storage.prepared import Prepared

DialectInsert = sqlite.Insert | postgresql.Insert
Statement = UpdateBase | TextClause

_DIALECT_INSERTS: Final[Mapping[str, Callable[[Table], DialectInsert]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


class _ReflectedColumn(TypedDict, total=False):
    type: Any


class Tables:
    """The tables by name: those of `known`, then whatever else the database holds."""

    def __init__(self, known: MetaData) -> None:
        self._tables: dict[str, Table] = dict(known.tables)
        self._reflected = MetaData()
        event.listen(self._reflected, "column_reflect", _restore_instants)
        self.keys: dict[str, TableKey] = {
            name: _table_key(table) for name, table in self._tables.items()
        }

    def load(self, connection: Connection, names: Iterable[str]) -> None:
        """Read those of `names` that are not known yet.

        Raises:
            StorageError: the database has no such table.
        """
        for name in names:
            if name not in self._tables:
                self._reflect(connection, name)

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def _reflect(self, connection: Connection, name: str) -> None:
        try:
            table = Table(name, self._reflected, autoload_with=connection)
        except NoSuchTableError as error:
            raise StorageError(
                f"the database has no table {name!r}: is its migration branch upgraded?"
            ) from error
        self._tables[name] = table
        self.keys[name] = _table_key(table)


class Statements:
    """Builds and remembers the statement of each shape of operation."""

    def __init__(self, tables: Tables, dialect: Dialect) -> None:
        self._tables, self._dialect = tables, dialect
        self._upsert = _DIALECT_INSERTS[dialect.name]
        self._built: dict[Shape, Prepared] = {}

    def for_group(self, group: Group) -> Prepared:
        """The statement that executes each of the group's parameter sets.

        Raises:
            StorageError: a table or column that isn't there, or a change of every row.
        """
        prepared = self._built.get(group.shape)
        if prepared is None:
            statement = self._build(group.sample)
            prepared = Prepared(statement, group.params[0], self._dialect)
            self._built[group.shape] = prepared
        return prepared

    def _build(self, op: Op) -> Statement:
        match op:
            case Insert(table, row):
                return insert(self._checked(table, row))
            case InsertIgnore(table, row):
                return self._upsert(self._checked(table, row)).on_conflict_do_nothing()
            case Upsert(table, key_columns, row):
                return self._build_upsert(self._checked(table, row), key_columns, row)
            case Update(table, key, changes):
                target = self._tables[table]
                return update(target).where(_matches(target, key)).values(_bound(target, changes))
            case Delete(table, key):
                target = self._tables[table]
                return delete(target).where(_matches(target, key))
            case Execute(sql, params):
                return text(sql).bindparams(*_typed(params))

    def _checked(self, name: str, row: Row) -> Table:
        table = self._tables[name]
        for column in row:
            _column(table, column)
        return table

    def _build_upsert(self, table: Table, key_columns: tuple[str, ...], row: Row) -> UpdateBase:
        statement = self._upsert(table)
        changed = {name: statement.excluded[name] for name in row if name not in key_columns}
        if not changed:
            return statement.on_conflict_do_nothing(index_elements=list(key_columns))
        return statement.on_conflict_do_update(index_elements=list(key_columns), set_=changed)


def key_matches(table: Table, row: Row) -> ColumnElement[bool]:
    """The condition that finds the row with the primary key of `row`."""
    return and_(*(column == row[column.name] for column in table.primary_key))


def _bound(table: Table, changes: Row) -> dict[Column[Any], BindParameter[Any]]:
    return {_column(table, name): bindparam(name) for name in changes}


def _matches(table: Table, key: Mapping[str, object]) -> ColumnElement[bool]:
    if not key:
        raise StorageError(f"a change of {table.name} without a key would concern every row")
    return and_(*(_condition(_column(table, name), value) for name, value in key.items()))


def _condition(column: Column[Any], value: object) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == bindparam(KEY_PREFIX + column.name)


def _column(table: Table, name: str) -> Column[Any]:
    try:
        return table.c[name]
    except KeyError:
        raise StorageError(f"table {table.name} has no column {name!r}") from None


def _typed(params: Row) -> list[Any]:
    # A text statement knows no column, so SQLite's driver would be handed the datetime as it is.
    return [
        bindparam(name, type_=Instant())
        for name, value in params.items()
        if isinstance(value, datetime)
    ]


def _table_key(table: Table) -> TableKey:
    unique = [index for index in table.indexes if index.unique]
    constraints = [c for c in table.constraints if c.__visit_name__ == "unique_constraint"]
    names = tuple(column.name for column in table.primary_key)
    return TableKey(names, other_unique=bool(unique or constraints) or not names)


def _restore_instants(_inspector: object, _table: object, column: _ReflectedColumn) -> None:
    if isinstance(column["type"], DateTime):
        column["type"] = Instant()
