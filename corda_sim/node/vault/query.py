"""Criteria compiled to SQL (HibernateQueryCriteriaParser)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
)

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.identity import AbstractParty
from corda_sim.core.vault_query import (
    AndComposition,
    ColumnCondition,
    FungibleStateQueryCriteria,
    LinearStateQueryCriteria,
    Operator,
    OrComposition,
    Page,
    QueryCriteria,
    RelevancyStatus,
    SoftLockingCondition,
    SoftLockingType,
    SortAttribute,
    SortColumn,
    StateMetadata,
    StateStatus,
    TimeCondition,
    TimeInstantType,
    VaultCustomQueryCriteria,
    VaultQuery,
    VaultQueryCriteria,
    VaultQueryException,
)
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage

Condition = ColumnElement[bool]
STATES: Final = schema.vault_states
LINEAR: Final = schema.vault_linear_states
FUNGIBLE: Final = schema.vault_fungible_states

_COMPARISONS: Final[Mapping[Operator, Callable[[Any, Any], Condition]]] = {
    Operator.EQUAL: lambda column, value: column == value,
    Operator.NOT_EQUAL: lambda column, value: column != value,
    Operator.LESS_THAN: lambda column, value: column < value,
    Operator.LESS_THAN_OR_EQUAL: lambda column, value: column <= value,
    Operator.GREATER_THAN: lambda column, value: column > value,
    Operator.GREATER_THAN_OR_EQUAL: lambda column, value: column >= value,
    Operator.LIKE: lambda column, value: column.like(value),
    Operator.NOT_LIKE: lambda column, value: column.not_like(value),
}

_SORT_COLUMNS: Final = {
    SortAttribute.NOTARY_NAME: STATES.c.notary_name,
    SortAttribute.CONTRACT_STATE_TYPE: STATES.c.contract_state_class_name,
    SortAttribute.STATE_STATUS: STATES.c.state_status,
    SortAttribute.RECORDED_TIME: STATES.c.recorded_timestamp,
    SortAttribute.CONSUMED_TIME: STATES.c.consumed_timestamp,
    SortAttribute.LOCK_ID: STATES.c.lock_id,
    SortAttribute.LINEAR_UUID: LINEAR.c.uuid,
    SortAttribute.LINEAR_EXTERNAL_ID: LINEAR.c.external_id,
    SortAttribute.QUANTITY: FUNGIBLE.c.quantity,
    SortAttribute.ISSUER_REF: FUNGIBLE.c.issuer_ref,
}


def run_query(storage: SqlStorage, query: object) -> Page:
    """The page that answers a `VaultQuery`, or criteria alone; committed rows only.

    Raises: VaultQueryException for a query that makes no sense, StorageError for a table of a
    CorDapp that isn't there.
    """
    wanted = VaultQuery.of(query)
    where = _Compiler(storage).compile(wanted.criteria)
    statement = _ordered(select(STATES).where(where), wanted.sorting)
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


def _ordered(statement: Select[Any], sorting: Iterable[SortColumn]) -> Select[Any]:
    for table in (LINEAR, FUNGIBLE):
        if any(_column(one).table is table for one in sorting):
            statement = statement.outerjoin(table, _same_state(table))
    for one in sorting:
        columns = [_column(one)]
        if one.attribute is SortAttribute.STATE_REF:
            columns.append(STATES.c.output_index)
        for column in columns:
            direction = column.desc() if one.descending else column.asc()
            statement = statement.order_by(direction.nulls_last())
    return statement.order_by(STATES.c.transaction_id, STATES.c.output_index)


def _column(one: SortColumn) -> Any:  # noqa: ANN401 - a column of any type
    return _SORT_COLUMNS.get(one.attribute, STATES.c.transaction_id)


def _same_state(table: Table) -> Condition:
    columns = table.c
    return and_(
        columns.transaction_id == STATES.c.transaction_id,
        columns.output_index == STATES.c.output_index,
    )


def _has_row(table: Table, *conditions: Condition) -> Condition:
    return exists().where(_same_state(table), *conditions)


def _participates(parties: Iterable[AbstractParty]) -> Condition:
    hashes = [party.owning_key.to_string_short() for party in parties]
    return _has_row(schema.state_party, schema.state_party.c.public_key_hash.in_(hashes))


class _Compiler:
    """Criteria to a condition on `vault_states`."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    def compile(self, criteria: QueryCriteria) -> Condition:
        """The whole condition, with the default status."""
        condition = self._condition(criteria)
        if all(getattr(part, "status", None) is None for part in criteria.parts()):
            return and_(condition, _status(StateStatus.UNCONSUMED))
        return condition

    def _condition(self, criteria: QueryCriteria) -> Condition:
        match criteria:
            case AndComposition(left, right):
                return and_(self._condition(left), self._condition(right))
            case OrComposition(left, right):
                return or_(self._condition(left), self._condition(right))
            case VaultQueryCriteria():
                return and_(*_of_vault(criteria))
            case LinearStateQueryCriteria():
                return and_(*_of_linear(criteria))
            case FungibleStateQueryCriteria():
                return and_(*_of_fungible(criteria))
            case VaultCustomQueryCriteria():
                return self._of_custom(criteria)
        raise VaultQueryException(f"{type(criteria).__name__} is no criterion the vault knows")

    def _of_custom(self, criteria: VaultCustomQueryCriteria) -> Condition:
        table = self._storage.table(criteria.table)
        missing = {criteria.column, "transaction_id", "output_index"} - set(table.c.keys())
        if missing:
            raise VaultQueryException(
                f"table {criteria.table} has no column {', '.join(sorted(missing))}"
            )
        own = _compare(table.c[criteria.column], criteria.condition)
        return and_(_status(criteria.status), _has_row(table, own))


