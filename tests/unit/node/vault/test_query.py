from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest

from corda_sim.core.contracts import LinearState, StateRef, UniqueIdentifier
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.core.serialization import deserialize, serializable
from corda_sim.core.vault_query import (
    Aggregate,
    AggregateFunction,
    Column,
    ColumnCondition,
    ConstraintType,
    FungibleAssetQueryCriteria,
    FungibleStateQueryCriteria,
    LinearStateQueryCriteria,
    Operator,
    Page,
    PageSpecification,
    QueryCriteria,
    RelevancyStatus,
    SoftLockingCondition,
    SoftLockingType,
    SortAttribute,
    SortColumn,
    StateStatus,
    TimeCondition,
    TimeInstantType,
    VaultCustomQueryCriteria,
    VaultQuery,
    VaultQueryCriteria,
    VaultQueryException,
    state_types,
)
from corda_sim.flow.context import StagedStep
from corda_sim.flow.services import StatesToRecord
from corda_sim.node.vault.recorder import VaultUpdate
from states.cash import CASH_CONTRACT, CashState
from tests.unit.node.vault.conftest import (
    ALICE,
    BANK,
    BOB,
    GBP,
    NOTARY,
    Rig,
    coin,
    pair,
    transaction,
)

ACCOUNT = UUID("11111111-2222-3333-4444-555555555555")
DEAL = UniqueIdentifier("deal-1", UUID("22222222-2222-3333-4444-555555555555"))


@serializable("tests.vault.DealState")
class DealState(LinearState):
    belongs_to_contract: ClassVar[str | None] = CASH_CONTRACT
    parties: tuple[Party, ...]

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        return self.parties


def quantities(rig: Rig, query: object) -> list[int]:
    page = deserialize(rig.vault.query(query), Page)
    found: list[int] = []
    for ref in page.refs:
        stx = rig.transactions.get(ref.txhash)
        assert stx is not None
        data: Any = stx.tx.out_ref(ref.index).state.data
        found.append(data.amount.quantity if isinstance(data, CashState) else 0)
    return found


def test_paging_and_sorting(rig: Rig) -> None:
    rig.issue(*(coin(q) for q in (30, 10, 20, 50, 40)))
    by_quantity = (SortColumn(SortAttribute.QUANTITY, descending=True),)
    query = VaultQuery(VaultQueryCriteria(), PageSpecification(2, 2), by_quantity)
    assert quantities(rig, query) == [30, 20]
    assert rig.vault.query_page(query).total_states_available == 5
    ascending = VaultQuery(sorting=(SortColumn(SortAttribute.QUANTITY),))
    assert quantities(rig, ascending) == [10, 20, 30, 40, 50]
    assert rig.vault.query_page(VaultQuery(paging=PageSpecification(9, 5))).states == ()


def test_more_than_200_states_need_no_page(rig: Rig) -> None:
    rig.issue(*(coin(1) for _ in range(250)))
    assert len(rig.vault.query_page(VaultQueryCriteria()).states) == 250


@pytest.mark.parametrize(
    ("page", "size", "message"),
    [
        (0, 1, r"invalid page number 0 \[page numbers start from 1\]"),
        (1, 0, r"invalid page size 0 \[minimum is 1\]"),
        (1, 2**31, r"maximum is 2147483646"),
    ],
)
def test_pages_out_of_range(page: int, size: int, message: str) -> None:
    with pytest.raises(VaultQueryException, match=message):
        PageSpecification(page, size)


