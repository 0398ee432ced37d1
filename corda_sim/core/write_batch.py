"""Rows that one step wants written: pure data that any store applies, or refuses, whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

Row = Mapping[str, object]


class Insert(msgspec.Struct, frozen=True):
    """A new row; an existing row with the same key fails the step."""

    table: str
    row: Row


class InsertIgnore(msgspec.Struct, frozen=True):
    """A new row unless its key exists already."""

    table: str
    row: Row


class Upsert(msgspec.Struct, frozen=True):
    """A row written over the one with the same `key_columns`."""

    table: str
    key_columns: tuple[str, ...]
    row: Row


class Update(msgspec.Struct, frozen=True):
    """Columns changed in the rows that match `key`."""

    table: str
    key: Row
    changes: Row


class Delete(msgspec.Struct, frozen=True):
    """The rows that match `key` removed."""

    table: str
    key: Row


class Execute(msgspec.Struct, frozen=True):
    """A CorDapp's own SQL with named parameters."""

    sql: str
    params: Row


Op = Insert | InsertIgnore | Upsert | Update | Delete | Execute


@dataclass(slots=True)
class WriteBatch:
    """The rows of one step, in the order in which they were staged; committed all or none."""

    ops: list[Op] = field(default_factory=list)

    def insert(self, table: str, row: Row) -> None:
        """Stage a new row."""
        self.ops.append(Insert(table, row))

    def insert_ignore(self, table: str, row: Row) -> None:
        """Stage a row that may exist already."""
        self.ops.append(InsertIgnore(table, row))

    def upsert(self, table: str, key_columns: Sequence[str], row: Row) -> None:
        """Stage a row over an older one."""
        self.ops.append(Upsert(table, tuple(key_columns), row))

    def update(self, table: str, key: Row, changes: Row) -> None:
        """Stage a change of the rows that match `key`."""
        self.ops.append(Update(table, key, changes))

    def delete(self, table: str, key: Row) -> None:
        """Stage the removal of the rows that match `key`."""
        self.ops.append(Delete(table, key))

    def execute(self, sql: str, params: Row) -> None:
        """Stage a statement of a CorDapp's own."""
        self.ops.append(Execute(sql, params))

    def extend(self, other: "WriteBatch") -> None:
        """Append the rows of `other`."""
        self.ops.extend(other.ops)

    def __bool__(self) -> bool:
        return bool(self.ops)
