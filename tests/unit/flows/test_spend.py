import pytest

from corda_sim.core.contracts import (
    Amount,
    Currency,
    Issued,
    StateAndRef,
    StateRef,
    TransactionState,
)
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.flow.selection import InsufficientBalanceException
from flows.cash.exit import exit_of
from flows.cash.payment import payment
from flows.cash.spend import plan_spend
from states.cash import CASH_CONTRACT, Cash, CashState
from tests.unit.states.ledger import (
    ALICE,
    BANK,
    BOB,
    GBP,
    JPY,
    NOTARY,
    OTHER_BANK,
    VALIDATOR,
    token,
    transaction,
)


def coin(
    quantity: int,
    of: Issued[Currency] | None = None,
    owner: Party = ALICE,
    validator: PublicKey | None = None,
    notary: Party = NOTARY,
) -> StateAndRef[CashState]:
    state = CashState(amount=Amount(quantity, of or token()), owner=owner, validator_key=validator)
    ref = StateRef(SecureHash.sha256(repr(state).encode()), 0)
    return StateAndRef(TransactionState(state, CASH_CONTRACT, notary), ref)


def yen(quantity: int) -> Amount[Currency]:
    return Amount(quantity, JPY)


MIXED = [
    coin(5),
    coin(7, token(OTHER_BANK)),
    coin(3, owner=BOB),
    coin(4, validator=VALIDATOR.owning_key),
]


@pytest.mark.parametrize("quantity", range(1, 20))
def test_a_payment_satisfies_the_contract(quantity: int) -> None:
    builder = payment(plan_spend(MIXED, yen(quantity)), BANK)
    outputs = tuple(output.data for output in builder.output_states)
    commands = [(command.value, command.signers) for command in builder.commands]
    Cash().verify(transaction(tuple(c.state.data for c in MIXED), outputs, *commands))
    paid = [out for out in outputs if out.owner == BANK]
    assert sum(out.amount.quantity for out in paid) == quantity
    assert len(outputs) <= 2 * 3


@pytest.mark.parametrize("quantity", range(1, 13))
def test_an_exit_satisfies_the_contract(quantity: int) -> None:
    coins = [one for one in MIXED if one.state.data.issuer == BANK]
    builder = exit_of(plan_spend(coins, yen(quantity)), BANK)
    outputs = tuple(output.data for output in builder.output_states)
    commands = [(command.value, command.signers) for command in builder.commands]
    Cash().verify(transaction(tuple(c.state.data for c in coins), outputs, *commands))
    assert sum(out.amount.quantity for out in outputs) == 12 - quantity


def test_an_exact_sum_leaves_no_change() -> None:
    (kind,) = plan_spend([coin(5), coin(3, owner=BOB)], yen(8)).kinds
    assert kind.change is None


def test_change_goes_to_the_owner_of_the_last_coin() -> None:
    (kind,) = plan_spend([coin(5), coin(3, owner=BOB)], yen(6)).kinds
    assert kind.change is not None
    assert (kind.change.owner, kind.change.amount.quantity) == (BOB, 2)


def test_too_few_coins() -> None:
    with pytest.raises(InsufficientBalanceException, match="missing 2 JPY"):
        plan_spend([coin(5)], yen(7))


@pytest.mark.parametrize(
    ("coins", "amount"),
    [
        ([coin(5)], yen(0)),
        ([coin(5), coin(5, notary=BOB)], yen(1)),
        ([coin(5), coin(5, token(currency=GBP))], yen(1)),
    ],
)
def test_refuses(coins: list[StateAndRef[CashState]], amount: Amount[Currency]) -> None:
    with pytest.raises(IllegalArgumentError):
        plan_spend(coins, amount)