def test_status_and_relevancy(rig: Rig) -> None:
    (ref,) = rig.issue(coin(10))
    step = StagedStep("f")
    paid = transaction(coin(6), coin(4, BOB.owning_key), inputs=(ref,), salt=77)
    rig.record(step, paid, StatesToRecord.ALL_VISIBLE)
    rig.commit(step)
    assert sorted(quantities(rig, VaultQueryCriteria())) == [4, 6]
    assert quantities(rig, VaultQueryCriteria(relevancy=RelevancyStatus.RELEVANT)) == [6]
    assert quantities(rig, VaultQueryCriteria(StateStatus.CONSUMED)) == [10]
    assert len(quantities(rig, VaultQueryCriteria(StateStatus.ALL))) == 3
    (spent,) = rig.vault.query_page(VaultQueryCriteria(StateStatus.CONSUMED)).states
    assert spent.consumed_time == spent.recorded_time


def test_criteria(rig: Rig) -> None:
    rig.issue(coin(10), coin(20, rig.account_key(ACCOUNT)), coin(30, currency=GBP, issuer=BOB))
    rig.issue(DealState(linear_id=DEAL, parties=(ALICE, BOB)))
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=rig.now // 1000)
    between = ColumnCondition(Operator.BETWEEN, (15, 25))
    pounds = ColumnCondition(Operator.EQUAL, ("GBP",))
    recorded = TimeInstantType.RECORDED
    cases: list[tuple[QueryCriteria, list[int]]] = [
        (VaultQueryCriteria(contract_state_types=state_types(DealState)), [0]),
        (VaultQueryCriteria(contract_state_types=state_types(CashState)), [10, 20, 30]),
        (VaultQueryCriteria(external_ids=(ACCOUNT,)), [20]),
        (VaultQueryCriteria(participants=(BOB,)), [0]),
        (VaultQueryCriteria(notary=(NOTARY,)), [0, 10, 20, 30]),
        (VaultQueryCriteria(notary=(BOB,)), []),
        (VaultQueryCriteria(time_condition=TimeCondition(recorded, now)), [0, 10, 20, 30]),
        (VaultQueryCriteria(time_condition=TimeCondition(recorded, None, now)), []),
        (LinearStateQueryCriteria(uuids=(DEAL.id,)), [0]),
        (LinearStateQueryCriteria(external_ids=("deal-2",)), []),
        (FungibleStateQueryCriteria(between), [20]),
        (FungibleAssetQueryCriteria(issuers=(BANK,)), [10, 20]),
        (FungibleAssetQueryCriteria(owners=(ALICE,)), [10, 30]),
        (VaultCustomQueryCriteria("contract_cash_states", "ccy_code", pounds), [30]),
        (FungibleStateQueryCriteria(between).or_(LinearStateQueryCriteria()), [0, 20]),
        (
            FungibleAssetQueryCriteria(issuers=(BANK,)).and_(
                FungibleAssetQueryCriteria(owners=(ALICE,))
            ),
            [10],
        ),
    ]
    for criteria, expected in cases:
        assert sorted(quantities(rig, criteria)) == expected, criteria


@pytest.mark.parametrize(
    ("operator", "operands", "expected"),
    [
        (Operator.EQUAL, (20,), [20]),
        (Operator.NOT_EQUAL, (20,), [10, 30]),
        (Operator.LESS_THAN, (20,), [10]),
        (Operator.LESS_THAN_OR_EQUAL, (20,), [10, 20]),
        (Operator.GREATER_THAN, (20,), [30]),
        (Operator.GREATER_THAN_OR_EQUAL, (20,), [20, 30]),
        (Operator.IN, (10, 30), [10, 30]),
        (Operator.IN, (), []),
        (Operator.NOT_IN, (10,), [20, 30]),
        (Operator.IS_NULL, (), []),
        (Operator.NOT_NULL, (), [10, 20, 30]),
    ],
)
def test_operators(
    rig: Rig, operator: Operator, operands: tuple[object, ...], expected: list[int]
) -> None:
    rig.issue(coin(10), coin(20), coin(30))
    criteria = FungibleStateQueryCriteria(ColumnCondition(operator, operands))
    assert sorted(quantities(rig, criteria)) == expected


