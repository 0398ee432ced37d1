"""Vault queries as values: they travel, compose, and refuse what makes no sense."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import DecodeError
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.serialization.registry import NotSerializableException
from corda_sim.core.vault_query import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    Aggregate,
    AggregateFunction,
    AndComposition,
    Column,
    ColumnCondition,
    ConstraintType,
    FungibleAssetQueryCriteria,
    FungibleStateQueryCriteria,
    LinearStateQueryCriteria,
    Operator,
    OrComposition,
    Page,
    PageSpecification,
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
    state_types,
)
from states.cash import CashState
from tests.unit.states.ledger import ALICE, BANK, BOB

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
REF = StateRef(SecureHash.sha256(b"origin"), 3)
CRITERIA: list[QueryCriteria] = [
    VaultQueryCriteria(),
    VaultQueryCriteria(
        StateStatus.ALL,
        ("a.State",),
        (REF,),
        (ALICE,),
        SoftLockingCondition(SoftLockingType.SPECIFIED, ("flow",)),
        TimeCondition(TimeInstantType.CONSUMED, WHEN, None),
        RelevancyStatus.RELEVANT,
        (UUID(int=1),),
        (BOB, ALICE.anonymise()),
        (ALICE,),
        (ConstraintType.SIGNATURE,),
        (BANK.owning_key,),
    ),
    LinearStateQueryCriteria((UUID(int=2),), ("deal",), (ALICE,), StateStatus.CONSUMED),
    FungibleStateQueryCriteria(ColumnCondition(Operator.BETWEEN, (1, 2)), (ALICE,)),
    FungibleAssetQueryCriteria(owners=(ALICE,), issuers=(BANK,), issuer_refs=(b"\1",)),
    VaultCustomQueryCriteria(
        "contract_cash_states", "ccy_code", ColumnCondition(Operator.IS_NULL), StateStatus.ALL
    ),
]


@pytest.mark.parametrize("criteria", CRITERIA)
def test_criteria_travel(criteria: QueryCriteria) -> None:
    assert deserialize(serialize(criteria), type(criteria)) == criteria


@pytest.mark.parametrize("left", CRITERIA)
def test_criteria_compose(left: QueryCriteria) -> None:
    right = VaultQueryCriteria(StateStatus.CONSUMED)
    both, some = left.and_(right), left.or_(right)
    assert both == AndComposition(left, right)
    assert some == OrComposition(left, right)
    nested = both.or_(some)
    assert list(nested.parts()) == [left, right, left, right]
    assert deserialize(serialize(nested), OrComposition) == nested


def test_a_whole_query_travels() -> None:
    column = Column("contract_cash_states", "pennies")
    query = VaultQuery(
        CRITERIA[1],
        PageSpecification(2, 7),
        (SortColumn(SortAttribute.STATE_REF), SortColumn(column, descending=True)),
        (Aggregate(AggregateFunction.SUM, column, descending=False),),
        (Column("contract_cash_states", "ccy_code"),),
    )
    assert deserialize(serialize(query), VaultQuery) == query


def test_a_page_travels() -> None:
    state = StateMetadata(
        REF,
        "a.State",
        WHEN,
        None,
        StateStatus.UNCONSUMED,
        "O=Notary",
        "flow",
        WHEN,
        RelevancyStatus.RELEVANT,
    )
    page = Page((state,), 9, (1, "EUR", None, "1.5"))
    assert deserialize(serialize(page), Page) == page
    assert page.refs == (REF,)


def test_a_page_without_sums_has_no_trace_of_them() -> None:
    assert serialize(Page((), 0)) == serialize(Page((), 0, ()))
    assert deserialize(serialize(Page((), 0)), Page).other_results == ()


@pytest.mark.parametrize("data", [b"", b"csim", serialize(REF), serialize((1, 2))])
def test_what_is_no_query_is_not_read(data: bytes) -> None:
    with pytest.raises(DecodeError):
        deserialize(data, VaultQuery)


def test_a_page_out_of_range_is_not_read() -> None:
    good = serialize(PageSpecification(1, 2))
    bad = good.replace(b"\x01\x02", b"\x00\x02")
    assert bad != good
    with pytest.raises(DecodeError):
        deserialize(bad, PageSpecification)


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_pages_start_from_one(number: int, size: int) -> None:
    if number >= 1 and size >= 1:
        assert PageSpecification(number, size).page_size == size
        return
    with pytest.raises(VaultQueryException, match="Page specification: invalid page"):
        PageSpecification(number, size)


def test_the_largest_page() -> None:
    assert PageSpecification(1, MAX_PAGE_SIZE).page_size == 2**31 - 2
    assert PageSpecification().page_size == DEFAULT_PAGE_SIZE == 200
    with pytest.raises(VaultQueryException, match=r"\[maximum is 2147483646\]"):
        PageSpecification(1, MAX_PAGE_SIZE + 1)


def test_criteria_alone_are_a_query() -> None:
    criteria = VaultQueryCriteria(StateStatus.ALL)
    query = VaultQuery(criteria)
    assert VaultQuery.of(criteria) == query
    assert VaultQuery.of(query) is query
    assert VaultQuery().criteria == VaultQueryCriteria()


@pytest.mark.parametrize("wrong", ["CashState", None, 7, CashState, (VaultQueryCriteria(),)])
def test_anything_else_is_none(wrong: object) -> None:
    with pytest.raises(VaultQueryException, match="is no vault query"):
        VaultQuery.of(wrong)


def test_state_types_are_wire_names() -> None:
    assert state_types(CashState) == ("corda_sim.cash.CashState",)
    assert state_types() == ()
    with pytest.raises(NotSerializableException):
        state_types(int)


@pytest.mark.parametrize(
    ("member", "code"),
    [
        (StateStatus.UNCONSUMED, 0),
        (StateStatus.CONSUMED, 1),
        (RelevancyStatus.RELEVANT, 0),
        (RelevancyStatus.NOT_RELEVANT, 1),
        (ConstraintType.SIGNATURE, 3),
        (SoftLockingType.UNLOCKED_AND_SPECIFIED, 3),
        (TimeInstantType.CONSUMED, 1),
        (Operator.NOT_NULL, 12),
        (SortAttribute.ISSUER_REF, 10),
    ],
)
def test_codes_never_change(member: int, code: int) -> None:
    """Rows and journals hold them."""
    assert int(member) == code
