from uuid import UUID

import pytest

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalStateError, TransactionResolutionException
from corda_sim.flow.context import StagedStep
from corda_sim.flow.selection import (
    CoinSelection,
    InsufficientBalanceException,
    StatesNotAvailableException,
)
from corda_sim.flow.services import StatesToRecord
from corda_sim.node.vault.recorder import VaultUpdate
from states.cash import CashState
from tests.unit.node.vault.conftest import BOB, EUR, GBP, Rig, coin, transaction

ACCOUNT = UUID("11111111-2222-3333-4444-555555555555")


def want(quantity: int, account: UUID | None = None) -> CoinSelection:
    return CoinSelection(Amount(quantity, EUR), account)


def rows(rig: Rig, table: str) -> list[dict[str, object]]:
    found = rig.storage.read(rig.storage.table(table).select())
    return [dict(row._mapping) for row in found]


def test_300_flows_spend_one_coin_in_turn(rig: Rig) -> None:
    rig.issue(coin(300))
    for number in range(300):
        flow, later = StagedStep(f"flow-{number}"), StagedStep("later")
        chosen = rig.select(flow, want(1))
        assert chosen is not None
        if number < 299:
            assert rig.select(later, want(1)) is None
            assert f"flow-{number} holds" in rig.vault.describe_blockers(want(1))
        rig.commit(flow)
        paid = StagedStep(flow.flow_id)
        change = [coin(299 - number)] if number < 299 else []
        rig.record(
            paid, transaction(coin(1, BOB.owning_key), *change, inputs=chosen, salt=1000 + number)
        )
        rig.vault.soft_lock_release(paid, None)
        rig.commit(paid)
    with pytest.raises(InsufficientBalanceException, match="missing"):
        rig.select(StagedStep("one more"), want(1))


def test_an_exact_sum_is_preferred(rig: Rig) -> None:
    refs = rig.issue(coin(100), coin(7), coin(5), coin(3), coin(50))
    assert set(rig.select(StagedStep("f"), want(12)) or ()) == {refs[1], refs[2]}
    assert rig.select(StagedStep("g"), want(50)) == (refs[4],)
    assert rig.select(StagedStep("h"), want(90)) == (refs[0],)


def test_a_rolled_back_step_frees_its_coins(rig: Rig) -> None:
    rig.issue(coin(10))
    step = StagedStep("flow")
    assert rig.select(step, want(10))
    assert rig.select(StagedStep("other"), want(1)) is None
    rig.roll_back(step)
    assert rig.select(StagedStep("other"), want(1))


def test_a_rolled_back_spending_keeps_the_coin(rig: Rig) -> None:
    (ref,) = rig.issue(coin(10))
    step = StagedStep("flow")
    rig.record(step, transaction(coin(10, BOB.owning_key), inputs=(ref,)))
    assert rig.select(StagedStep("other"), want(1)) is None
    rig.roll_back(step)
    assert rig.select(StagedStep("other"), want(10)) == (ref,)


def test_locks_and_balances_survive_a_restart(rig: Rig) -> None:
    key = rig.account_key(ACCOUNT)
    refs = rig.issue(coin(10), coin(20, key), coin(7, currency=GBP))
    spent = StagedStep("pay")
    rig.record(spent, transaction(coin(4), coin(6, BOB.owning_key), inputs=(refs[0],)))
    lock = StagedStep("flow")
    assert rig.select(lock, want(20, ACCOUNT)) == (refs[1],)
    rig.commit(spent, lock)
    before = rig.vault.balances()
    rig.restart()
    assert rig.vault.balances() == before == (Amount(24, EUR), Amount(7, GBP))
    assert rig.vault.balances(ACCOUNT) == (Amount(20, EUR),)
    assert rig.vault.lock_holder(refs[1]) == "flow"
    assert not rig.vault.release_orphans({"flow"})
    batch = rig.vault.release_orphans(set())
    rig.commit(StagedStep(None, batch))
    assert rig.select(StagedStep("other"), want(20, ACCOUNT)) == (refs[1],)
    rig.restart()
    assert rig.vault.lock_holder(refs[1]) is None


def test_coins_of_an_account_are_apart(rig: Rig) -> None:
    rig.issue(coin(10), coin(20, rig.account_key(ACCOUNT)))
    with pytest.raises(InsufficientBalanceException):
        rig.select(StagedStep("f"), want(11))
    assert rig.select(StagedStep("f"), want(11, ACCOUNT))