@pytest.mark.parametrize(
    ("operator", "operand", "expected"),
    [
        (Operator.LIKE, "E%", [10]),
        (Operator.LIKE, "e%", []),
        (Operator.LIKE, "_B_", [30]),
        (Operator.NOT_LIKE, "E%", [30]),
        (Operator.LIKE_IGNORE_CASE, "e%", [10]),
        (Operator.NOT_LIKE_IGNORE_CASE, "e%", [30]),
        (Operator.EQUAL_IGNORE_CASE, "gbp", [30]),
        (Operator.NOT_EQUAL_IGNORE_CASE, "gbp", [10]),
        (Operator.IN_IGNORE_CASE, "eur", [10]),
        (Operator.NOT_IN_IGNORE_CASE, "eur", [30]),
    ],
)
def test_operators_on_text(rig: Rig, operator: Operator, operand: str, expected: list[int]) -> None:
    rig.issue(coin(10), coin(30, currency=GBP))
    condition = ColumnCondition(operator, (operand,))
    criteria = VaultCustomQueryCriteria("contract_cash_states", "ccy_code", condition)
    assert quantities(rig, criteria) == expected


def test_by_constraint(rig: Rig) -> None:
    rig.issue(coin(10))
    signed, hashed = ConstraintType.SIGNATURE, ConstraintType.HASH
    cases = [
        (VaultQueryCriteria(constraint_types=(signed, hashed)), [10]),
        (VaultQueryCriteria(constraint_types=(hashed,)), []),
        (VaultQueryCriteria(constraint_keys=(pair("cordapp").public,)), [10]),
        (VaultQueryCriteria(constraint_keys=(BOB.owning_key,)), []),
    ]
    for criteria, expected in cases:
        assert quantities(rig, criteria) == expected


def test_a_column_of_the_vault_itself(rig: Rig) -> None:
    (ref,) = rig.issue(coin(10))
    index = ColumnCondition(Operator.EQUAL, (0,))
    assert quantities(rig, VaultCustomQueryCriteria("vault_states", "output_index", index)) == [10]
    notary = Column("vault_states", "notary_name")
    page = rig.vault.query_page(
        VaultQuery(aggregates=(Aggregate(AggregateFunction.COUNT, notary),), group_by=(notary,))
    )
    assert page.other_results == (1, str(NOTARY.name))
    assert page.refs == ()
    assert rig.vault.query_page(VaultQueryCriteria(state_refs=(ref,))).refs == (ref,)


def test_sums_in_order(rig: Rig) -> None:
    rig.issue(coin(10), coin(20), coin(40, currency=GBP))
    pennies, currency = (Column("contract_cash_states", name) for name in ("pennies", "ccy_code"))
    for descending, expected in ((True, (40, "GBP", 30, "EUR")), (False, (30, "EUR", 40, "GBP"))):
        total = Aggregate(AggregateFunction.SUM, pennies, descending)
        page = rig.vault.query_page(VaultQuery(aggregates=(total,), group_by=(currency,)))
        assert page.other_results == expected


def test_aggregates_over_nothing(rig: Rig) -> None:
    pennies = Column("contract_cash_states", "pennies")
    functions = (AggregateFunction.COUNT, AggregateFunction.SUM, AggregateFunction.AVG)
    query = VaultQuery(aggregates=tuple(Aggregate(one, pennies) for one in functions))
    assert rig.vault.query_page(query).other_results == (0, None, None)


def test_a_page_travels(rig: Rig) -> None:
    rig.issue(coin(1), coin(2))
    pennies = Column("contract_cash_states", "pennies")
    mean = Aggregate(AggregateFunction.AVG, pennies)
    page = deserialize(rig.vault.query(VaultQuery(aggregates=(mean,))), Page)
    assert page.other_results == ("1.5",)


def test_groups_need_an_aggregate() -> None:
    with pytest.raises(VaultQueryException, match="aggregate"):
        VaultQuery(group_by=(Column("contract_cash_states", "pennies"),))


