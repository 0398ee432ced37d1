"""What a payment or an exit makes of any coins satisfies the contract; what is near it doesn't."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from corda_sim.core.contracts import Amount, StateAndRef, StateRef, TransactionState
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError, IllegalStateError
from corda_sim.core.identity import Party
from corda_sim.core.transactions import LedgerTransaction, TransactionBuilder
from corda_sim.flow.selection import InsufficientBalanceException
from flows.cash.exit import exit_of
from flows.cash.payment import payment
from flows.cash.spend import plan_spend
from states.cash import CASH_CONTRACT, Cash, CashKey, CashState, cash_key
from tests.unit.states.ledger import (
    ALICE,
    BANK,
    BOB,
    JPY,
    NOTARY,
    OTHER_BANK,
    VALIDATOR,
    token,
    transaction,
)

KINDS = (
    CashKey(token(), None),
    CashKey(token(), VALIDATOR.owning_key),
    CashKey(token(ref=b"\2"), None),
    CashKey(token(OTHER_BANK), None),
)
Coins = list[StateAndRef[CashState]]


def coin(number: int, kind: CashKey, quantity: int, owner: Party) -> StateAndRef[CashState]:
    state = CashState(
        amount=Amount(quantity, kind.token), owner=owner, validator_key=kind.validator_key
    )
    ref = StateRef(SecureHash.sha256(b"coins"), number)
    return StateAndRef(TransactionState(state, CASH_CONTRACT, NOTARY), ref)


def coins(kinds: Iterable[CashKey]) -> st.SearchStrategy[Coins]:
    one = st.tuples(st.sampled_from(list(kinds)), st.integers(1, 50), st.sampled_from([ALICE, BOB]))
    return st.lists(one, min_size=1, max_size=7).map(
        lambda drawn: [coin(i, *each) for i, each in enumerate(drawn)]
    )


def ledger(
    held: Coins, builder: TransactionBuilder, outputs: tuple[CashState, ...] | None = None
) -> LedgerTransaction:
    made = tuple(output.data for output in builder.output_states)
    commands = [(command.value, command.signers) for command in builder.commands]
    spent = tuple(one.state.data for one in held)
    return transaction(spent, made if outputs is None else outputs, *commands)


def sums(states: Iterable[CashState]) -> Counter[CashKey]:
    total: Counter[CashKey] = Counter()
    for state in states:
        total[cash_key(state)] += state.amount.quantity
    return total


@given(coins(KINDS), st.integers(1, 400))
def test_a_payment_pays_and_keeps_the_rest(held: Coins, quantity: int) -> None:
    owned = sums(one.state.data for one in held)
    if quantity > owned.total():
        with pytest.raises(InsufficientBalanceException) as raised:
            plan_spend(held, Amount(quantity, JPY))
        assert raised.value.amount_missing == Amount(quantity - owned.total(), JPY)
        return
    builder = payment(plan_spend(held, Amount(quantity, JPY)), BANK)
    Cash().verify(ledger(held, builder))
    outputs = [output.data for output in builder.output_states]
    assert sums(outputs) == owned
    assert sums(one for one in outputs if one.owner == BANK).total() == quantity
    assert len(outputs) <= len(owned) + 1
    owners = {one.owner for one in outputs}
    assert owners <= {BANK, *(one.state.data.owner for one in held)}


@given(coins(KINDS[:3]), st.integers(1, 350))
def test_an_exit_takes_just_that_off_the_ledger(held: Coins, quantity: int) -> None:
    owned = sums(one.state.data for one in held)
    assume(quantity <= owned.total())
    builder = exit_of(plan_spend(held, Amount(quantity, JPY)), BANK)
    Cash().verify(ledger(held, builder))
    assert sums(output.data for output in builder.output_states).total() == (
        owned.total() - quantity
    )


@given(coins(KINDS), st.data())
def test_an_altered_payment_is_refused(held: Coins, data: st.DataObject) -> None:
    total = sum(one.state.data.amount.quantity for one in held)
    quantity = data.draw(st.integers(1, total))
    builder = payment(plan_spend(held, Amount(quantity, JPY)), BANK)
    outputs = [output.data for output in builder.output_states]
    at = data.draw(st.integers(0, len(outputs) - 1))
    change = data.draw(st.sampled_from(["more", "less", "gone", "twice", "other kind"]))
    altered = tuple(alter(outputs, at, change))
    with pytest.raises((IllegalArgumentError, IllegalStateError)):
        Cash().verify(ledger(held, builder, altered))


def alter(outputs: list[CashState], at: int, change: str) -> list[CashState]:
    one, rest = outputs[at], outputs[:at] + outputs[at + 1 :]
    quantity, kind = one.amount.quantity, one.amount.token
    match change:
        case "more" | "less":
            worth = Amount(quantity + (1 if change == "more" else -1), kind)
            return [*rest, one.with_new_owner_and_amount(worth, one.owner)]
        case "gone":
            return rest
        case "twice":
            return [*rest, one, one]
    other = token(BOB)
    moved = CashState(
        amount=Amount(quantity, other), owner=one.owner, validator_key=one.validator_key
    )
    return [*rest, moved]


@given(coins(KINDS), st.data())
def test_a_payment_without_an_owners_signature_is_refused(held: Coins, data: st.DataObject) -> None:
    builder = payment(plan_spend(held, Amount(1, JPY)), BANK)
    (command,) = builder.commands
    left_out = data.draw(st.sampled_from(sorted(command.signers, key=lambda key: key.encoded)))
    signers = tuple(key for key in command.signers if key != left_out) or (BANK.owning_key,)
    spent = tuple(one.state.data for one in held)
    outputs = tuple(output.data for output in builder.output_states)
    with pytest.raises(IllegalArgumentError, match="every owner of an input signs"):
        Cash().verify(transaction(spent, outputs, (command.value, signers)))