def test_recording_twice_is_harmless(rig: Rig) -> None:
    issue = transaction(coin(10), coin(3, BOB.owning_key))
    for _ in range(2):
        step = StagedStep("f")
        rig.record(step, issue)
        rig.commit(step)
    pay = StagedStep("pay")
    rig.record(pay, transaction(coin(10, BOB.owning_key), inputs=(StateRef(issue.id, 0),)))
    rig.commit(pay)
    again = StagedStep("again")
    rig.record(again, issue)
    rig.commit(again)
    assert rig.vault.balances() == ()
    assert [row["state_status"] for row in rows(rig, "vault_states")] == [1]


def test_all_visible_records_and_consumes_states_of_others(rig: Rig) -> None:
    issue = transaction(coin(10, BOB.owning_key))
    step = StagedStep("f")
    rig.record(step, issue, StatesToRecord.ALL_VISIBLE)
    rig.commit(step)
    (row,) = rows(rig, "vault_states")
    assert (row["relevancy_status"], row["state_status"]) == (1, 0)
    assert rig.vault.balances() == ()
    step = StagedStep("g")
    rig.record(step, transaction(coin(9, BOB.owning_key), inputs=(StateRef(issue.id, 0),)))
    rig.commit(step)
    (row,) = rows(rig, "vault_states")
    assert row["state_status"] == 1
    assert row["consumed_timestamp"] is not None


def test_rows_of_a_coin(rig: Rig) -> None:
    step = StagedStep("f")
    rig.record(step, transaction(coin(10)))
    rig.commit(step)
    (update,) = [n for n in step.notifications if isinstance(n, VaultUpdate)]
    assert [one.state.data.amount.quantity for one in update.produced] == [10]
    counts = {
        table: len(rows(rig, table))
        for table in (
            "vault_states",
            "vault_fungible_states",
            "vault_fungible_states_parts",
            "vault_linear_states",
            "state_party",
            "contract_cash_states",
        )
    }
    assert counts == {**dict.fromkeys(counts, 1), "vault_linear_states": 0}


def test_nothing_is_recorded_when_told_so(rig: Rig) -> None:
    step = StagedStep("f")
    rig.vault.record(step, transaction(coin(10)), StatesToRecord.NONE)
    assert not step.batch
    assert not step.notifications


def test_explicit_locks_are_all_or_nothing(rig: Rig) -> None:
    refs = rig.issue(coin(1), coin(2))
    mine, other = StagedStep("mine"), StagedStep("other")
    rig.vault.soft_lock_reserve(mine, refs[:1])
    with pytest.raises(StatesNotAvailableException):
        rig.vault.soft_lock_reserve(other, refs)
    assert rig.vault.lock_holder(refs[1]) is None
    rig.commit(mine)
    release = StagedStep("mine")
    rig.vault.soft_lock_release(release, None)
    with pytest.raises(StatesNotAvailableException):
        rig.vault.soft_lock_reserve(other, refs)
    rig.commit(release)
    rig.vault.soft_lock_reserve(other, refs)
    rig.commit(other)
    assert {row["lock_id"] for row in rows(rig, "vault_states")} == {"other"}


def test_releasing_nothing_writes_nothing(rig: Rig) -> None:
    rig.issue(coin(1))
    step = StagedStep("flow")
    rig.vault.soft_lock_release(step, None)
    assert not step.batch
    assert not step.on_commit


def states(rig: Rig) -> dict[tuple[object, object], tuple[object, object]]:
    """Relevancy and status by reference."""
    return {
        (row["transaction_id"], row["output_index"]): (
            row["relevancy_status"],
            row["state_status"],
        )
        for row in rows(rig, "vault_states")
    }


def known(rig: Rig, *outputs: CashState, salt: int) -> list[StateRef]:
    """Outputs of a transaction that is recorded without vault states, as a back-chain is."""
    stx, step = transaction(*outputs, salt=salt), StagedStep("chain")
    rig.record(step, stx, StatesToRecord.NONE)
    rig.commit(step)
    return [StateRef(stx.id, i) for i in range(len(outputs))]


def test_what_a_relevant_transaction_refers_to_is_recorded(rig: Rig) -> None:
    refs = known(rig, coin(8, BOB.owning_key), coin(9, BOB.owning_key), salt=500)
    step = StagedStep("f")
    rig.record(step, transaction(coin(1), references=(refs[0],), salt=501))
    (update,) = [n for n in step.notifications if isinstance(n, VaultUpdate)]
    assert [one.ref for one in update.references] == [refs[0]]
    assert [one.state.data.amount.quantity for one in update.produced] == [1]
    rig.commit(step)
    assert states(rig)[str(refs[0].txhash), 0] == (1, 0)
    assert (str(refs[1].txhash), 1) not in states(rig)
    assert rig.vault.balances() == (Amount(1, EUR),)


