"""Soft locks and the coins that may be chosen, against a model, under steps that overlap."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.context import StagedStep
from corda_sim.flow.selection import CoinSelection, StatesNotAvailableException
from corda_sim.node.vault.coins import Coin, CoinIndex, Kind, Unspent
from corda_sim.node.vault.soft_locks import SoftLocks
from tests.unit.states.ledger import JPY, NOTARY

KIND = Kind(JPY, None, NOTARY.owning_key, None, None)
ORIGIN = SecureHash.sha256(b"coins")
FLOWS = st.sampled_from(["flow-a", "flow-b", "flow-c"])


@dataclass
class Pending:
    """A step of a flow that isn't settled: what it takes, gives back and spends."""

    step: StagedStep
    takes: list[StateRef] = field(default_factory=list)
    gives: list[StateRef] = field(default_factory=list)
    spends: list[StateRef] = field(default_factory=list)


class Locks(RuleBasedStateMachine):
    """Three flows, of which each has at most one step under way, as in the engine."""

    def __init__(self) -> None:
        super().__init__()
        self.coins = CoinIndex()
        self.locks = SoftLocks(self.coins, lambda: 0)
        self.unspent: set[StateRef] = set()
        self.holders: dict[StateRef, str] = {}
        self.pending: dict[str, Pending] = {}
        self.made = 0

    def step_of(self, flow: str) -> Pending:
        return self.pending.setdefault(flow, Pending(StagedStep(flow)))

    def spent_now(self) -> set[StateRef]:
        return {ref for one in self.pending.values() for ref in one.spends}

    def free(self) -> list[StateRef]:
        return sorted(self.unspent - self.holders.keys() - self.spent_now())

    @rule()
    def a_coin_appears(self) -> None:
        ref = StateRef(ORIGIN, self.made)
        self.made += 1
        self.locks.appeared(ref, Unspent("coin", Coin(ref, self.made, KIND)))
        self.unspent.add(ref)

    @precondition(lambda self: self.free())
    @rule(flow=FLOWS, data=st.data())
    def a_flow_takes_free_coins(self, flow: str, data: st.DataObject) -> None:
        if flow in self.pending:
            return
        refs = data.draw(st.lists(st.sampled_from(self.free()), min_size=1, unique=True))
        pending = self.step_of(flow)
        self.locks.take(pending.step, refs)
        pending.takes = refs
        self.holders.update(dict.fromkeys(refs, flow))

    @precondition(lambda self: self.made)
    @rule(flow=FLOWS, data=st.data())
    def a_flow_reserves_any_coins(self, flow: str, data: st.DataObject) -> None:
        if flow in self.pending:
            return
        numbers = st.integers(0, self.made)
        refs = [StateRef(ORIGIN, n) for n in data.draw(st.lists(numbers, max_size=3))]
        step = StagedStep(flow)
        possible = all(
            ref in self.unspent
            and ref not in self.spent_now()
            and self.holders.get(ref, flow) == flow
            for ref in refs
        )
        if not possible:
            with pytest.raises(StatesNotAvailableException):
                self.locks.reserve(step, refs)
            assert not step.batch
            return
        self.locks.reserve(step, refs)
        fresh = [ref for ref in dict.fromkeys(refs) if ref not in self.holders]
        self.pending[flow] = Pending(step, takes=fresh)
        self.holders.update(dict.fromkeys(fresh, flow))

    @rule(flow=FLOWS)
    def a_flow_gives_all_back(self, flow: str) -> None:
        if flow in self.pending:
            return
        held = [ref for ref, holder in self.holders.items() if holder == flow]
        pending = self.step_of(flow)
        self.locks.release(pending.step, None)
        pending.gives = [ref for ref in held if ref not in self.spent_now()]

    @precondition(lambda self: self.unspent)
    @rule(flow=FLOWS, data=st.data())
    def a_flow_spends_and_ends(self, flow: str, data: st.DataObject) -> None:
        if flow in self.pending:
            return
        held = [ref for ref, holder in self.holders.items() if holder == flow]
        mine = [ref for ref in (*held, *self.free()) if ref not in self.spent_now()]
        if not mine:
            return
        refs = data.draw(st.lists(st.sampled_from(mine), min_size=1, unique=True))
        pending = self.step_of(flow)
        for ref in refs:
            self.locks.spend(pending.step, ref)
        pending.spends = refs
        self.locks.release(pending.step, None)
        pending.gives = [ref for ref in held if ref not in self.spent_now()]

    @precondition(lambda self: self.pending)
    @rule(commits=st.booleans())
    def the_oldest_step_is_settled(self, commits: bool) -> None:
        flow = next(iter(self.pending))
        pending = self.pending.pop(flow)
        if commits:
            for action in pending.step.on_commit:
                action()
            self.unspent.difference_update(pending.spends)
            gone = [*pending.gives, *pending.spends]
        else:
            for action in reversed(pending.step.on_rollback):
                action()
            gone = pending.takes
        for ref in gone:
            self.holders.pop(ref, None)

    @invariant()
    def memory_is_as_the_model_says(self) -> None:
        purses = self.coins.suitable(CoinSelection(Amount(1, JPY)))
        free = [(worth, ref) for purse in purses for worth, ref in purse.free]
        assert [ref for _, ref in free] == self.free()
        assert free == sorted(free)
        assert sum(purse.free_sum for purse in purses) == sum(worth for worth, _ in free)
        assert {ref for purse in purses for ref in purse.coins} == self.unspent
        for number in range(self.made):
            ref = StateRef(ORIGIN, number)
            assert self.locks.holder(ref) == self.holders.get(ref)
            assert self.locks.is_unspent(ref) == (ref in self.unspent)


TestLocks = Locks.TestCase
TestLocks.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
