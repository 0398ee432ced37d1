"""Which states a payment or an exit makes of the coins it takes: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from corda_sim.core.contracts import Amount, Currency, StateAndRef, TransactionState
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.flow.selection import InsufficientBalanceException
from states.cash import CashKey, CashState, cash_key


@dataclass(frozen=True, slots=True)
class KindSpent:
    """What is taken of the coins of one kind: `taken` is paid or exited, `change` stays.

    The change belongs to the owner of the last coin of the kind.
    """

    key: CashKey
    taken: Amount[Any]
    change: CashState | None
    last: CashState

    def paid_to(self, owner: AbstractParty) -> CashState:
        """The coin that the payee gets."""
        return self.last.with_new_owner_and_amount(self.taken, owner)


@dataclass(frozen=True, slots=True)
class Spend:
    """Coins of one notary with what becomes of each kind."""

    coins: tuple[StateAndRef[CashState], ...]
    kinds: tuple[KindSpent, ...]

    @property
    def notary(self) -> Party:
        """The notary of all the coins."""
        return self.coins[0].state.notary

    @property
    def owner_keys(self) -> tuple[PublicKey, ...]:
        """Keys of the coins' owners, in order, each once."""
        return tuple(dict.fromkeys(coin.state.data.owner.owning_key for coin in self.coins))


def plan_spend(coins: Iterable[StateAndRef[CashState]], amount: Amount[Currency]) -> Spend:
    """Take `amount` of the coins, kind by kind in order of first appearance.

    Raises: InsufficientBalanceException when they are worth less, IllegalArgumentError for coins of
    several notaries or currencies, or an amount of nothing.
    """
    held = tuple(coins)
    if amount.quantity == 0:
        raise IllegalArgumentError("The amount must be more than zero")
    if len({coin.state.notary for coin in held}) > 1:
        raise IllegalArgumentError("The coins are of several notaries")
    if any(coin.state.data.amount.token.product != amount.token for coin in held):
        raise IllegalArgumentError("The coins are of several currencies")
    remaining = amount.quantity
    kinds = []
    for key, states in _by_kind(coin.state for coin in held).items():
        kind = _spend_kind(key, states, remaining)
        remaining -= kind.taken.quantity
        kinds.append(kind)
    if remaining:
        raise InsufficientBalanceException(Amount(remaining, amount.token))
    return Spend(held, tuple(kind for kind in kinds))


def _by_kind(states: Iterable[TransactionState[CashState]]) -> dict[CashKey, list[CashState]]:
    kinds: dict[CashKey, list[CashState]] = {}
    for state in states:
        kinds.setdefault(cash_key(state.data), []).append(state.data)
    return kinds


def _spend_kind(key: CashKey, states: list[CashState], wanted: int) -> KindSpent:
    total = sum(state.amount.quantity for state in states)
    taken = min(total, wanted)
    last = states[-1]
    change = None
    if total > taken:
        change = last.with_new_owner_and_amount(Amount(total - taken, key.token), last.owner)
    return KindSpent(key, Amount(taken, key.token), change, last)
