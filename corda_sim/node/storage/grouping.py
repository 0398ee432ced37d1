"""Rows of many steps gathered into few statements, with the outcome of running them one by one.

An operation may join an earlier group of its table when no operation between the two can concern
the same row: their primary keys differ. Raw SQL may touch anything, so nothing passes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

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
        shape, params = shape_of(op), params_of(op)
        key = _row_key(op, tables.get(op.table))
        of_table = open_groups.setdefault(op.table, [])
        group = _joinable(of_table, shape, key)
        if group is None:
            group = Group(op, shape)
            groups.append(group)
            of_table.append(group)
        group.add(params, key)
    return groups


def shape_of(op: Op) -> Shape:
    """What two operations share when one statement executes both."""
    match op:
        case Insert(table, row) | InsertIgnore(table, row):
            return (type(op), table, tuple(row))
        case Upsert(table, key_columns, row):
            return (Upsert, table, key_columns, tuple(row))
        case Update(table, key, changes):
            return (Update, table, _key_shape(key), tuple(changes))
        case Delete(table, key):
            return (Delete, table, _key_shape(key))
        case Execute(sql, params):
            return (Execute, sql, tuple((name, type(value)) for name, value in params.items()))


def params_of(op: Op) -> Row:
    """The parameters of one execution; those that find the row are prefixed with `key_`."""
    match op:
        case Insert(_, row) | InsertIgnore(_, row) | Upsert(_, _, row):
            return row
        case Update(_, key, changes):
            return {**_key_params(key), **changes}
        case Delete(_, key):
            return _key_params(key)
        case Execute(_, params):
            return params


def _add_raw(groups: list[Group], op: Execute) -> None:
    shape = shape_of(op)
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


def _row_key(op: Op, table: TableKey | None) -> RowKey | None:
    if table is None or table.other_unique:
        return None
    match op:
        case Insert(_, row) | InsertIgnore(_, row) | Upsert(_, _, row):
            values = row
        case Update(_, key, changes):
            if any(name in changes for name in table.primary_key):
                return None
            values = key
        case Delete(_, key):
            values = key
        case Execute():
            return None
    try:
        return tuple(values[name] for name in table.primary_key)
    except KeyError:
        return None


def _key_shape(key: Row) -> tuple[tuple[str, bool], ...]:
    return tuple((name, value is None) for name, value in key.items())


def _key_params(key: Row) -> dict[str, object]:
    return {KEY_PREFIX + name: value for name, value in key.items() if value is not None}
