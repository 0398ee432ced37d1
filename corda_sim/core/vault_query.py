"""What can be asked of a vault: criteria, paging, sorting, and the page that answers.

Source: net.corda.core.node.services.vault (QueryCriteria, PageSpecification, Sort) and Vault.Page.
Unlike Corda's, a query without paging has no limit of 200 results. Where no criterion names a
status, only unconsumed states match; where one does, it holds for that criterion.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.errors import CordaError
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.core.serialization import PLATFORM, serializable

DEFAULT_PAGE_NUM = 1
DEFAULT_PAGE_SIZE = 200
MAX_PAGE_SIZE = 2**31 - 2


class VaultQueryException(CordaError):
    """The query can't be answered as it is (VaultQueryException)."""


class StateStatus(IntEnum):
    """Vault.StateStatus, with Corda's codes."""

    UNCONSUMED = 0
    CONSUMED = 1
    ALL = 2


class RelevancyStatus(IntEnum):
    """Vault.RelevancyStatus, with Corda's codes."""

    RELEVANT = 0
    NOT_RELEVANT = 1
    ALL = 2


class SoftLockingType(IntEnum):
    """QueryCriteria.SoftLockingType."""

    UNLOCKED_ONLY = 0
    LOCKED_ONLY = 1
    SPECIFIED = 2
    UNLOCKED_AND_SPECIFIED = 3


class TimeInstantType(IntEnum):
    """QueryCriteria.TimeInstantType."""

    RECORDED = 0
    CONSUMED = 1


class Operator(IntEnum):
    """Comparisons with a column (BinaryComparisonOperator and its like)."""

    EQUAL = 0
    NOT_EQUAL = 1
    LESS_THAN = 2
    LESS_THAN_OR_EQUAL = 3
    GREATER_THAN = 4
    GREATER_THAN_OR_EQUAL = 5
    BETWEEN = 6
    IN = 7
    NOT_IN = 8
    LIKE = 9
    NOT_LIKE = 10
    IS_NULL = 11
    NOT_NULL = 12


class SortAttribute(IntEnum):
    """Columns to sort by (SortAttribute.Standard)."""

    STATE_REF = 0
    NOTARY_NAME = 1
    CONTRACT_STATE_TYPE = 2
    STATE_STATUS = 3
    RECORDED_TIME = 4
    CONSUMED_TIME = 5
    LOCK_ID = 6
    LINEAR_UUID = 7
    LINEAR_EXTERNAL_ID = 8
    QUANTITY = 9
    ISSUER_REF = 10


