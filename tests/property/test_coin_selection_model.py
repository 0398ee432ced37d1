"""Coin selection over coins of many kinds, against a search of all of them."""

from collections import defaultdict
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.serialization import deserialize
from corda_sim.flow.context import StagedStep
from corda_sim.flow.selection import CoinSelection, InsufficientBalanceException
from corda_sim.node.vault.coins import Coin, CoinIndex, Kind, Unspent
from corda_sim.node.vault.selection import CoinSelector
from corda_sim.node.vault.soft_locks import SoftLocks
from tests.unit.states.ledger import ALICE, BANK, BOB, GBP, JPY, NOTARY, OTHER_BANK

ACCOUNT = UUID(int=1)
KINDS = st.builds(
    Kind,
    st.sampled_from([JPY, JPY, GBP]),
    st.sampled_from([None, None, ACCOUNT]),
    st.sampled_from([NOTARY.owning_key, BOB.owning_key]),
    st.sampled_from([BANK.owning_key, OTHER_BANK.owning_key]),
    st.sampled_from([b"\1", b"\2"]),
)
COINS = st.lists(st.tuples(KINDS, st.integers(1, 20), st.booleans()), max_size=12)
SELECTIONS = st.builds(
    CoinSelection,
    st.integers(0, 60).map(lambda quantity: Amount(quantity, JPY)),
    st.sampled_from([None, None, ACCOUNT]),
    st.sampled_from([None, BANK, OTHER_BANK, ALICE]),
    st.sampled_from([None, b"\1"]),
    st.sampled_from([None, NOTARY]),
)


def suits(kind: Kind, wanted: CoinSelection) -> bool:
    """Said once more, plainly."""
    if (kind.currency, kind.account) != (wanted.amount.token, wanted.account):
        return False
    if wanted.issuer is not None and kind.issuer != wanted.issuer.owning_key:
        return False
    if wanted.issuer_ref is not None and kind.issuer_ref != wanted.issuer_ref:
        return False
    return wanted.notary is None or kind.notary == wanted.notary.owning_key


class Purse:
    """Coins, some of which another flow holds, and the selector over them."""

    def __init__(self, drawn: list[tuple[Kind, int, bool]]) -> None:
        index = CoinIndex()
        self.locks = SoftLocks(index, lambda: 0)
        self.selector = CoinSelector(index, self.locks)
        self.coins: dict[StateRef, Coin] = {}
        self.held: set[StateRef] = set()
        for number, (kind, quantity, held) in enumerate(drawn):
            ref = StateRef(SecureHash.sha256(b"coins"), number)
            self.coins[ref] = Coin(ref, quantity, kind)
            self.locks.appeared(ref, Unspent("coin", self.coins[ref]))
            if held:
                self.locks.take(StagedStep("holder"), [ref])
                self.held.add(ref)

    def sums(self, wanted: CoinSelection, *, free: bool) -> dict[PublicKey, int]:
        """What each notary's suitable coins are worth."""
        found: dict[PublicKey, int] = defaultdict(int)
        for ref, coin in self.coins.items():
            if suits(coin.kind, wanted) and not (free and ref in self.held):
                found[coin.kind.notary] += coin.quantity
        return found


@given(COINS, SELECTIONS)
def test_what_is_chosen(drawn: list[tuple[Kind, int, bool]], wanted: CoinSelection) -> None:
    purse, step, quantity = Purse(drawn), StagedStep("chooser"), wanted.amount.quantity
    most = max(purse.sums(wanted, free=False).values(), default=0)
    if quantity > most:
        with pytest.raises(InsufficientBalanceException) as raised:
            purse.selector.try_select(step, wanted)
        assert raised.value.amount_missing == Amount(quantity - most, JPY)
        assert not step.batch
        return
    found = purse.selector.try_select(step, wanted)
    if quantity > max(purse.sums(wanted, free=True).values(), default=0):
        assert found is None
        assert "flow holder holds" in purse.selector.describe_blockers(wanted)
        return
    assert found is not None
    refs = deserialize(found, tuple[StateRef, ...])
    chosen = [purse.coins[ref] for ref in refs]
    assert sum(coin.quantity for coin in chosen) >= quantity
    assert all(suits(coin.kind, wanted) for coin in chosen)
    assert len({coin.kind.notary for coin in chosen}) <= 1
    assert purse.held.isdisjoint(refs)
    assert len(set(refs)) == len(refs)
    assert all(purse.locks.holder(ref) == "chooser" for ref in refs)


@given(COINS, SELECTIONS)
def test_what_is_chosen_is_needed(
    drawn: list[tuple[Kind, int, bool]], wanted: CoinSelection
) -> None:
    """No coin could be left out: nobody's change comes from a coin that wasn't needed."""
    purse, quantity = Purse(drawn), wanted.amount.quantity
    if quantity > max(purse.sums(wanted, free=True).values(), default=0):
        return
    found = purse.selector.try_select(StagedStep("chooser"), wanted)
    assert found is not None
    worths = [purse.coins[ref].quantity for ref in deserialize(found, tuple[StateRef, ...])]
    assert not worths or sum(worths) - min(worths) < quantity
