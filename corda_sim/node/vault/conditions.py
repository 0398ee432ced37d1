"""Criteria compiled to conditions in SQL (HibernateQueryCriteriaParser)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
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

from corda_sim.core.identity import AbstractParty
from corda_sim.core.vault_query import (
    AndComposition,
    Column,
    ColumnCondition,
    FungibleAssetQueryCriteria,
    FungibleStateQueryCriteria,
    LinearStateQueryCriteria,
    Operator,
    OrComposition,
    QueryCriteria,
    RelevancyStatus,
    SoftLockingCondition,
    SoftLockingType,
    StateStatus,
    TimeCondition,
    TimeInstantType,
    VaultCustomQueryCriteria,
    VaultQueryCriteria,
    VaultQueryException,
)
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage

Condition = ColumnElement[bool]
STATES: Final = schema.vault_states
LINEAR: Final = schema.vault_linear_states
FUNGIBLE: Final = schema.vault_fungible_states
_KEY: Final = frozenset(("transaction_id", "output_index"))

_COMPARISONS: Final[Mapping[Operator, Callable[[Any, Any], Condition]]] = {
    Operator.EQUAL: lambda column, value: column == value,
    Operator.NOT_EQUAL: lambda column, value: column != value,
    Operator.LESS_THAN: lambda column, value: column < value,
    Operator.LESS_THAN_OR_EQUAL: lambda column, value: column <= value,
    Operator.GREATER_THAN: lambda column, value: column > value,
    Operator.GREATER_THAN_OR_EQUAL: lambda column, value: column >= value,
    Operator.LIKE: lambda column, value: column.like(value),
    Operator.NOT_LIKE: lambda column, value: column.not_like(value),
    Operator.EQUAL_IGNORE_CASE: lambda column, value: func.lower(column) == value.lower(),
    Operator.NOT_EQUAL_IGNORE_CASE: lambda column, value: func.lower(column) != value.lower(),
    Operator.LIKE_IGNORE_CASE: lambda column, value: column.ilike(value),
    Operator.NOT_LIKE_IGNORE_CASE: lambda column, value: column.not_ilike(value),
}
_SETS: Final = (Operator.IN, Operator.IN_IGNORE_CASE)
_NOT_SETS: Final = (Operator.NOT_IN, Operator.NOT_IN_IGNORE_CASE)


def same_state(table: Table) -> Condition:
    """Joins a table of states with `vault_states`."""
    columns = table.c
    return and_(
        columns.transaction_id == STATES.c.transaction_id,
        columns.output_index == STATES.c.output_index,
    )


def column_of(storage: SqlStorage, column: Column) -> Any:  # noqa: ANN401 - a column of any type
    """The column itself, of a table that is keyed by state.

    Raises: VaultQueryException when the table hasn't it, StorageError when there is no such table.
    """
    table = storage.table(column.table)
    missing = {column.name, *_KEY} - set(table.c.keys())
    if missing:
        raise VaultQueryException(
            f"table {column.table} has no column {', '.join(sorted(missing))}"
        )
    return table.c[column.name]


def compile_criteria(storage: SqlStorage, criteria: QueryCriteria) -> Condition:
    """The whole condition, with the default status.

    Raises: VaultQueryException, StorageError for a table of a CorDapp that isn't there.
    """
    condition = _Compiler(storage).condition(criteria)
    if all(getattr(part, "status", None) is None for part in criteria.parts()):
        return and_(condition, _status(StateStatus.UNCONSUMED))
    return condition


def _has_row(table: Table, *conditions: Condition) -> Condition:
    # only with the state: the same table may be joined outside, to sort or to sum
    return exists().where(same_state(table), *conditions).correlate(STATES)


def _hashes(parties: Iterable[AbstractParty]) -> list[str]:
    return [party.owning_key.to_string_short() for party in parties]


def _participates(parties: Iterable[AbstractParty]) -> Condition:
    party = schema.state_party
    return _has_row(party, party.c.public_key_hash.in_(_hashes(parties)))


def _participate_alone(parties: Iterable[AbstractParty]) -> Condition:
    party, hashes = schema.state_party, set(_hashes(parties))
    own = select(func.count()).select_from(party).where(same_state(party))
    count = own.correlate(STATES).scalar_subquery()
    others = _has_row(party, party.c.public_key_hash.not_in(hashes))
    return and_(count == len(hashes), not_(others))


class _Compiler:
    """Criteria to a condition on `vault_states`."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    def condition(self, criteria: QueryCriteria) -> Condition:
        """Of one criterion, or of all that it is composed of."""
        match criteria:
            case AndComposition(left, right):
                return and_(self.condition(left), self.condition(right))
            case OrComposition(left, right):
                return or_(self.condition(left), self.condition(right))
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
        column = column_of(self._storage, Column(criteria.table, criteria.column))
        own = _compare(column, criteria.condition)
        if column.table is not STATES:
            own = _has_row(column.table, own)
        return and_(own, *_of_every(criteria))


