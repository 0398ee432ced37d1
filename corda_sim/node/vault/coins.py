"""Unspent states in memory: coins of ours sorted by worth, and which of them may be chosen.

The database is the truth; this index mirrors what is committed there, less what steps that aren't
committed yet have reserved.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from corda_sim.core.contracts import (
    Currency,
    FungibleState,
    Issued,
    OwnableState,
    StateAndRef,
    StateRef,
)
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.flow.selection import CoinSelection
from corda_sim.node.keys import KeyManagementService


class Kind(NamedTuple):
    """What coins of one purse have in common."""

    currency: Currency
    account: UUID | None
    notary: PublicKey
    issuer: PublicKey | None
    issuer_ref: bytes | None

    def suits(self, selection: CoinSelection) -> bool:
        """Whether `selection` takes coins of this kind; currency and account match already."""
        issuer, notary, reference = selection.issuer, selection.notary, selection.issuer_ref
        return (
            (issuer is None or self.issuer == issuer.owning_key)
            and (notary is None or self.notary == notary.owning_key)
            and (reference is None or self.issuer_ref == reference)
        )


@dataclass(frozen=True, slots=True)
class Coin:
    """An unspent fungible state of a currency."""

    ref: StateRef
    quantity: int
    kind: Kind


class Unspent(NamedTuple):
    """What is remembered of an unspent state; `coin` is set for coins of ours."""

    state_type: str
    coin: Coin | None = None


Priced = tuple[int, StateRef]


@dataclass(slots=True)
class Purse:
    """All unspent coins of one kind. `free` is ascending by worth; sums are in smallest units."""

    kind: Kind
    coins: dict[StateRef, int] = field(default_factory=dict)
    free: list[Priced] = field(default_factory=list)
    free_sum: int = 0
    total: int = 0

    def put(self, ref: StateRef, quantity: int) -> None:
        """A new coin, free."""
        self.coins[ref] = quantity
        self.total += quantity
        self.make_free(ref)

    def take_out(self, ref: StateRef) -> None:
        """A coin was spent."""
        self.hold(ref)
        self.total -= self.coins.pop(ref)

    def make_free(self, ref: StateRef) -> None:
        """The coin may be chosen; again is no change."""
        entry = (self.coins[ref], ref)
        if not self._has(entry):
            insort(self.free, entry)
            self.free_sum += entry[0]

    def hold(self, ref: StateRef) -> None:
        """The coin may not be chosen; again is no change."""
        entry = (self.coins[ref], ref)
        if self._has(entry):
            del self.free[bisect_left(self.free, entry)]
            self.free_sum -= entry[0]

    def _has(self, entry: Priced) -> bool:
        at = bisect_left(self.free, entry)
        return at < len(self.free) and self.free[at] == entry


class CoinIndex:
    """Every unspent state that the vault holds; those of ours that are coins in their purses."""

    def __init__(self) -> None:
        self._unspent: dict[StateRef, Unspent] = {}
        self._purses: dict[tuple[Currency, UUID | None], dict[Kind, Purse]] = {}

    def __contains__(self, ref: StateRef) -> bool:
        return ref in self._unspent

    def __len__(self) -> int:
        return len(self._unspent)

    def state_type(self, ref: StateRef) -> str:
        """The wire name of an unspent state's class."""
        return self._unspent[ref].state_type

    def add(self, ref: StateRef, unspent: Unspent) -> None:
        """An unspent state is committed; again is no change."""
        if ref in self._unspent:
            return
        self._unspent[ref] = unspent
        coin = unspent.coin
        if coin is not None:
            of_owner = self._purses.setdefault((coin.kind.currency, coin.kind.account), {})
            of_owner.setdefault(coin.kind, Purse(coin.kind)).put(ref, coin.quantity)

    def remove(self, ref: StateRef) -> None:
        """The state is spent, committed; one that isn't here is passed over."""
        gone = self._unspent.pop(ref, None)
        coin = None if gone is None else gone.coin
        if coin is None:
            return
        of_owner = self._purses[coin.kind.currency, coin.kind.account]
        of_owner[coin.kind].take_out(ref)
        if not of_owner[coin.kind].coins:
            del of_owner[coin.kind]

    def hold(self, ref: StateRef) -> None:
        """Keep a coin from being chosen; a state that is no coin is passed over."""
        purse = self._purse_of(ref)
        if purse is not None:
            purse.hold(ref)

    def make_free(self, ref: StateRef) -> None:
        """Let a coin be chosen again."""
        purse = self._purse_of(ref)
        if purse is not None:
            purse.make_free(ref)

    def suitable(self, selection: CoinSelection) -> list[Purse]:
        """The purses that `selection` may take from."""
        of_owner = self._purses.get((selection.amount.token, selection.account), {})
        return [purse for kind, purse in of_owner.items() if kind.suits(selection)]

    def balances(self) -> Iterator[tuple[Currency, UUID | None, int]]:
        """Currency, account and sum of every owner's coins, locked ones included."""
        for (currency, account), purses in self._purses.items():
            if purses:
                yield currency, account, sum(purse.total for purse in purses.values())

    def _purse_of(self, ref: StateRef) -> Purse | None:
        known = self._unspent.get(ref)
        coin = None if known is None else known.coin
        if coin is None:
            return None
        return self._purses[coin.kind.currency, coin.kind.account][coin.kind]


def coin_of(state: StateAndRef[FungibleState], keys: KeyManagementService) -> Coin | None:
    """The coin that a state of ours is; None when its token is no currency."""
    data, token = state.state.data, state.state.data.amount.token
    issuer = token.issuer if isinstance(token, Issued) else None
    currency = token.product if isinstance(token, Issued) else token
    if not isinstance(currency, Currency):
        return None
    kind = Kind(
        currency,
        keys.external_id(owner_key(data, keys)),
        state.state.notary.owning_key,
        issuer.party.owning_key if issuer else None,
        issuer.reference if issuer else None,
    )
    return Coin(state.ref, data.amount.quantity, kind)


def owner_key(data: FungibleState, keys: KeyManagementService) -> PublicKey:
    """The owner's key; where a state has no owner, the first of its participants that is us."""
    if isinstance(data, OwnableState):
        return data.owner.owning_key
    return first_of_ours((one.owning_key for one in data.participants), keys)


def first_of_ours(candidates: Iterable[PublicKey], keys: KeyManagementService) -> PublicKey:
    """The first key that is ours; the state is relevant, so that there is one."""
    return next(key for key in candidates if keys.is_our_key(key))
