"""Answering vault queries from committed rows: pages of states, and aggregates over them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, func, select

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.vault_query import (
    Aggregate,
    AggregateFunction,
    Page,
    RelevancyStatus,
    SortAttribute,
    SortColumn,
    StateMetadata,
    StateStatus,
    VaultQuery,
)
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.vault.conditions import (
    FUNGIBLE,
    LINEAR,
    STATES,
    Condition,
    column_of,
    compile_criteria,
    same_state,
)

_SORT_COLUMNS: Final = {
    SortAttribute.STATE_REF: STATES.c.transaction_id,
    SortAttribute.STATE_REF_TXN_ID: STATES.c.transaction_id,
    SortAttribute.STATE_REF_INDEX: STATES.c.output_index,
    SortAttribute.NOTARY_NAME: STATES.c.notary_name,
    SortAttribute.CONTRACT_STATE_TYPE: STATES.c.contract_state_class_name,
    SortAttribute.STATE_STATUS: STATES.c.state_status,
    SortAttribute.RECORDED_TIME: STATES.c.recorded_timestamp,
    SortAttribute.CONSUMED_TIME: STATES.c.consumed_timestamp,
    SortAttribute.LOCK_ID: STATES.c.lock_id,
    SortAttribute.CONSTRAINT_TYPE: STATES.c.constraint_type,
    SortAttribute.LINEAR_UUID: LINEAR.c.uuid,
    SortAttribute.LINEAR_EXTERNAL_ID: LINEAR.c.external_id,
    SortAttribute.QUANTITY: FUNGIBLE.c.quantity,
    SortAttribute.ISSUER_REF: FUNGIBLE.c.issuer_ref,
}
_FUNCTIONS: Final[Mapping[AggregateFunction, Callable[[Any], ColumnElement[Any]]]] = {
    AggregateFunction.COUNT: func.count,
    AggregateFunction.AVG: func.avg,
    AggregateFunction.MIN: func.min,
    AggregateFunction.MAX: func.max,
    AggregateFunction.SUM: func.sum,
}


def run_query(storage: SqlStorage, query: object) -> Page:
    """The page that answers a `VaultQuery`, or criteria alone; committed rows only.

    Raises: VaultQueryException for a query that makes no sense, StorageError for a table of a
    CorDapp that isn't there.
    """
    wanted = VaultQuery.of(query)
    where = compile_criteria(storage, wanted.criteria)
    if wanted.aggregates:
        return Page((), -1, tuple(_aggregate(storage, wanted, where)))
    statement = _ordered(storage, select(STATES).where(where), wanted.sorting)
    if wanted.paging is None:
        found = storage.read(statement)
        return Page(tuple(map(_metadata, found)), len(found))
    size = wanted.paging.page_size
    statement = statement.limit(size).offset((wanted.paging.page_number - 1) * size)
    total = storage.read(select(func.count()).select_from(STATES).where(where))[0][0]
    return Page(tuple(map(_metadata, storage.read(statement))), total)


def _metadata(row: Row[Any]) -> StateMetadata:
    return StateMetadata(
        StateRef(SecureHash.parse(row.transaction_id), row.output_index),
        row.contract_state_class_name,
        row.recorded_timestamp,
        row.consumed_timestamp,
        StateStatus(row.state_status),
        row.notary_name,
        row.lock_id,
        row.lock_timestamp,
        RelevancyStatus(row.relevancy_status),
    )


def _ordered(
    storage: SqlStorage, statement: Select[Any], sorting: Sequence[SortColumn]
) -> Select[Any]:
    columns = [_sort_column(storage, one) for one in sorting]
    # a state without a row in the table sorts as one without a value
    statement = _joined(statement, columns, outer=True)
    for one, column in zip(sorting, columns, strict=True):
        keys = [column, STATES.c.output_index] if _is_ref(one) else [column]
        for key in keys:
            direction = key.desc() if one.descending else key.asc()
            statement = statement.order_by(direction.nulls_last())
    return statement.order_by(STATES.c.transaction_id, STATES.c.output_index)


def _is_ref(one: SortColumn) -> bool:
    return one.attribute is SortAttribute.STATE_REF


def _sort_column(storage: SqlStorage, one: SortColumn) -> Any:  # noqa: ANN401 - of any type
    if isinstance(one.attribute, SortAttribute):
        return _SORT_COLUMNS[one.attribute]
    return column_of(storage, one.attribute)


def _joined(statement: Select[Any], columns: Iterable[Any], *, outer: bool) -> Select[Any]:
    for table in dict.fromkeys(column.table for column in columns):
        if table is not STATES:
            statement = statement.join(table, same_state(table), isouter=outer)
    return statement


def _aggregate(storage: SqlStorage, query: VaultQuery, where: Condition) -> Iterable[object]:
    columns = [column_of(storage, one.column) for one in query.aggregates]
    groups = [column_of(storage, one) for one in query.group_by]
    pairs = list(zip(query.aggregates, columns, strict=True))
    selected = [part for one, column in pairs for part in _expressions(one, column)]
    statement = select(*selected, *groups).select_from(STATES).where(where).group_by(*groups)
    statement = _joined(statement, [*columns, *groups], outer=False)
    for one, column in pairs:
        if one.descending is not None:
            value = _FUNCTIONS[one.function](column)
            statement = statement.order_by(value.desc() if one.descending else value.asc())
    for row in storage.read(statement.order_by(*groups)):
        yield from _results(query.aggregates, iter(row))


def _expressions(one: Aggregate, column: Any) -> tuple[ColumnElement[Any], ...]:  # noqa: ANN401
    """A mean is divided here, so that it is the same on every database."""
    if one.function is AggregateFunction.AVG:
        return func.sum(column), func.count(column)
    return (_FUNCTIONS[one.function](column),)


def _results(aggregates: Iterable[Aggregate], row: Iterator[Any]) -> Iterable[object]:
    for one in aggregates:
        value = next(row)
        yield _mean(value, next(row)) if one.function is AggregateFunction.AVG else _plain(value)
    yield from row


def _mean(total: Any, count: int) -> str | None:  # noqa: ANN401 - any number, or None
    return str(Decimal(str(total)) / count) if count else None


def _plain(value: Any) -> object:  # noqa: ANN401 - any column's value
    """Databases give sums in types of their own; a whole number is an integer, others are text."""
    if not isinstance(value, Decimal | float):
        return value
    number = Decimal(str(value))
    return int(number) if number == number.to_integral_value() else str(number)
