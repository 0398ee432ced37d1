"""The vault as the rest of the node uses it (net.corda.node.services.vault.NodeVaultService)."""

from collections.abc import Callable, Collection, Iterable
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from corda_sim.core.contracts import Amount, Currency, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.core.vault_query import Page, StateStatus, VaultQueryCriteria
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.context import StagedStep
from corda_sim.flow.services import StatesToRecord
from corda_sim.node.keys import KeyManagementService
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.transactions import TransactionStorage
from corda_sim.node.vault.coins import Coin, CoinIndex, Unspent
from corda_sim.node.vault.query import run_query
from corda_sim.node.vault.recorder import StateRecorder
from corda_sim.node.vault.rows import NOT_RELEVANT, RELEVANT, UNCONSUMED
from corda_sim.node.vault.selection import CoinSelector
from corda_sim.node.vault.soft_locks import SoftLocks
from corda_sim.node.vault.track import DataFeed, Observer, VaultTracker


class VaultService:
    """Records, locks, selects and queries states; implements `VaultForFlows`.

    Args:
        storage: the node's database.
        keys: tells which keys are ours, and whose account each is.
        clock: nanoseconds since the epoch.
        transactions: the node's transactions, for the states that others refer to, and to know
            which were recorded before.
    """

    def __init__(
        self,
        storage: SqlStorage,
        keys: KeyManagementService,
        clock: Callable[[], int],
        transactions: TransactionStorage,
    ) -> None:
        self._storage = storage
        self._coins = CoinIndex()
        self._locks = SoftLocks(self._coins, clock)
        self._selector = CoinSelector(self._coins, self._locks)
        self._tracker = VaultTracker(self.query_page)
        self._recorder = StateRecorder(
            storage, keys, clock, self._locks, transactions, self._tracker.publish
        )

    def load(self) -> None:
        """Take in unspent states and their locks, at start.

        Raises: DecodeError for a damaged row, or a state whose class isn't installed.
        """
        rows = self._storage.stream(_OURS)
        for _, group in groupby(rows, key=lambda row: row.transaction_id):
            of_one = list(group)
            transaction = deserialize(of_one[0].transaction_value, SignedTransaction)
            for row in of_one:
                state = transaction.tx.out_ref(row.output_index)
                self._load(row, state.ref, self._recorder.coin(state))
        for row in self._storage.stream(_OF_OTHERS):
            self._load(row, StateRef(SecureHash.parse(row.transaction_id), row.output_index), None)

    def _load(self, row: Row[Any], ref: StateRef, coin: Coin | None) -> None:
        self._coins.add(ref, Unspent(row.contract_state_class_name, coin))
        if row.lock_id is not None:
            self._locks.load(ref, row.lock_id)

    @property
    def unspent_count(self) -> int:
        """How many states of ours are unspent."""
        return len(self._coins)

    @property
    def lock_count(self) -> int:
        """How many states are soft-locked."""
        return len(self._locks)

    # --- recording ----------------------------------------------------------------------------

    def record(
        self, staged: StagedStep, transaction: SignedTransaction, states: StatesToRecord
    ) -> None:
        """Stage what a verified transaction means for the vault. Raises: DecodeError."""
        self._recorder.record(staged, transaction, states)

    # --- locks and coins ----------------------------------------------------------------------

    def try_select(self, staged: StagedStep, selection: object) -> bytes | None:
        """Refs of coins, locked for the flow; None while too few are free.

        Raises: InsufficientBalanceException.
        """
        return self._selector.try_select(staged, selection)

    def describe_blockers(self, selection: object) -> str:
        """Which flows hold the coins that `selection` waits for."""
        return self._selector.describe_blockers(selection)

    def soft_lock_reserve(self, staged: StagedStep, refs: Iterable[StateRef]) -> None:
        """Lock states for the flow. Raises: StatesNotAvailableException."""
        self._locks.reserve(staged, refs)

    def soft_lock_release(self, staged: StagedStep, refs: Iterable[StateRef] | None) -> None:
        """Unlock these states of the flow, or all of them."""
        self._locks.release(staged, refs)

    def release_orphans(self, live_flow_ids: Collection[str]) -> WriteBatch:
        """At start, after `load`: the rows that end the locks of flows that no longer exist."""
        return self._locks.release_orphans(live_flow_ids)

    def lock_holder(self, ref: StateRef) -> str | None:
        """The flow that holds a lock on the state."""
        return self._locks.holder(ref)

    # --- queries ------------------------------------------------------------------------------

    def query(self, criteria: object) -> bytes:
        """`query_page`, serialized."""
        return serialize(self.query_page(criteria))

    def query_page(self, criteria: object) -> Page:
        """The page of committed states that answers a `VaultQuery` or criteria alone.

        Raises: VaultQueryException.
        """
        return run_query(self._storage, criteria)

    def are_consumed(self, refs: Collection[StateRef]) -> bool:
        """Whether all these states are in the vault, and consumed by committed transactions."""
        if any(ref in self._coins for ref in refs):
            return False
        wanted = VaultQueryCriteria(StateStatus.CONSUMED, state_refs=tuple(refs))
        return not refs or len(self.query_page(wanted).states) == len(set(refs))

    def track(self, criteria: object, observer: Observer) -> DataFeed:
        """A snapshot, then every committed change, on the loop. Raises: VaultQueryException."""
        return self._tracker.track(criteria, observer)

    # --- notes --------------------------------------------------------------------------------

    def add_note_to_transaction(self, staged: StagedStep, tx_id: SecureHash, note: str) -> None:
        """Stage a note for the node's own use (VaultService.addNoteToTransaction)."""
        row = {"transaction_id": str(tx_id), "note": note}
        staged.batch.insert("vault_transaction_notes", row)

    def transaction_notes(self, tx_id: SecureHash) -> tuple[str, ...]:
        """The committed notes of a transaction, oldest first (getTransactionNotes)."""
        notes = schema.vault_transaction_notes.c
        of_one = select(notes.note).where(notes.transaction_id == str(tx_id))
        return tuple(row.note for row in self._storage.read(of_one.order_by(notes.seq_no)))

    # --- balances -----------------------------------------------------------------------------

    def balances(self, account: UUID | None = None) -> tuple[Amount[Currency], ...]:
        """Sums of unspent coins by currency, of one account or of everybody here.

        They are those of the last commit, locked coins included, by currency code.
        """
        sums: dict[Currency, int] = {}
        for currency, owner, quantity in self._coins.balances():
            if account is None or owner == account:
                sums[currency] = sums.get(currency, 0) + quantity
        return tuple(Amount(sums[currency], currency) for currency in sorted(sums))


_STATES = schema.vault_states.c
_UNSPENT = select(
    _STATES.transaction_id,
    _STATES.output_index,
    _STATES.contract_state_class_name,
    _STATES.lock_id,
).where(_STATES.state_status == UNCONSUMED)
_OURS = (
    _UNSPENT.add_columns(schema.node_transactions.c.transaction_value)
    .join(schema.node_transactions, schema.node_transactions.c.tx_id == _STATES.transaction_id)
    .where(_STATES.relevancy_status == RELEVANT)
    .order_by(_STATES.transaction_id, _STATES.output_index)
)
_OF_OTHERS = _UNSPENT.where(_STATES.relevancy_status == NOT_RELEVANT)
