"""Choosing coins: an exact sum where one is found quickly, else as few coins as will do."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from heapq import merge

from corda_sim.core.contracts import Amount, Currency, StateRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.serialization import serialize
from corda_sim.flow.context import StagedStep
from corda_sim.flow.selection import CoinSelection, InsufficientBalanceException
from corda_sim.node.vault.coins import CoinIndex, Priced, Purse
from corda_sim.node.vault.soft_locks import SoftLocks

EXACT_DEPTH = 7
"""Exact sums are looked for among sets of at most one coin more than this."""
EXACT_TRIES = 96
"""How many sets are tried for each size: all of those of six coins, and bounded time for any."""


def choose(coins: Sequence[Priced], quantity: int) -> list[StateRef] | None:
    """Coins worth at least `quantity`; None when all together are worth less.

    `coins` are ascending by worth.
    """
    return _exact_sum(coins, quantity) or _fewest(coins, quantity)


def _exact_sum(coins: Sequence[Priced], quantity: int) -> list[StateRef] | None:
    for depth in range(min(EXACT_DEPTH, len(coins) - 1) + 1):
        found = _Search(coins, EXACT_TRIES).exact(len(coins), quantity, depth)
        if found is not None:
            return found
    return None


class _Search:
    """Sets of exactly `depth + 1` coins with a given sum, the greatest coins tried first."""

    def __init__(self, coins: Sequence[Priced], tries: int) -> None:
        self._coins, self._tries = coins, tries

    def exact(self, end: int, quantity: int, depth: int) -> list[StateRef] | None:
        coins = self._coins
        at = _first_worth(coins, quantity, end)
        if depth == 0:
            return [coins[at][1]] if at < end and coins[at][0] == quantity else None
        for i in range(min(at, end) - 1, depth - 1, -1):
            worth, ref = coins[i]
            if worth * (depth + 1) < quantity or self._tries <= 0:
                return None
            self._tries -= 1
            rest = self.exact(i, quantity - worth, depth - 1)
            if rest is not None:
                return [ref, *rest]
        return None


def _fewest(coins: Sequence[Priced], quantity: int) -> list[StateRef] | None:
    chosen: list[StateRef] = []
    end = len(coins)
    while quantity > 0:
        at = _first_worth(coins, quantity, end)
        if at < end:
            return [*chosen, coins[at][1]]
        if end == 0:
            return None
        end -= 1
        chosen.append(coins[end][1])
        quantity -= coins[end][0]
    return chosen


def _first_worth(coins: Sequence[Priced], quantity: int, end: int) -> int:
    return bisect_left(coins, quantity, 0, end, key=_worth)


def _worth(coin: Priced) -> int:
    return coin[0]


class CoinSelector:
    """Answers the flows' selections from the index in memory, and locks what it chose."""

    def __init__(self, coins: CoinIndex, locks: SoftLocks) -> None:
        self._coins, self._locks = coins, locks

    def try_select(self, staged: StagedStep, selection: object) -> bytes | None:
        """Refs of the chosen coins as a serialized tuple; None when too few are free by now.

        Raises: InsufficientBalanceException when there are too few, locked ones included.
        """
        wanted = _checked(selection)
        purses = self._coins.suitable(wanted)
        refs = _choose_of_one_notary(purses, wanted.amount.quantity)
        if refs is None:
            _require_enough(purses, wanted.amount)
            return None
        self._locks.take(staged, refs)
        return serialize(tuple(refs))

    def describe_blockers(self, selection: object) -> str:
        """Which flows hold the coins that `selection` waits for, those with most first."""
        wanted = _checked(selection)
        held: defaultdict[str, int] = defaultdict(int)
        for purse in self._coins.suitable(wanted):
            for ref, quantity in purse.coins.items():
                flow_id = self._locks.holder(ref)
                if flow_id is not None:
                    held[flow_id] += quantity
        token = wanted.amount.token
        return "; ".join(
            f"flow {flow_id} holds {Amount(quantity, token)}"
            for flow_id, quantity in sorted(held.items(), key=lambda item: (-item[1], item[0]))
        )


def _checked(selection: object) -> CoinSelection:
    if not isinstance(selection, CoinSelection):
        raise IllegalArgumentError(f"{type(selection).__name__} is no CoinSelection")
    return selection


def _by_notary(purses: Sequence[Purse]) -> list[list[Purse]]:
    groups: defaultdict[PublicKey, list[Purse]] = defaultdict(list)
    for purse in purses:
        groups[purse.kind.notary].append(purse)
    return [groups[key] for key in sorted(groups, key=lambda key: key.encoded)]


def _choose_of_one_notary(purses: Sequence[Purse], quantity: int) -> list[StateRef] | None:
    if quantity == 0:
        return []
    for group in _by_notary(purses):
        if sum(purse.free_sum for purse in group) >= quantity:
            free = group[0].free if len(group) == 1 else list(merge(*(p.free for p in group)))
            return choose(free, quantity)
    return None


def _require_enough(purses: Sequence[Purse], amount: Amount[Currency]) -> None:
    most = max((sum(purse.total for purse in group) for group in _by_notary(purses)), default=0)
    if most < amount.quantity:
        raise InsufficientBalanceException(Amount(amount.quantity - most, amount.token))
