"""Soft locks: which flow means to spend a state (VaultService.softLockReserve and Release)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable

from corda_sim.core.contracts import StateRef
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.instants import instant
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.context import StagedStep
from corda_sim.flow.selection import StatesNotAvailableException
from corda_sim.node.vault.coins import CoinIndex, Unspent
from corda_sim.node.vault.rows import ref_columns


class SoftLocks:
    """Locks by state and by flow, committed and staged; the one place that decides who has one."""

    def __init__(self, coins: CoinIndex, clock: Callable[[], int]) -> None:
        self._coins, self._clock = coins, clock
        self._holders: dict[StateRef, str] = {}
        self._held: defaultdict[str, set[StateRef]] = defaultdict(set)
        self._releasing: set[StateRef] = set()
        self._spending: Counter[StateRef] = Counter()

    def __len__(self) -> int:
        return len(self._holders)

    def load(self, ref: StateRef, flow_id: str) -> None:
        """A lock that the database holds, at start."""
        self._hold(ref, flow_id)

    def appeared(self, ref: StateRef, unspent: Unspent) -> None:
        """An unspent state is committed; one that a staged step spends is not free."""
        self._coins.add(ref, unspent)
        if self._spending[ref]:
            self._coins.hold(ref)

    def is_unspent(self, ref: StateRef) -> bool:
        """Whether the vault holds the state and no committed step has spent it."""
        return ref in self._coins

    def state_type(self, ref: StateRef) -> str:
        """The wire name of an unspent state's class."""
        return self._coins.state_type(ref)

    def holder(self, ref: StateRef) -> str | None:
        """The flow that holds the state."""
        return self._holders.get(ref)

    def reserve(self, staged: StagedStep, refs: Iterable[StateRef]) -> None:
        """Lock all of `refs` for the step's flow, or none.

        Raises: StatesNotAvailableException when one is another flow's, is being spent, or isn't
        unspent in the vault.
        """
        wanted = list(dict.fromkeys(refs))
        flow_id = _flow_of(staged)
        taken = [ref for ref in wanted if not self._is_free_for(ref, flow_id)]
        if taken:
            raise StatesNotAvailableException(
                f"{len(taken)} of {len(wanted)} states can't be locked, they are spent or held by "
                f"another flow: {', '.join(map(str, taken[:5]))}"
            )
        self.take(staged, wanted)

    def _is_free_for(self, ref: StateRef, flow_id: str) -> bool:
        if ref not in self._coins or ref in self._spending:
            return False
        return self._holders.get(ref, flow_id) == flow_id

    def take(self, staged: StagedStep, refs: Iterable[StateRef]) -> None:
        """Lock states that are known to be free or the flow's own."""
        flow_id = _flow_of(staged)
        changes = {"lock_id": flow_id, "lock_timestamp": instant(self._clock())}
        fresh = []
        for ref in refs:
            self._releasing.discard(ref)
            staged.batch.update("vault_states", ref_columns(ref), changes)
            if ref not in self._holders:
                self._hold(ref, flow_id)
                fresh.append(ref)
        staged.on_rollback.append(lambda: self._let_go(fresh))

    def release(self, staged: StagedStep, refs: Iterable[StateRef] | None) -> None:
        """Unlock those of `refs` that the step's flow holds, or all it holds.

        Others may have them once the step is committed.
        """
        held = self._held.get(staged.flow_id or "")
        if not held:
            return
        wanted = held if refs is None else held.intersection(refs)
        going = sorted(ref for ref in wanted if not self._spending[ref])
        if not going:
            return
        for ref in going:
            staged.batch.update("vault_states", ref_columns(ref), _UNLOCKED)
        self._releasing.update(going)
        staged.on_commit.append(lambda: self._released(going))
        staged.on_rollback.append(lambda: self._releasing.difference_update(going))

    def spend(self, staged: StagedStep, ref: StateRef) -> None:
        """The step spends a state: nobody may choose it, and its lock ends with the commit."""
        self._spending[ref] += 1
        self._coins.hold(ref)
        staged.on_commit.append(lambda: self._spent(ref))
        staged.on_rollback.append(lambda: self._not_spent(ref))

    def release_orphans(self, live_flow_ids: Collection[str]) -> WriteBatch:
        """At start: the rows that end the locks of flows that no longer exist."""
        batch = WriteBatch()
        for flow_id in sorted(self._held.keys() - set(live_flow_ids)):
            refs = sorted(self._held[flow_id])
            for ref in refs:
                batch.update("vault_states", ref_columns(ref), _UNLOCKED)
            self._let_go(refs)
        return batch

    def _hold(self, ref: StateRef, flow_id: str) -> None:
        self._holders[ref] = flow_id
        self._held[flow_id].add(ref)
        self._coins.hold(ref)

    def _let_go(self, refs: Iterable[StateRef]) -> None:
        for ref in refs:
            self._forget(ref)
            if not self._spending[ref]:
                self._coins.make_free(ref)

    def _forget(self, ref: StateRef) -> None:
        flow_id = self._holders.pop(ref, None)
        if flow_id is not None:
            self._held[flow_id].discard(ref)
            if not self._held[flow_id]:
                del self._held[flow_id]

    def _released(self, refs: Iterable[StateRef]) -> None:
        self._let_go([ref for ref in refs if ref in self._releasing])
        self._releasing.difference_update(refs)

    def _spent(self, ref: StateRef) -> None:
        self._end_spending(ref)
        self._forget(ref)
        self._coins.remove(ref)

    def _not_spent(self, ref: StateRef) -> None:
        self._end_spending(ref)
        if not self._spending[ref] and ref not in self._holders:
            self._coins.make_free(ref)

    def _end_spending(self, ref: StateRef) -> None:
        self._spending[ref] -= 1
        if self._spending[ref] <= 0:
            del self._spending[ref]


_UNLOCKED = {"lock_id": None, "lock_timestamp": None}


def _flow_of(staged: StagedStep) -> str:
    if staged.flow_id is None:
        raise IllegalStateError("only a flow can lock states")
    return staged.flow_id
