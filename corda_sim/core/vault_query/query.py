"""What can be asked of a vault beside criteria: paging, sorting, sums, and the page that answers.

Source: net.corda.core.node.services.vault (PageSpecification, Sort, AggregateFunctionType) and
Vault.Page. Unlike Corda's, a query without paging has no limit of 200 results.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.serialization import PLATFORM, serializable
from corda_sim.core.vault_query.criteria import (
    QueryCriteria,
    RelevancyStatus,
    StateStatus,
    VaultQueryCriteria,
    VaultQueryException,
)

DEFAULT_PAGE_NUM = 1
DEFAULT_PAGE_SIZE = 200
MAX_PAGE_SIZE = 2**31 - 2
UNCONSUMED: Final = VaultQueryCriteria()
"""Every unconsumed state."""


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
    STATE_REF_TXN_ID = 11
    STATE_REF_INDEX = 12
    CONSTRAINT_TYPE = 13


class AggregateFunction(IntEnum):
    """AggregateFunctionType."""

    COUNT = 0
    AVG = 1
    MIN = 2
    MAX = 3
    SUM = 4


@serializable("corda.Column", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class Column:
    """A column of `vault_states` or of a table with one row for each state."""

    table: str
    name: str


@serializable("corda.Aggregate", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class Aggregate:
    """A function over a column; `descending`, where it is set, sorts the rows by its value."""

    function: AggregateFunction
    column: Column
    descending: bool | None = None


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
    """One column to sort by, a CorDapp's own too; states without a value come last."""

    attribute: SortAttribute | Column
    descending: bool = False


@serializable("corda.VaultQuery", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class VaultQuery:
    """Criteria with paging and sorting; ties and unsorted results are in order of state refs.

    With `aggregates` the answer has no states but their values over all states that match, one row
    for each combination of the columns `group_by`. Raises: VaultQueryException for groups without
    an aggregate.
    """

    criteria: QueryCriteria = UNCONSUMED
    paging: PageSpecification | None = None
    sorting: tuple[SortColumn, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    group_by: tuple[Column, ...] = ()

    def __post_init__(self) -> None:
        if self.group_by and not self.aggregates:
            raise VaultQueryException("group_by needs at least one aggregate")

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
    """States in order, and how many match on all pages together (Vault.Page).

    `other_results` are the rows of aggregates one after the other, each with its group's columns
    behind its values; a mean is a decimal number as text. The total is -1 beside aggregates.
    """

    states: tuple[StateMetadata, ...]
    total_states_available: int
    other_results: tuple[object, ...] = ()

    @property
    def refs(self) -> tuple[StateRef, ...]:
        """The states' references."""
        return tuple(state.ref for state in self.states)
