import random
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.context import StagedStep
from corda_sim.flow.selection import CoinSelection, InsufficientBalanceException
from corda_sim.node.vault.coins import Priced
from corda_sim.node.vault.selection import choose
from corda_sim.node.vault.service import VaultService
from tests.unit.node.vault.conftest import BOB, EUR, Rig, coin, transaction

QUANTITIES = st.lists(st.integers(1, 40), min_size=1, max_size=6)


def priced(quantities: list[int]) -> list[Priced]:
    tx_id = SecureHash.sha256(b"coins")
    return sorted((quantity, StateRef(tx_id, i)) for i, quantity in enumerate(quantities))


@settings(max_examples=200, deadline=None)
@given(QUANTITIES, st.integers(1, 200))
def test_a_choice_is_exact_or_of_fewest_coins(quantities: list[int], wanted: int) -> None:
    coins = priced(quantities)
    chosen = choose(coins, wanted)
    if sum(quantities) < wanted:
        assert chosen is None
        return
    assert chosen is not None
    assert len(set(chosen)) == len(chosen)
    worth = sum(quantity for quantity, ref in coins if ref in chosen)
    sums = {
        sum(one): size
        for size in range(len(coins), 0, -1)
        for one in combinations(quantities, size)
    }
    if wanted in sums:
        assert worth == wanted
    else:
        assert worth > wanted
        assert len(chosen) == min(size for total, size in sums.items() if total >= wanted)


def test_ten_thousand_coins_are_no_matter() -> None:
    coins = priced(list(range(1, 10_001)))
    assert choose(coins, 7) == [coins[6][1]]
    assert len(choose(coins, 19_999) or ()) == 2
    assert len(choose(coins, sum(range(1, 10_001))) or ()) == 10_000
    assert choose(coins, sum(range(1, 10_001)) + 1) is None


def free(vault: VaultService) -> dict[StateRef, int]:
    purses = vault._coins.suitable(CoinSelection(Amount(1, EUR)))
    for purse in purses:
        assert purse.free == sorted(purse.free)
        assert purse.free_sum == sum(quantity for quantity, _ in purse.free)
        assert purse.total == sum(purse.coins.values())
    return {ref: quantity for purse in purses for quantity, ref in purse.free}


class Walk:
    """Flows that select, pay, give up and fail at random."""

    def __init__(self, rig: Rig, dice: random.Random) -> None:
        self.rig, self.dice = rig, dice
        self.holding: dict[str, tuple[StateRef, ...]] = {}
        self.started = 0

    def settle(self, step: StagedStep) -> bool:
        if self.dice.random() < 0.3:
            self.rig.roll_back(step)
            return False
        self.rig.commit(step)
        return True

    def begin(self) -> None:
        self.started += 1
        flow = f"flow-{self.started}"
        step = StagedStep(flow)
        try:
            refs = self.rig.select(step, CoinSelection(Amount(self.dice.randint(1, 60), EUR)))
        except InsufficientBalanceException:
            return
        if refs is not None and self.settle(step):
            assert not set(refs) & {ref for held in self.holding.values() for ref in held}
            self.holding[flow] = refs

    def end(self) -> None:
        if not self.holding:
            return
        flow = self.dice.choice(sorted(self.holding))
        refs, step = self.holding[flow], StagedStep(flow)
        if self.dice.random() < 0.7:
            self.started += 1
            paid = [coin(self.dice.randint(1, 30)) for _ in refs] + [coin(1, BOB.owning_key)]
            self.rig.record(step, transaction(*paid, inputs=refs, salt=10_000 + self.started))
        self.rig.vault.soft_lock_release(step, None)
        if self.settle(step):
            del self.holding[flow]


def test_memory_is_what_a_restart_would_find(rig: Rig) -> None:
    walk = Walk(rig, random.Random(7))
    rig.issue(*(coin(quantity) for quantity in range(5, 45, 5)))
    for number in range(150):
        walk.begin() if walk.dice.random() < 0.5 else walk.end()
        if number % 10 == 0:
            fresh = VaultService(rig.storage, rig.keys, lambda: rig.now, rig.transactions)
            fresh.load()
            assert free(fresh) == free(rig.vault)
            assert fresh.balances() == rig.vault.balances()
    assert walk.started > 100
