"""What a state becomes: rows of the database, and a coin in memory or none."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest

from corda_sim.core.contracts import (
    Amount,
    Currency,
    FungibleState,
    Issued,
    LinearState,
    SignatureAttachmentConstraint,
    StateAndRef,
    StateRef,
    TransactionState,
    UniqueIdentifier,
)
from corda_sim.core.contracts.constraints import (
    AttachmentConstraint,
    AutomaticPlaceholderConstraint,
)
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import FeatureNotSupportedException
from corda_sim.core.identity import AbstractParty, AnonymousParty, Party
from corda_sim.core.serialization import serializable
from corda_sim.core.write_batch import InsertIgnore, Row, WriteBatch
from corda_sim.flow.context import StagedStep
from corda_sim.node.vault.coins import CoinIndex, Kind, Purse, Unspent, coin_of
from corda_sim.node.vault.rows import insert_state
from states.cash import CASH_CONTRACT
from tests.unit.node.vault.conftest import ALICE, BANK, BOB, EUR, NOTARY, Rig, coin, pair

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
REF = StateRef(SecureHash.sha256(b"origin"), 3)
KEY = {"transaction_id": str(REF.txhash), "output_index": 3}
ACCOUNT = UUID(int=5)
SIGNED = SignatureAttachmentConstraint(pair("cordapp").public)


@serializable("tests.rows.Shares")
class Shares(FungibleState):
    """Fungible, without owner, issuer or currency."""

    belongs_to_contract: ClassVar[str | None] = CASH_CONTRACT
    holders: tuple[AbstractParty, ...]

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        return self.holders


@serializable("tests.rows.Points")
class Points(Shares):
    """Fungible in a currency, without owner."""


@serializable("tests.rows.Deal")
class Deal(LinearState):
    belongs_to_contract: ClassVar[str | None] = CASH_CONTRACT
    parties: tuple[AbstractParty, ...]

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        return self.parties


def held(data: Any, constraint: AttachmentConstraint = SIGNED) -> StateAndRef[Any]:  # noqa: ANN401
    return StateAndRef(TransactionState(data, CASH_CONTRACT, NOTARY, None, constraint), REF)


def rows_of(data: Any, *, relevant: bool = True) -> dict[str, list[Row]]:  # noqa: ANN401
    batch, found = WriteBatch(), dict[str, list[Row]]()
    insert_state(batch, held(data), relevant=relevant, when=WHEN)
    for op in batch.ops:
        assert isinstance(op, InsertIgnore)
        found.setdefault(op.table, []).append(op.row)
    return found


@pytest.mark.parametrize(("relevant", "code"), [(True, 0), (False, 1)])
def test_the_row_that_every_state_has(relevant: bool, code: int) -> None:
    (row,) = rows_of(coin(7), relevant=relevant)["vault_states"]
    assert row == {
        **KEY,
        "notary_name": str(NOTARY.name),
        "contract_state_class_name": "corda_sim.cash.CashState",
        "state_status": 0,
        "recorded_timestamp": WHEN,
        "relevancy_status": code,
        "constraint_type": 3,
        "constraint_data": pair("cordapp").public.encoded,
    }


def test_rows_of_an_owned_asset() -> None:
    rows = rows_of(coin(7))
    assert rows["vault_fungible_states"] == [
        {
            **KEY,
            "owner_name": str(ALICE.name),
            "quantity": 7,
            "issuer_name": str(BANK.name),
            "issuer_ref": b"\1",
        }
    ]
    assert rows["vault_fungible_states_parts"] == [{**KEY, "participants": str(ALICE.name)}]
    assert rows["contract_cash_states"][0]["pennies"] == 7
    assert "vault_linear_states" not in rows


def test_an_anonymous_owner_has_a_key_and_no_name() -> None:
    rows = rows_of(coin(7, BOB.owning_key))
    short = BOB.owning_key.to_string_short()
    assert rows["vault_fungible_states"][0]["owner_name"] is None
    assert rows["vault_fungible_states_parts"][0]["participants"] == short
    assert rows["state_party"] == [{**KEY, "public_key_hash": short, "x500_name": None}]


def test_rows_of_fungible_states_without_owner_and_issuer() -> None:
    shares = Shares(amount=Amount(9, "ACME"), holders=(ALICE, BOB))
    rows = rows_of(shares)
    assert rows["vault_fungible_states"] == [
        {**KEY, "owner_name": None, "quantity": 9, "issuer_name": None, "issuer_ref": None}
    ]
    assert {row["participants"] for row in rows["vault_fungible_states_parts"]} == {
        str(ALICE.name),
        str(BOB.name),
    }


def test_rows_of_a_linear_state() -> None:
    identifier = UniqueIdentifier("deal-1", UUID(int=8))
    deal = Deal(linear_id=identifier, parties=(ALICE, AnonymousParty(BOB.owning_key), ALICE))
    rows = rows_of(deal)
    assert rows["vault_linear_states"] == [
        {**KEY, "external_id": "deal-1", "uuid": str(UUID(int=8))}
    ]
    assert len(rows["vault_linear_states_parts"]) == 2
    assert [row["x500_name"] for row in rows["state_party"]] == [str(ALICE.name), None]
    assert "vault_fungible_states" not in rows


def test_other_constraints_are_refused() -> None:
    state = held(coin(7), AutomaticPlaceholderConstraint())
    with pytest.raises(FeatureNotSupportedException, match="AutomaticPlaceholder"):
        insert_state(WriteBatch(), state, relevant=True, when=WHEN)


# --- coins --------------------------------------------------------------------------------------


def test_a_coin_knows_kind_and_account(rig: Rig) -> None:
    key = rig.account_key(ACCOUNT)
    found = coin_of(held(coin(7, key)), rig.keys)
    assert found is not None
    assert (found.ref, found.quantity) == (REF, 7)
    assert found.kind == Kind(EUR, ACCOUNT, NOTARY.owning_key, BANK.owning_key, b"\1")


def test_what_is_no_currency_is_no_coin(rig: Rig) -> None:
    assert coin_of(held(Shares(amount=Amount(9, "ACME"), holders=(ALICE,))), rig.keys) is None
    token: Issued[str] = Issued(BANK.ref(b"\1"), "ACME")
    assert coin_of(held(Shares(amount=Amount(9, token), holders=(ALICE,))), rig.keys) is None


def test_a_coin_without_owner_is_the_first_participants_that_is_us(rig: Rig) -> None:
    mine = AnonymousParty(rig.account_key(ACCOUNT))
    points = Points(amount=Amount(9, Currency.of("EUR")), holders=(BOB, mine, ALICE))
    found = coin_of(held(points), rig.keys)
    assert found is not None
    assert found.kind == Kind(EUR, ACCOUNT, NOTARY.owning_key, None, None)


def test_relevance(rig: Rig) -> None:
    relevant = rig.vault._recorder.is_relevant
    mine, theirs = rig.account_key(ACCOUNT), BOB.owning_key
    assert relevant(coin(1))
    assert relevant(coin(1, mine))
    assert not relevant(coin(1, theirs))
    shares: list[tuple[tuple[Party | AnonymousParty, ...], bool]] = [
        ((ALICE, BOB), True),
        ((BOB, AnonymousParty(mine)), True),
        ((BOB, BANK), False),
        ((), False),
    ]
    for holders, expected in shares:
        assert relevant(Shares(amount=Amount(1, "ACME"), holders=holders)) is expected


def test_an_issuer_of_a_coin_is_not_its_owner(rig: Rig) -> None:
    issued = coin(5, BOB.owning_key, issuer=ALICE)
    assert not rig.vault._recorder.is_relevant(issued)
    rig.issue(issued)
    assert rig.vault.balances() == ()


def refs(count: int) -> list[StateRef]:
    return [StateRef(REF.txhash, index) for index in range(count)]


def test_a_purse_holds_and_frees_without_losing_count() -> None:
    purse = Purse(Kind(EUR, None, NOTARY.owning_key, None, None))
    small, large = refs(2)
    for ref, worth in ((large, 9), (small, 4)):
        purse.put(ref, worth)
    assert purse.free == [(4, small), (9, large)]
    for _ in range(2):
        purse.hold(large)
    assert (purse.free_sum, purse.total) == (4, 13)
    for _ in range(2):
        purse.make_free(large)
    assert (purse.free_sum, purse.total) == (13, 13)
    purse.take_out(small)
    assert (purse.free, purse.free_sum, purse.total) == ([(9, large)], 9, 9)


def test_the_index_forgets_what_is_spent(rig: Rig) -> None:
    index = CoinIndex()
    first, second, unknown = refs(3)
    found = coin_of(held(coin(7)), rig.keys)
    index.add(first, Unspent("cash", found))
    index.add(first, Unspent("again"))
    index.add(second, Unspent("deal"))
    assert [index.state_type(ref) for ref in (first, second)] == ["cash", "deal"]
    assert list(index.balances()) == [(EUR, None, 7)]
    for ref in (first, second, unknown, first):
        index.hold(ref)
        index.make_free(ref)
        index.remove(ref)
    assert list(index.balances()) == []
    assert not any(ref in index for ref in refs(3))


def test_a_lock_that_the_database_holds_is_known_after_a_restart(rig: Rig) -> None:
    (ref,) = rig.issue(coin(7))
    step = StagedStep("flow")
    rig.vault.soft_lock_reserve(step, [ref])
    rig.commit(step)
    rig.restart()
    assert rig.vault.lock_holder(ref) == "flow"
    assert rig.vault.lock_holder(StateRef(ref.txhash, 9)) is None
