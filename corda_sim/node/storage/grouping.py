"""Rows of many steps gathered into few statements, with the outcome of running them one by one.

An operation may join an earlier group of its table when no operation between the two can concern
the same row: their primary keys differ. Raw SQL may touch anything, so nothing passes it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

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

RowKey = tuple[object, ...]
Shape = tuple[object, ...]
Reading = tuple[Shape, Row, Row]
"""What operations share when one statement executes them, the parameters of one execution (those
that find the row are prefixed with `key_`), and the columns among which its primary key is."""
KEY_PREFIX: Final = "key_"


@dataclass(frozen=True, slots=True)
class TableKey:
    """What grouping needs to know of a table: its key, and whether other columns are unique too."""

    primary_key: tuple[str, ...]
    other_unique: bool = False


@dataclass(slots=True)
class Group:
    """Operations that one statement executes, in order; `keys` is None when a row is unknown."""

    sample: Op
    shape: Shape
    params: list[Row] = field(default_factory=list)
    keys: set[RowKey] | None = field(default_factory=set)

    def add(self, params: Row, key: RowKey | None) -> None:
        """Append one execution."""
        self.params.append(params)
        if key is None:
            self.keys = None
        elif self.keys is not None:
            self.keys.add(key)

    def may_touch(self, key: RowKey | None) -> bool:
        """Whether one of its rows may be the row `key`."""
        return key is None or self.keys is None or key in self.keys


def group_ops(ops: Iterable[Op], tables: Mapping[str, TableKey]) -> list[Group]:
    """Groups to execute in order; a table that `tables` lacks keeps the order of its operations."""
    groups: list[Group] = []
    open_groups: dict[str, list[Group]] = {}
    for op in ops:
        if isinstance(op, Execute):
            open_groups.clear()
            _add_raw(groups, op)
            continue
        shape, params, key_source = _READERS[type(op)](op)
        key = _row_key(op, tables.get(op.table), key_source)
        of_table = open_groups.setdefault(op.table, [])
        group = _joinable(of_table, shape, key)
        if group is None:
            group = Group(op, shape)
            groups.append(group)
            of_table.append(group)
        group.add(params, key)
    return groups


def _read_insert(op: Insert | InsertIgnore) -> Reading:
    return (type(op), op.table, *op.row), op.row, op.row


def _read_upsert(op: Upsert) -> Reading:
    return (Upsert, op.table, op.key_columns, *op.row), op.row, op.row


def _read_update(op: Update) -> Reading:
    shape = (Update, op.table, _key_shape(op.key), *op.changes)
    return shape, {**_key_params(op.key), **op.changes}, op.key


def _read_delete(op: Delete) -> Reading:
    return (Delete, op.table, _key_shape(op.key)), _key_params(op.key), op.key


_READERS: Final[Mapping[type[Op], Callable[[Any], Reading]]] = {
    Insert: _read_insert,
    InsertIgnore: _read_insert,
    Upsert: _read_upsert,
    Update: _read_update,
    Delete: _read_delete,
}


def _add_raw(groups: list[Group], op: Execute) -> None:
    shape = (Execute, op.sql, *((name, type(value)) for name, value in op.params.items()))
    if not groups or groups[-1].shape != shape:
        groups.append(Group(op, shape))
    groups[-1].add(op.params, None)


def _joinable(of_table: list[Group], shape: Shape, key: RowKey | None) -> Group | None:
    for group in reversed(of_table):
        if group.shape == shape:
            return group
        if group.may_touch(key):
            return None
    return None


def _row_key(op: Op, table: TableKey | None, source: Row) -> RowKey | None:
    if table is None or table.other_unique:
        return None
    if type(op) is Update and not op.changes.keys().isdisjoint(table.primary_key):
        return None
    try:
        return tuple([source[name] for name in table.primary_key])
    except KeyError:
        return None


def _key_shape(key: Row) -> tuple[tuple[str, bool], ...]:
    return tuple((name, value is None) for name, value in key.items())


def _key_params(key: Row) -> dict[str, object]:
    return {KEY_PREFIX + name: value for name, value in key.items() if value is not None}