@serializable("corda.SoftLockingCondition", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class SoftLockingCondition:
    """By lock; `lock_ids` are flow ids, for the types that specify some."""

    type: SoftLockingType
    lock_ids: tuple[str, ...] = ()


@serializable("corda.TimeCondition", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class TimeCondition:
    """By the time of recording or consumption: `since` included, `until` not."""

    type: TimeInstantType
    since: datetime | None = None
    until: datetime | None = None


@serializable("corda.ColumnCondition", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class ColumnCondition:
    """A comparison: one operand, two for BETWEEN, any number for IN, none for the null tests."""

    operator: Operator
    operands: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryCriteria:
    """Base of all criteria."""

    def and_(self, other: "QueryCriteria") -> "QueryCriteria":
        """States that match both."""
        return AndComposition(self, other)

    def or_(self, other: "QueryCriteria") -> "QueryCriteria":
        """States that match one or both."""
        return OrComposition(self, other)

    def parts(self) -> Iterator["QueryCriteria"]:
        """The criteria that this one is composed of."""
        yield self


@serializable("corda.VaultQueryCriteria", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class VaultQueryCriteria(QueryCriteria):
    """By what every state has. An empty tuple is no condition.

    `contract_state_types` are wire names; `participants` match where the state has any of them;
    `external_ids` are accounts, one of whose keys is a participant's.
    """

    status: StateStatus | None = None
    contract_state_types: tuple[str, ...] = ()
    state_refs: tuple[StateRef, ...] = ()
    notary: tuple[Party, ...] = ()
    soft_locking: SoftLockingCondition | None = None
    time_condition: TimeCondition | None = None
    relevancy: RelevancyStatus = RelevancyStatus.ALL
    external_ids: tuple[UUID, ...] = ()
    participants: tuple[AbstractParty, ...] = ()


@serializable("corda.LinearStateQueryCriteria", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class LinearStateQueryCriteria(QueryCriteria):
    """Linear states by their identifier."""

    uuids: tuple[UUID, ...] = ()
    external_ids: tuple[str, ...] = ()
    participants: tuple[AbstractParty, ...] = ()
    status: StateStatus | None = None


@serializable("corda.FungibleStateQueryCriteria", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class FungibleStateQueryCriteria(QueryCriteria):
    """Fungible states by quantity (smallest units), issuer and owner's name."""

    quantity: ColumnCondition | None = None
    issuers: tuple[Party, ...] = ()
    issuer_refs: tuple[bytes, ...] = ()
    owners: tuple[Party, ...] = ()
    participants: tuple[AbstractParty, ...] = ()
    status: StateStatus | None = None


@serializable("corda.VaultCustomQueryCriteria", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class VaultCustomQueryCriteria(QueryCriteria):
    """Queryable states by a column of their own table."""

    table: str
    column: str
    condition: ColumnCondition
    status: StateStatus | None = None


@serializable("corda.AndComposition", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class AndComposition(QueryCriteria):
    """Both."""

    left: QueryCriteria
    right: QueryCriteria

    def parts(self) -> Iterator[QueryCriteria]:
        """The parts of both sides."""
        yield from self.left.parts()
        yield from self.right.parts()


@serializable("corda.OrComposition", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class OrComposition(QueryCriteria):
    """One or both."""

    left: QueryCriteria
    right: QueryCriteria

    def parts(self) -> Iterator[QueryCriteria]:
        """The parts of both sides."""
        yield from self.left.parts()
        yield from self.right.parts()


@serializable("corda.PageSpecification", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class PageSpecification:
    """One page of the results; pages are numbered from 1.

    Raises: VaultQueryException for a number or size out of range.
    """

    page_number: int = DEFAULT_PAGE_NUM
    page_size: int = DEFAULT_PAGE_SIZE

    def __post_init__(self) -> None:
        if self.page_number < DEFAULT_PAGE_NUM:
            raise VaultQueryException(
                f"Page specification: invalid page number {self.page_number} "
                f"[page numbers start from {DEFAULT_PAGE_NUM}]"
            )
        bound = "minimum is 1" if self.page_size < 1 else f"maximum is {MAX_PAGE_SIZE}"
        if not 1 <= self.page_size <= MAX_PAGE_SIZE:
            raise VaultQueryException(
                f"Page specification: invalid page size {self.page_size} [{bound}]"
            )


@serializable("corda.SortColumn", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class SortColumn:
    """One column to sort by; states without a value come last."""

    attribute: SortAttribute
    descending: bool = False


@serializable("corda.VaultQuery", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class VaultQuery:
    """Criteria with paging and sorting; ties and unsorted results are in order of state refs."""

    criteria: QueryCriteria = VaultQueryCriteria()
    paging: PageSpecification | None = None
    sorting: tuple[SortColumn, ...] = ()

    @classmethod
    def of(cls, query: object) -> "VaultQuery":
        """A query as it is, or criteria alone. Raises: VaultQueryException for anything else."""
        if isinstance(query, VaultQuery):
            return query
        if isinstance(query, QueryCriteria):
            return cls(query)
        raise VaultQueryException(f"{type(query).__name__} is no vault query")


@serializable("corda.StateMetadata", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class StateMetadata:
    """What the vault knows of a state (Vault.StateMetadata); `notary` is its X.500 name."""

    ref: StateRef
    contract_state_class_name: str
    recorded_time: datetime
    consumed_time: datetime | None
    status: StateStatus
    notary: str
    lock_id: str | None
    lock_update_time: datetime | None
    relevancy: RelevancyStatus


@serializable("corda.VaultPage", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class Page:
    """States in order, and how many match on all pages together (Vault.Page)."""

    states: tuple[StateMetadata, ...]
    total_states_available: int

    @property
    def refs(self) -> tuple[StateRef, ...]:
        """The states' references."""
        return tuple(state.ref for state in self.states)


def state_types(*classes: type) -> tuple[str, ...]:
    """The wire names of state classes. Raises: NotSerializableException."""
    return tuple(PLATFORM.wire_name_of(cls) for cls in classes)
