"""What a recorded transaction means for the vault (NodeVaultService.notifyAll)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from corda_sim.core.contracts import (
    ContractState,
    FungibleState,
    OwnableState,
    StateAndRef,
    StateRef,
)
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import PLATFORM, serializable
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.context import StagedStep
from corda_sim.flow.rows import instant
from corda_sim.flow.services import StatesToRecord
from corda_sim.node.keys import KeyManagementService
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.vault.coins import Coin, coin_of
from corda_sim.node.vault.rows import CONSUMED, UNCONSUMED, insert_state, ref_columns
from corda_sim.node.vault.soft_locks import SoftLocks


@serializable("corda.VaultUpdate", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class VaultUpdate:
    """What a committed step changed in the vault (net.corda.core.node.services.Vault.Update).

    `consumed` are states of ours alone; `produced` are all that were recorded.
    """

    consumed: tuple[StateRef, ...]
    produced: tuple[StateAndRef[Any], ...]
    flow_id: str | None = None


class StateRecorder:
    """Stages vault rows, and keeps the index in memory in step with their commit.

    `was_recorded` tells whether a transaction's states may be in the database already; `publish`
    gets every update once it is committed.
    """

    def __init__(
        self,
        storage: SqlStorage,
        keys: KeyManagementService,
        clock: Callable[[], int],
        locks: SoftLocks,
        was_recorded: Callable[[SecureHash], bool],
        publish: Callable[[VaultUpdate], None],
    ) -> None:
        self._storage, self._keys, self._clock = storage, keys, clock
        self._locks, self._was_recorded, self._publish = locks, was_recorded, publish

    def is_relevant(self, data: ContractState) -> bool:
        """Whether the state is ours: an ownable one by its owner, others by any participant."""
        if isinstance(data, OwnableState):
            return self._keys.is_our_key(data.owner.owning_key)
        return any(self._keys.is_our_key(party.owning_key) for party in data.participants)

    def record(
        self, staged: StagedStep, transaction: SignedTransaction, states: StatesToRecord
    ) -> None:
        """Stage what the verified transaction consumes and produces; again is no change.

        Raises: DecodeError for a state whose class isn't installed.
        """
        if states is StatesToRecord.NONE:
            return
        consumed = tuple(ref for ref in transaction.inputs if self._locks.is_unspent(ref))
        produced = tuple(self._produce(staged, transaction, states))
        self._consume(staged, transaction.inputs)
        if consumed or produced:
            update = VaultUpdate(consumed, produced, staged.flow_id)
            staged.notifications.append(update)
            staged.on_commit.append(lambda: self._publish(update))

    def _produce(
        self, staged: StagedStep, transaction: SignedTransaction, states: StatesToRecord
    ) -> Iterable[StateAndRef[Any]]:
        when = instant(self._clock())
        outputs = transaction.tx.out_refs()
        ours = [self.is_relevant(one.state.data) for one in outputs]
        if states is StatesToRecord.ONLY_RELEVANT and not any(ours):
            return
        known = self._known_outputs(transaction.id)
        for output, relevant in zip(outputs, ours, strict=True):
            wanted = relevant or states is StatesToRecord.ALL_VISIBLE
            if not wanted or output.ref.index in known:
                continue
            insert_state(staged.batch, output, relevant=relevant, when=when)
            if relevant:
                self._appear_on_commit(staged, output.ref, self.coin(output))
            yield output

    def _known_outputs(self, tx_id: SecureHash) -> frozenset[int]:
        if not self._was_recorded(tx_id):
            return frozenset()
        table = schema.vault_states.c
        found = self._storage.read(
            select(table.output_index).where(table.transaction_id == str(tx_id))
        )
        return frozenset(row.output_index for row in found)

    def _appear_on_commit(self, staged: StagedStep, ref: StateRef, coin: Coin | None) -> None:
        staged.on_commit.append(lambda: self._locks.appeared(ref, coin))

    def coin(self, state: StateAndRef[Any]) -> Coin | None:
        """The coin that a state of ours is, if it is one."""
        return coin_of(state, self._keys) if isinstance(state.state.data, FungibleState) else None

    def _consume(self, staged: StagedStep, inputs: Iterable[StateRef]) -> None:
        changes = {
            "state_status": CONSUMED,
            "consumed_timestamp": instant(self._clock()),
            "lock_id": None,
            "lock_timestamp": None,
        }
        for ref in inputs:
            key = {**ref_columns(ref), "state_status": UNCONSUMED}
            staged.batch.update("vault_states", key, changes)
            self._locks.spend(staged, ref)
