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
from corda_sim.core.errors import DecodeError, TransactionResolutionException
from corda_sim.core.instants import instant
from corda_sim.core.serialization import PLATFORM, serializable
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.context import StagedStep
from corda_sim.flow.services import StatesToRecord
from corda_sim.node.keys import KeyManagementService
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.transactions import TransactionStorage
from corda_sim.node.vault.coins import Coin, Unspent, coin_of
from corda_sim.node.vault.rows import CONSUMED, UNCONSUMED, insert_state, ref_columns
from corda_sim.node.vault.soft_locks import SoftLocks


@serializable("corda.VaultUpdate", registry=PLATFORM)
@dataclass(frozen=True, slots=True)
class VaultUpdate:
    """What a committed step changed in the vault (net.corda.core.node.services.Vault.Update).

    `references` are states that a transaction only refers to, seen here for the first time;
    `consumed_types` are the wire names of the classes of `consumed`, in the same order.
    """

    consumed: tuple[StateRef, ...]
    produced: tuple[StateAndRef[Any], ...]
    flow_id: str | None = None
    references: tuple[StateAndRef[Any], ...] = ()
    consumed_types: tuple[str, ...] = ()


class StateRecorder:
    """Stages vault rows, and keeps the index in memory in step with their commit.

    `publish` gets every update once it is committed. Unlike in Corda, a coin that a flow makes is
    not locked until that flow ends: it is final, so that others may spend it at once.
    """

    def __init__(
        self,
        storage: SqlStorage,
        keys: KeyManagementService,
        clock: Callable[[], int],
        locks: SoftLocks,
        transactions: TransactionStorage,
        publish: Callable[[VaultUpdate], None],
    ) -> None:
        self._storage, self._keys, self._clock = storage, keys, clock
        self._locks, self._transactions, self._publish = locks, transactions, publish

    def is_relevant(self, data: ContractState) -> bool:
        """Whether the state is ours: an ownable one by its owner, others by any participant."""
        if isinstance(data, OwnableState):
            return self._keys.is_our_key(data.owner.owning_key)
        return any(self._keys.is_our_key(party.owning_key) for party in data.participants)

    def record(
        self, staged: StagedStep, transaction: SignedTransaction, states: StatesToRecord
    ) -> None:
        """Stage what the verified transaction consumes and produces; again is no change.

        Where it does either, the states that it refers to are recorded as well, ours or not.

        Raises: DecodeError for an output whose class isn't installed.
        """
        if states is StatesToRecord.NONE:
            return
        consumed = tuple(ref for ref in transaction.inputs if self._locks.is_unspent(ref))
        types = tuple(map(self._locks.state_type, consumed))
        produced = tuple(self._produce(staged, transaction, states))
        self._consume(staged, transaction.inputs)
        if consumed or produced:
            references = tuple(self._refer(staged, transaction.references))
            update = VaultUpdate(consumed, produced, staged.flow_id, references, types)
            staged.notifications.append(update)
            staged.on_commit.append(lambda: self._publish(update))

    def _produce(
        self, staged: StagedStep, transaction: SignedTransaction, states: StatesToRecord
    ) -> Iterable[StateAndRef[Any]]:
        outputs = transaction.tx.out_refs()
        ours = [self.is_relevant(one.state.data) for one in outputs]
        if states is StatesToRecord.ONLY_RELEVANT and not any(ours):
            return
        known = self._known_outputs(transaction.id)
        for output, relevant in zip(outputs, ours, strict=True):
            wanted = relevant or states is StatesToRecord.ALL_VISIBLE
            if not wanted or output.ref.index in known:
                continue
            self._insert(staged, output, relevant=relevant)
            yield output

    def _refer(
        self, staged: StagedStep, references: Iterable[StateRef]
    ) -> Iterable[StateAndRef[Any]]:
        for ref in references:
            if self._locks.is_unspent(ref) or ref.index in self._known_outputs(ref.txhash):
                continue
            state = self._state(ref)
            if state is not None:
                self._insert(staged, state, relevant=self.is_relevant(state.state.data))
                yield state

    def _state(self, ref: StateRef) -> StateAndRef[Any] | None:
        """The state; None when its class isn't installed here, as in Corda."""
        origin = self._transactions.get(ref.txhash)
        if origin is None:
            raise TransactionResolutionException(ref.txhash)
        try:
            return origin.tx.out_ref(ref.index)
        except DecodeError:
            return None

    def _insert(self, staged: StagedStep, state: StateAndRef[Any], *, relevant: bool) -> None:
        insert_state(staged.batch, state, relevant=relevant, when=instant(self._clock()))
        coin = self.coin(state) if relevant else None
        unspent = Unspent(PLATFORM.wire_name_of(type(state.state.data)), coin)
        staged.on_commit.append(lambda: self._locks.appeared(state.ref, unspent))

    def _known_outputs(self, tx_id: SecureHash) -> frozenset[int]:
        if not self._transactions.was_recorded(tx_id):
            return frozenset()
        table = schema.vault_states.c
        found = self._storage.read(
            select(table.output_index).where(table.transaction_id == str(tx_id))
        )
        return frozenset(row.output_index for row in found)

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