def test_queries_that_make_no_sense(rig: Rig) -> None:
    for query in (
        FungibleStateQueryCriteria(ColumnCondition(Operator.EQUAL_IGNORE_CASE, (1,))),
        VaultQuery(sorting=(SortColumn(Column("contract_cash_states", "colour")),)),
        VaultQuery(sorting=(SortColumn(Column("node_transactions", "tx_id")),)),
        "CashState",
        FungibleStateQueryCriteria(ColumnCondition(Operator.BETWEEN, (1,))),
        VaultCustomQueryCriteria(
            "contract_cash_states", "colour", ColumnCondition(Operator.IS_NULL)
        ),
    ):
        with pytest.raises(VaultQueryException):
            rig.vault.query_page(query)


def test_by_lock(rig: Rig) -> None:
    refs = rig.issue(coin(1), coin(2), coin(3))
    for name, ref in zip(("a", "b"), refs, strict=False):
        step = StagedStep(name)
        rig.vault.soft_lock_reserve(step, [ref])
        rig.commit(step)
    expected = {
        SoftLockingType.UNLOCKED_ONLY: [3],
        SoftLockingType.LOCKED_ONLY: [1, 2],
        SoftLockingType.SPECIFIED: [1],
        SoftLockingType.UNLOCKED_AND_SPECIFIED: [1, 3],
    }
    for kind, found in expected.items():
        condition = SoftLockingCondition(kind, ("a",))
        assert sorted(quantities(rig, VaultQueryCriteria(soft_locking=condition))) == found


def test_following_the_vault(rig: Rig) -> None:
    (first,) = rig.issue(coin(5))
    told: list[VaultUpdate] = []
    feed = rig.vault.track(
        VaultQueryCriteria(contract_state_types=state_types(CashState)), told.append
    )
    assert feed.snapshot.refs == (first,)
    (second,) = rig.issue(coin(6))
    rig.issue(DealState(linear_id=DEAL, parties=(ALICE,)))
    step = StagedStep("pay")
    rig.record(step, transaction(coin(5, BOB.owning_key), inputs=(first,), salt=99))
    assert len(told) == 1
    rig.commit(step)
    assert [one.ref for one in told[0].produced] == [second]
    assert told[1].consumed == (first,)
    assert told[1].consumed_types == state_types(CashState)
    feed.close()
    rig.issue(coin(7))
    assert len(told) == 2


def test_a_feed_of_one_type_hears_of_no_other(rig: Rig) -> None:
    (ref,) = rig.issue(coin(5))
    told: list[VaultUpdate] = []
    rig.vault.track(VaultQueryCriteria(contract_state_types=state_types(DealState)), told.append)
    step = StagedStep("pay")
    deal = DealState(linear_id=DEAL, parties=(ALICE,))
    rig.record(step, transaction(coin(5, BOB.owning_key), inputs=(ref,), salt=5))
    rig.commit(step)
    assert told == []
    (made,) = rig.issue(deal)
    ended = StagedStep("end")
    rig.record(ended, transaction(coin(1), inputs=(made,), salt=6))
    rig.commit(ended)
    assert [one.ref for one in told[0].produced] == [made]
    assert (told[1].consumed, told[1].produced) == ((made,), ())


def test_a_change_between_snapshot_and_commit_is_told_once(rig: Rig) -> None:
    step = StagedStep("issue")
    stx = transaction(coin(5), salt=50)
    rig.record(step, stx)
    rig.storage.commit([step.batch], epoch=None)
    told: list[VaultUpdate] = []
    feed = rig.vault.track(VaultQueryCriteria(), told.append)
    for action in step.on_commit:
        action()
    assert feed.snapshot.refs == (StateRef(stx.id, 0),)
    assert told == []
    (next_ref,) = rig.issue(coin(6))
    assert [one.ref for one in told[0].produced] == [next_ref]
