"""Vault queries against a naive model: the same criteria over plain Python values."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corda_sim.core.contracts import (
    ContractState,
    Currency,
    LinearState,
    StateRef,
    UniqueIdentifier,
)
from corda_sim.core.identity import AbstractParty, AnonymousParty, Party
from corda_sim.core.serialization import serializable
from corda_sim.core.vault_query import (
    Aggregate,
    AggregateFunction,
    AndComposition,
    Column,
    ColumnCondition,
    FungibleAssetQueryCriteria,
    FungibleStateQueryCriteria,
    LinearStateQueryCriteria,
    Operator,
    OrComposition,
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
    state_types,
)
from corda_sim.flow.context import StagedStep
from corda_sim.flow.services import StatesToRecord
from corda_sim.testing.databases import make_database
from states.cash import CASH_CONTRACT, CashState
from tests.unit.node.vault.conftest import ALICE, BANK, BOB, EUR, GBP, Rig, coin, transaction

ACCOUNT = UUID(int=7)
START = 1_700_000_000_000_000_000


@serializable("tests.vault.Note")
class Note(LinearState):
    belongs_to_contract: ClassVar[str | None] = CASH_CONTRACT
    parties: tuple[Party, ...]

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        return self.parties


@dataclass(frozen=True)
class Held:
    """A state as the model sees it."""

    ref: StateRef
    data: Any
    minute: int
    relevant: bool
    consumed: int | None = None
    lock: str | None = None
    accounts: frozenset[UUID] = frozenset()

    @property
    def participants(self) -> frozenset[str]:
        return frozenset(one.owning_key.to_string_short() for one in self.data.participants)

    @property
    def quantity(self) -> int | None:
        return self.data.amount.quantity if isinstance(self.data, CashState) else None

    @property
    def currency(self) -> str | None:
        return self.data.amount.token.product.code if isinstance(self.data, CashState) else None


@dataclass
class World:
    """A vault with something of everything, and the model of it."""

    rig: Rig
    states: dict[StateRef, Held] = field(default_factory=dict)
    minute: int = 0

    def tick(self) -> None:
        self.minute += 1
        self.rig.now = START + self.minute * 60 * 10**9

    def issue(
        self, *data: ContractState, accounts: frozenset[UUID] = frozenset()
    ) -> list[StateRef]:
        return self.commit(data, (), accounts)

    def commit(
        self,
        data: tuple[ContractState, ...],
        inputs: tuple[StateRef, ...],
        accounts: frozenset[UUID] = frozenset(),
    ) -> list[StateRef]:
        self.tick()
        stx = transaction(*data, inputs=inputs, salt=self.minute)
        step = StagedStep("flow")
        self.rig.record(step, stx, StatesToRecord.ALL_VISIBLE)
        self.rig.commit(step)
        refs = [StateRef(stx.id, i) for i in range(len(data))]
        for ref, one in zip(refs, data, strict=True):
            relevant = self.rig.vault._recorder.is_relevant(one)
            self.states[ref] = Held(ref, one, self.minute, relevant, accounts=accounts)
        for ref in inputs:
            self.states[ref] = replace(self.states[ref], consumed=self.minute, lock=None)
        return refs

    def lock(self, flow: str, *refs: StateRef) -> None:
        step = StagedStep(flow)
        self.rig.vault.soft_lock_reserve(step, refs)
        self.rig.commit(step)
        for ref in refs:
            self.states[ref] = replace(self.states[ref], lock=flow)


def fill(world: World) -> None:
    first = world.issue(*(coin(q) for q in (10, 20, 20, 35)))
    second = world.issue(coin(20, BOB.owning_key), coin(5, currency=GBP), coin(7, issuer=BOB))
    key = world.rig.account_key(ACCOUNT)
    world.issue(coin(11, key), coin(20, key, GBP), accounts=frozenset([ACCOUNT]))
    for number, parties in enumerate(((ALICE,), (ALICE, BOB), (BOB, BANK), (BANK, ALICE))):
        identifier = UniqueIdentifier(f"note-{number % 2}", UUID(int=number))
        world.issue(Note(linear_id=identifier, parties=parties))
    world.commit((coin(10, BOB.owning_key), coin(20)), (first[0], first[1]))
    world.commit((coin(12, BOB.owning_key), coin(8, BOB.owning_key)), (second[0],))
    world.lock("flow-a", first[2])
    world.lock("flow-b", first[3], second[1])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    file = tmp_path_factory.mktemp("vault") / "node.db"
    made = World(Rig(make_database(file, ("node", "cash"))))
    made.rig.start()
    fill(made)
    yield made
    made.rig.storage.close()


# --- the model ----------------------------------------------------------------------------------

COMPARE: dict[Operator, Callable[[Any, tuple[Any, ...]], bool]] = {
    Operator.EQUAL: lambda value, given: value == given[0],
    Operator.NOT_EQUAL: lambda value, given: value != given[0],
    Operator.LESS_THAN: lambda value, given: value < given[0],
    Operator.LESS_THAN_OR_EQUAL: lambda value, given: value <= given[0],
    Operator.GREATER_THAN: lambda value, given: value > given[0],
    Operator.GREATER_THAN_OR_EQUAL: lambda value, given: value >= given[0],
    Operator.BETWEEN: lambda value, given: given[0] <= value <= given[1],
    Operator.IN: lambda value, given: value in given,
    Operator.NOT_IN: lambda value, given: value not in given,
    Operator.LIKE: lambda value, given: value.startswith(given[0].rstrip("%")),
    Operator.EQUAL_IGNORE_CASE: lambda value, given: value.lower() == given[0].lower(),
    Operator.IN_IGNORE_CASE: lambda value, given: value.lower() in [g.lower() for g in given],
}


OfParties = VaultQueryCriteria | LinearStateQueryCriteria | FungibleStateQueryCriteria
Common = OfParties | VaultCustomQueryCriteria


def hashes(parties: tuple[AbstractParty, ...]) -> frozenset[str]:
    return frozenset(one.owning_key.to_string_short() for one in parties)


def has_status(held: Held, status: StateStatus | None) -> bool:
    if status in (None, StateStatus.ALL):
        return True
    return (held.consumed is not None) == (status is StateStatus.CONSUMED)


def is_locked_so(held: Held, condition: SoftLockingCondition | None) -> bool:
    if condition is None:
        return True
    mine = held.lock in condition.lock_ids
    return {
        SoftLockingType.UNLOCKED_ONLY: held.lock is None,
        SoftLockingType.LOCKED_ONLY: held.lock is not None,
        SoftLockingType.SPECIFIED: mine,
        SoftLockingType.UNLOCKED_AND_SPECIFIED: held.lock is None or mine,
    }[condition.type]


def is_of_time(held: Held, condition: TimeCondition | None) -> bool:
    if condition is None:
        return True
    recorded = condition.type is TimeInstantType.RECORDED
    minute = held.minute if recorded else held.consumed
    if minute is None:
        return condition.since is None and condition.until is None
    time = at(minute)
    after = condition.since is None or time >= condition.since
    return after and (condition.until is None or time < condition.until)


def at(minute: int) -> datetime:
    return datetime.fromtimestamp(START // 10**9, UTC) + timedelta(minutes=minute)


def matches_all(held: Held, criteria: Common) -> bool:
    wanted = criteria.relevancy
    kinds = criteria.contract_state_types
    return (
        has_status(held, criteria.status)
        and wanted in (RelevancyStatus.ALL, RelevancyStatus(0 if held.relevant else 1))
        and (not kinds or state_types(type(held.data))[0] in kinds)
    )


def matches_parties(held: Held, criteria: OfParties) -> bool:
    some, exact = hashes(criteria.participants), hashes(criteria.exact_participants)
    return (not some or bool(some & held.participants)) and (
        not exact or exact == held.participants
    )


def matches(held: Held, criteria: QueryCriteria) -> bool:
    match criteria:
        case AndComposition(left, right):
            return matches(held, left) and matches(held, right)
        case OrComposition(left, right):
            return matches(held, left) or matches(held, right)
        case VaultQueryCriteria():
            return (
                matches_all(held, criteria)
                and matches_parties(held, criteria)
                and is_locked_so(held, criteria.soft_locking)
                and is_of_time(held, criteria.time_condition)
                and (not criteria.external_ids or bool(held.accounts & {*criteria.external_ids}))
                and (not criteria.state_refs or held.ref in criteria.state_refs)
            )
        case LinearStateQueryCriteria():
            identifier = getattr(held.data, "linear_id", None)
            return (
                identifier is not None
                and matches_all(held, criteria)
                and matches_parties(held, criteria)
                and (not criteria.uuids or identifier.id in criteria.uuids)
                and (not criteria.external_ids or identifier.external_id in criteria.external_ids)
            )
        case FungibleStateQueryCriteria():
            return matches_fungible(held, criteria)
        case VaultCustomQueryCriteria():
            currency = held.currency
            condition = criteria.condition
            return (
                currency is not None
                and matches_all(held, criteria)
                and COMPARE[condition.operator](currency, condition.operands)
            )
    raise AssertionError(criteria)


def matches_fungible(held: Held, criteria: FungibleStateQueryCriteria) -> bool:
    if held.quantity is None or not matches_all(held, criteria):
        return False
    condition = criteria.quantity
    fits = condition is None or COMPARE[condition.operator](held.quantity, condition.operands)
    if isinstance(criteria, FungibleAssetQueryCriteria):
        fits = fits and matches_asset(held.data, criteria)
    return fits and matches_parties(held, criteria)


def matches_asset(data: CashState, criteria: FungibleAssetQueryCriteria) -> bool:
    owner = data.owner.name if isinstance(data.owner, Party) else None
    issuer = data.amount.token.issuer
    return (
        (not criteria.owners or owner in [one.name for one in criteria.owners])
        and (not criteria.issuers or issuer.party in criteria.issuers)
        and (not criteria.issuer_refs or issuer.reference in criteria.issuer_refs)
    )


def expected(world: World, criteria: QueryCriteria) -> list[Held]:
    default = all(getattr(part, "status", None) is None for part in criteria.parts())
    return [
        held
        for held in world.states.values()
        if matches(held, criteria) and not (default and held.consumed is not None)
    ]


# --- what is asked ------------------------------------------------------------------------------

STATUS = st.sampled_from([None, None, *StateStatus])
RELEVANCY = st.sampled_from(list(RelevancyStatus))
PARTIES = st.lists(st.sampled_from([ALICE, BOB, BANK]), max_size=2, unique=True).map(tuple)
KINDS = st.sampled_from([(), state_types(CashState), state_types(Note)])
NUMBERS = st.integers(4, 36)
QUANTITY = st.one_of(
    st.tuples(
        st.sampled_from([op for op in COMPARE if op <= Operator.GREATER_THAN_OR_EQUAL]),
        st.tuples(NUMBERS),
    ),
    st.tuples(st.just(Operator.BETWEEN), st.tuples(NUMBERS, NUMBERS)),
    st.tuples(
        st.sampled_from([Operator.IN, Operator.NOT_IN]), st.lists(NUMBERS, max_size=3).map(tuple)
    ),
).map(lambda pair: ColumnCondition(*pair))
CODES = st.sampled_from(["EUR", "GBP", "eur", "Gbp"])
CURRENCY = st.one_of(
    st.tuples(
        st.sampled_from([Operator.EQUAL, Operator.NOT_EQUAL, Operator.EQUAL_IGNORE_CASE]),
        st.tuples(CODES),
    ),
    st.tuples(st.just(Operator.LIKE), st.sampled_from([("E%",), ("e%",), ("GBP",)])),
    st.tuples(
        st.sampled_from([Operator.IN, Operator.IN_IGNORE_CASE]),
        st.lists(CODES, max_size=2).map(tuple),
    ),
).map(lambda pair: ColumnCondition(*pair))
TIMES = st.one_of(st.none(), st.integers(0, 14).map(at))
VAULT = st.builds(
    VaultQueryCriteria,
    status=STATUS,
    contract_state_types=KINDS,
    relevancy=RELEVANCY,
    participants=PARTIES,
    exact_participants=PARTIES,
    external_ids=st.sampled_from([(), (), (ACCOUNT,), (UUID(int=9),)]),
    soft_locking=st.one_of(
        st.none(),
        st.builds(
            SoftLockingCondition,
            st.sampled_from(list(SoftLockingType)),
            st.sampled_from([("flow-a",), ("flow-a", "flow-b"), ("nobody",)]),
        ),
    ),
    time_condition=st.one_of(
        st.none(),
        st.builds(TimeCondition, st.sampled_from(list(TimeInstantType)), TIMES, TIMES),
    ),
)
LINEAR = st.builds(
    LinearStateQueryCriteria,
    uuids=st.lists(st.integers(0, 4).map(lambda n: UUID(int=n)), max_size=2).map(tuple),
    external_ids=st.sampled_from([(), ("note-0",), ("note-1", "note-9")]),
    participants=PARTIES,
    status=STATUS,
)
ASSET = st.builds(
    FungibleAssetQueryCriteria,
    quantity=st.one_of(st.none(), QUANTITY),
    status=STATUS,
    relevancy=RELEVANCY,
    owners=PARTIES,
    issuers=PARTIES,
    issuer_refs=st.sampled_from([(), (b"\1",), (b"\2",)]),
)
CUSTOM = st.builds(
    VaultCustomQueryCriteria,
    table=st.just("contract_cash_states"),
    column=st.just("ccy_code"),
    condition=CURRENCY,
    status=STATUS,
)
LEAF: st.SearchStrategy[QueryCriteria] = st.one_of(VAULT, LINEAR, ASSET, CUSTOM)
CRITERIA = st.recursive(
    LEAF,
    lambda inner: st.builds(
        lambda left, right, both: left.and_(right) if both else left.or_(right),
        inner,
        inner,
        st.booleans(),
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(CRITERIA)
def test_the_states_that_match(world: World, criteria: QueryCriteria) -> None:
    page = world.rig.vault.query_page(criteria)
    assert set(page.refs) == {held.ref for held in expected(world, criteria)}
    assert page.total_states_available == len(page.states) == len(set(page.refs))


def quantity_key(held: Held, descending: bool) -> tuple[bool, int, str, int]:
    quantity = held.quantity or 0
    last = held.quantity is None
    signed = -quantity if descending else quantity
    return (last, signed, str(held.ref.txhash), held.ref.index)


@settings(max_examples=60, deadline=None)
@given(CRITERIA, st.booleans(), st.booleans(), st.integers(1, 6))
def test_pages_in_order(
    world: World, criteria: QueryCriteria, descending: bool, custom: bool, size: int
) -> None:
    column = Column("contract_cash_states", "pennies") if custom else SortAttribute.QUANTITY
    found: list[StateRef] = []
    number = 1
    while True:
        query = VaultQuery(
            criteria, PageSpecification(number, size), (SortColumn(column, descending),)
        )
        page = world.rig.vault.query_page(query)
        if not page.states:
            break
        found += page.refs
        number += 1
    held = sorted(expected(world, criteria), key=lambda one: quantity_key(one, descending))
    assert found == [one.ref for one in held]
    assert page.total_states_available == len(held)


@settings(max_examples=60, deadline=None)
@given(CRITERIA)
def test_sums_by_currency(world: World, criteria: QueryCriteria) -> None:
    pennies = Column("contract_cash_states", "pennies")
    functions = list(AggregateFunction)
    query = VaultQuery(
        criteria,
        aggregates=tuple(Aggregate(function, pennies) for function in functions),
        group_by=(Column("contract_cash_states", "ccy_code"),),
    )
    found = world.rig.vault.query_page(query)
    rows: list[object] = []
    for code in ("EUR", "GBP"):
        worths = [held.quantity or 0 for held in expected(world, criteria) if held.currency == code]
        if worths:
            rows += [len(worths), None, min(worths), max(worths), sum(worths), code]
    means = found.other_results[1::6]
    assert [*found.other_results] == [
        means[i // 6] if i % 6 == 1 else value for i, value in enumerate(rows)
    ]
    for i, mean in enumerate(means):
        count, total = found.other_results[i * 6], found.other_results[i * 6 + 4]
        assert isinstance(count, int)
        assert isinstance(total, int)
        assert float(str(mean)) == pytest.approx(total / count)
    assert (found.states, found.total_states_available) == ((), -1)


def test_the_model_has_something_of_everything(world: World) -> None:
    held = list(world.states.values())
    for wanted in (
        lambda one: one.consumed is not None,
        lambda one: one.lock is not None,
        lambda one: not one.relevant,
        lambda one: one.accounts,
        lambda one: isinstance(one.data, Note),
        lambda one: one.currency == GBP.code and one.quantity,
        lambda one: one.currency == EUR.code,
        lambda one: isinstance(one.data, CashState) and type(one.data.owner) is AnonymousParty,
    ):
        assert any(wanted(one) for one in held)
    assert isinstance(EUR, Currency)