def _status(status: StateStatus | None) -> Condition:
    if status is None or status is StateStatus.ALL:
        return true()
    return STATES.c.state_status == int(status)


def _of_every(
    criteria: VaultQueryCriteria
    | LinearStateQueryCriteria
    | FungibleStateQueryCriteria
    | VaultCustomQueryCriteria,
) -> Iterable[Condition]:
    yield _status(criteria.status)
    if criteria.contract_state_types:
        yield STATES.c.contract_state_class_name.in_(criteria.contract_state_types)
    if criteria.relevancy is not RelevancyStatus.ALL:
        yield STATES.c.relevancy_status == int(criteria.relevancy)
    if isinstance(criteria, VaultCustomQueryCriteria):
        return
    if criteria.participants:
        yield _participates(criteria.participants)
    if criteria.exact_participants:
        yield _participate_alone(criteria.exact_participants)


def _of_vault(criteria: VaultQueryCriteria) -> Iterable[Condition]:
    yield from _of_every(criteria)
    if criteria.state_refs:
        refs = [(str(ref.txhash), ref.index) for ref in criteria.state_refs]
        yield tuple_(STATES.c.transaction_id, STATES.c.output_index).in_(refs)
    if criteria.notary:
        yield STATES.c.notary_name.in_([str(party.name) for party in criteria.notary])
    if criteria.soft_locking is not None:
        yield _soft_locking(criteria.soft_locking)
    if criteria.time_condition is not None:
        yield from _time(criteria.time_condition)
    if criteria.external_ids:
        view = schema.v_pkey_hash_ex_id_map
        yield _has_row(view, view.c.external_id.in_([str(one) for one in criteria.external_ids]))
    if criteria.constraint_types:
        yield STATES.c.constraint_type.in_([int(one) for one in criteria.constraint_types])
    if criteria.constraint_keys:
        yield STATES.c.constraint_data.in_([key.encoded for key in criteria.constraint_keys])


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
    yield from _of_every(criteria)
    own = []
    if criteria.uuids:
        own.append(LINEAR.c.uuid.in_([str(one) for one in criteria.uuids]))
    if criteria.external_ids:
        own.append(LINEAR.c.external_id.in_(criteria.external_ids))
    yield _has_row(LINEAR, *own)


def _of_fungible(criteria: FungibleStateQueryCriteria) -> Iterable[Condition]:
    yield from _of_every(criteria)
    own = []
    if criteria.quantity is not None:
        own.append(_compare(FUNGIBLE.c.quantity, criteria.quantity))
    if isinstance(criteria, FungibleAssetQueryCriteria):
        own.extend(_of_asset(criteria))
    yield _has_row(FUNGIBLE, *own)


def _of_asset(criteria: FungibleAssetQueryCriteria) -> Iterable[Condition]:
    if criteria.issuers:
        yield FUNGIBLE.c.issuer_name.in_([str(one.name) for one in criteria.issuers])
    if criteria.issuer_refs:
        yield FUNGIBLE.c.issuer_ref.in_(criteria.issuer_refs)
    if criteria.owners:
        yield FUNGIBLE.c.owner_name.in_([str(one.name) for one in criteria.owners])


def _compare(column: Any, condition: ColumnCondition) -> Condition:  # noqa: ANN401 - any column
    operator, operands = condition.operator, condition.operands
    if operator.name.endswith("IGNORE_CASE") and not all(isinstance(one, str) for one in operands):
        raise VaultQueryException(f"{operator.name} takes text")
    if operator in _SETS:
        return _within(column, condition)
    if operator in _NOT_SETS:
        return not_(_within(column, condition))
    expected = {Operator.BETWEEN: 2, Operator.IS_NULL: 0, Operator.NOT_NULL: 0}.get(operator, 1)
    if len(operands) != expected:
        raise VaultQueryException(f"{operator.name} takes {expected} operands, not {len(operands)}")
    if operator is Operator.BETWEEN:
        between: Condition = column.between(*operands)
        return between
    if expected == 0:
        null: Condition = column.is_(None)
        return null if operator is Operator.IS_NULL else not_(null)
    return _COMPARISONS[operator](column, operands[0])


def _within(column: Any, condition: ColumnCondition) -> Condition:  # noqa: ANN401 - any column
    if not condition.operands:
        return false()
    if condition.operator in (Operator.IN, Operator.NOT_IN):
        within: Condition = column.in_(condition.operands)
        return within
    return func.lower(column).in_([str(one).lower() for one in condition.operands])