def _status(status: StateStatus | None) -> Condition:
    if status is None or status is StateStatus.ALL:
        return true()
    return STATES.c.state_status == int(status)


def _of_vault(criteria: VaultQueryCriteria) -> Iterable[Condition]:
    yield _status(criteria.status)
    if criteria.contract_state_types:
        yield STATES.c.contract_state_class_name.in_(criteria.contract_state_types)
    if criteria.state_refs:
        refs = [(str(ref.txhash), ref.index) for ref in criteria.state_refs]
        yield tuple_(STATES.c.transaction_id, STATES.c.output_index).in_(refs)
    if criteria.notary:
        yield STATES.c.notary_name.in_([str(party.name) for party in criteria.notary])
    if criteria.soft_locking is not None:
        yield _soft_locking(criteria.soft_locking)
    if criteria.time_condition is not None:
        yield from _time(criteria.time_condition)
    if criteria.relevancy is not RelevancyStatus.ALL:
        yield STATES.c.relevancy_status == int(criteria.relevancy)
    if criteria.external_ids:
        view = schema.v_pkey_hash_ex_id_map
        yield _has_row(view, view.c.external_id.in_([str(one) for one in criteria.external_ids]))
    if criteria.participants:
        yield _participates(criteria.participants)


def _soft_locking(condition: SoftLockingCondition) -> Condition:
    lock = STATES.c.lock_id
    match condition.type:
        case SoftLockingType.UNLOCKED_ONLY:
            return lock.is_(None)
        case SoftLockingType.LOCKED_ONLY:
            return lock.is_not(None)
        case SoftLockingType.SPECIFIED:
            return lock.in_(condition.lock_ids)
        case SoftLockingType.UNLOCKED_AND_SPECIFIED:
            return or_(lock.is_(None), lock.in_(condition.lock_ids))


def _time(condition: TimeCondition) -> Iterable[Condition]:
    recorded = condition.type is TimeInstantType.RECORDED
    column = STATES.c.recorded_timestamp if recorded else STATES.c.consumed_timestamp
    if condition.since is not None:
        yield column >= condition.since
    if condition.until is not None:
        yield column < condition.until


def _of_linear(criteria: LinearStateQueryCriteria) -> Iterable[Condition]:
    yield _status(criteria.status)
    own = []
    if criteria.uuids:
        own.append(LINEAR.c.uuid.in_([str(one) for one in criteria.uuids]))
    if criteria.external_ids:
        own.append(LINEAR.c.external_id.in_(criteria.external_ids))
    yield _has_row(LINEAR, *own)
    if criteria.participants:
        yield _participates(criteria.participants)


def _of_fungible(criteria: FungibleStateQueryCriteria) -> Iterable[Condition]:
    yield _status(criteria.status)
    own = []
    if criteria.quantity is not None:
        own.append(_compare(FUNGIBLE.c.quantity, criteria.quantity))
    if criteria.issuers:
        own.append(FUNGIBLE.c.issuer_name.in_([str(one.name) for one in criteria.issuers]))
    if criteria.issuer_refs:
        own.append(FUNGIBLE.c.issuer_ref.in_(criteria.issuer_refs))
    if criteria.owners:
        own.append(FUNGIBLE.c.owner_name.in_([str(one.name) for one in criteria.owners]))
    yield _has_row(FUNGIBLE, *own)
    if criteria.participants:
        yield _participates(criteria.participants)


def _compare(column: Any, condition: ColumnCondition) -> Condition:  # noqa: ANN401 - any column
    operator, operands = condition.operator, condition.operands
    expected = {Operator.BETWEEN: 2, Operator.IS_NULL: 0, Operator.NOT_NULL: 0}.get(operator, 1)
    if operator in (Operator.IN, Operator.NOT_IN):
        within: Condition = column.in_(operands) if operands else false()
        return not_(within) if operator is Operator.NOT_IN else within
    if len(operands) != expected:
        raise VaultQueryException(f"{operator.name} takes {expected} operands, not {len(operands)}")
    if operator is Operator.BETWEEN:
        between: Condition = column.between(*operands)
        return between
    if expected == 0:
        null: Condition = column.is_(None)
        return null if operator is Operator.IS_NULL else not_(null)
    return _COMPARISONS[operator](column, operands[0])
