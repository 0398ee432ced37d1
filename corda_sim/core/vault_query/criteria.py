"""Which states a vault query wants (net.corda.core.node.services.vault.QueryCriteria).

Where no criterion names a status, only unconsumed states match; where one does, it holds for that
criterion (in Corda the last one's status holds for all).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import CordaError
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.core.serialization import PLATFORM, serializable


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


class ConstraintType(IntEnum):
    """Vault.ConstraintInfo.Type, with Corda's codes; the vault takes signature constraints only."""

    ALWAYS_ACCEPT = 0
    HASH = 1
    CZ_WHITELISTED = 2
    SIGNATURE = 3


class Operator(IntEnum):
    """Comparisons with a column (BinaryComparisonOperator and its like).

    In a LIKE pattern `%` is any text and `_` any character; `IGNORE_CASE` is for text.
    """

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
    EQUAL_IGNORE_CASE = 13
    NOT_EQUAL_IGNORE_CASE = 14
    IN_IGNORE_CASE = 15
    NOT_IN_IGNORE_CASE = 16
    LIKE_IGNORE_CASE = 17
    NOT_LIKE_IGNORE_CASE = 18


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

    `contract_state_types` are wire names; `participants` match where the state has any of them,
    `exact_participants` where it has those and no others; `external_ids` are accounts, one of whose
    keys is a participant's; `constraint_keys` are the keys of signature constraints.
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
    exact_participants: tuple[AbstractParty, ...] = ()
    constraint_types: tuple[ConstraintType, ...] = ()
    constraint_keys: tuple[PublicKey, ...] = ()


@serializable("corda.LinearStateQueryCriteria", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class LinearStateQueryCriteria(QueryCriteria):
    """Linear states by their identifier."""

    uuids: tuple[UUID, ...] = ()
    external_ids: tuple[str, ...] = ()
    participants: tuple[AbstractParty, ...] = ()
    status: StateStatus | None = None
    contract_state_types: tuple[str, ...] = ()
    relevancy: RelevancyStatus = RelevancyStatus.ALL
    exact_participants: tuple[AbstractParty, ...] = ()


@serializable("corda.FungibleStateQueryCriteria", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class FungibleStateQueryCriteria(QueryCriteria):
    """Fungible states by quantity, in smallest units."""

    quantity: ColumnCondition | None = None
    participants: tuple[AbstractParty, ...] = ()
    status: StateStatus | None = None
    contract_state_types: tuple[str, ...] = ()
    relevancy: RelevancyStatus = RelevancyStatus.ALL
    exact_participants: tuple[AbstractParty, ...] = ()


@serializable("corda.FungibleAssetQueryCriteria", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class FungibleAssetQueryCriteria(FungibleStateQueryCriteria):
    """Fungible assets also by their owner's name, issuer and issuer's reference."""

    owners: tuple[Party, ...] = ()
    issuers: tuple[Party, ...] = ()
    issuer_refs: tuple[bytes, ...] = ()


@serializable("corda.VaultCustomQueryCriteria", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class VaultCustomQueryCriteria(QueryCriteria):
    """Queryable states by a column of their own table."""

    table: str
    column: str
    condition: ColumnCondition
    status: StateStatus | None = None
    contract_state_types: tuple[str, ...] = ()
    relevancy: RelevancyStatus = RelevancyStatus.ALL


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


def state_types(*classes: type) -> tuple[str, ...]:
    """The wire names of state classes. Raises: NotSerializableException."""
    return tuple(PLATFORM.wire_name_of(cls) for cls in classes)