def test_a_reference_is_recorded_once_and_never_revived(rig: Rig) -> None:
    (ref,) = known(rig, coin(8, BOB.owning_key), salt=500)
    for salt in (501, 502):
        step = StagedStep("f")
        rig.record(step, transaction(coin(1), references=(ref,), salt=salt))
        rig.commit(step)
    step = StagedStep("spent")
    rig.record(step, transaction(coin(8, BOB.owning_key), inputs=(ref,), salt=503))
    rig.commit(step)
    assert states(rig)[str(ref.txhash), 0] == (1, 1)
    step = StagedStep("late")
    rig.record(step, transaction(coin(1), references=(ref,), salt=504))
    rig.commit(step)
    assert states(rig)[str(ref.txhash), 0] == (1, 1)


def test_references_of_what_is_not_ours_are_not_recorded(rig: Rig) -> None:
    (ref,) = known(rig, coin(8), salt=500)
    step = StagedStep("f")
    rig.record(step, transaction(coin(1, BOB.owning_key), references=(ref,), salt=501))
    rig.commit(step)
    assert states(rig) == {}


def test_a_coin_of_ours_that_is_referred_to_may_be_spent(rig: Rig) -> None:
    (ref,) = known(rig, coin(8), salt=500)
    step = StagedStep("f")
    rig.record(step, transaction(coin(1), references=(ref,), salt=501))
    rig.commit(step)
    assert rig.select(StagedStep("pay"), want(8)) == (ref,)
    unknown = StateRef(SecureHash.sha256(b"unknown"), 0)
    with pytest.raises(TransactionResolutionException):
        rig.record(StagedStep("g"), transaction(coin(1), references=(unknown,), salt=502))


def test_states_of_others_are_told_and_locked_like_ours(rig: Rig) -> None:
    step = StagedStep("f")
    theirs = transaction(coin(10, BOB.owning_key))
    rig.record(step, theirs, StatesToRecord.ALL_VISIBLE)
    rig.commit(step)
    ref = StateRef(theirs.id, 0)
    rig.restart()
    lock = StagedStep("g")
    rig.vault.soft_lock_reserve(lock, [ref])
    rig.commit(lock)
    with pytest.raises(StatesNotAvailableException):
        rig.vault.soft_lock_reserve(StagedStep("h"), [ref])
    step = StagedStep("i")
    rig.record(step, transaction(coin(9, BOB.owning_key), inputs=(ref,)))
    (update,) = [n for n in step.notifications if isinstance(n, VaultUpdate)]
    assert (update.consumed, update.produced) == ((ref,), ())
    rig.commit(step)
    assert rig.vault.lock_holder(ref) is None


def test_all_visible_adds_what_only_relevant_left_out(rig: Rig) -> None:
    stx = transaction(coin(10), coin(3, BOB.owning_key))
    for kind, count in ((StatesToRecord.ONLY_RELEVANT, 1), (StatesToRecord.ALL_VISIBLE, 2)):
        step = StagedStep("f")
        rig.record(step, stx, kind)
        rig.commit(step)
        assert len(states(rig)) == count
    assert rig.vault.balances() == (Amount(10, EUR),)


def test_a_state_spent_in_the_step_that_makes_it(rig: Rig) -> None:
    first = transaction(coin(10), salt=1)
    second = transaction(coin(10), inputs=(StateRef(first.id, 0),), salt=2)
    step = StagedStep("f")
    for stx in (first, second):
        rig.record(step, stx)
    rig.commit(step)
    assert rig.select(StagedStep("g"), want(10)) == (StateRef(second.id, 0),)
    assert states(rig)[str(first.id), 0] == (0, 1)
    rig.restart()
    assert rig.vault.balances() == (Amount(10, EUR),)


def test_a_lock_of_a_spent_state_is_gone(rig: Rig) -> None:
    (ref,) = rig.issue(coin(10))
    lock, pay = StagedStep("f"), StagedStep("f")
    rig.vault.soft_lock_reserve(lock, [ref])
    rig.commit(lock)
    rig.record(pay, transaction(coin(10, BOB.owning_key), inputs=(ref,)))
    rig.commit(pay)
    (row,) = rows(rig, "vault_states")
    assert (row["lock_id"], row["lock_timestamp"]) == (None, None)
    with pytest.raises(StatesNotAvailableException, match="spent or held"):
        rig.vault.soft_lock_reserve(StagedStep("g"), [ref])


def test_only_a_flow_can_lock(rig: Rig) -> None:
    refs = rig.issue(coin(10))
    with pytest.raises(IllegalStateError):
        rig.vault.soft_lock_reserve(StagedStep(None), refs)
