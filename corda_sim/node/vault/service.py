"""The vault as the rest of the node uses it (net.corda.node.services.vault.NodeVaultService)."""

from collections.abc import Callable, Collection, Iterable
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, tuple_

from corda_sim.core.contracts import Amount, Currency, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.core.vault_query import Page
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.context import StagedStep
from corda_sim.flow.services import StatesToRecord
from corda_sim.node.keys import KeyManagementService
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.vault.coins import CoinIndex
from corda_sim.node.vault.query import run_query
from corda_sim.node.vault.recorder import StateRecorder
from corda_sim.node.vault.rows import RELEVANT, UNCONSUMED
from corda_sim.node.vault.selection import CoinSelector
from corda_sim.node.vault.soft_locks import SoftLocks
from corda_sim.node.vault.track import DataFeed, Observer, VaultTracker


class VaultService:
    """Records, locks, selects and queries states; implements `VaultForFlows`.

    Args:
        storage: the node's database.
        keys: tells which keys are ours, and whose account each is.
        clock: nanoseconds since the epoch.
        was_recorded: whether a transaction was committed as verified before; lets the vault skip
            reading its own rows (`TransactionStorage.was_recorded`). By default it always reads.
    """

    def __init__(
        self,
        storage: SqlStorage,
        keys: KeyManagementService,
        clock: Callable[[], int],
        was_recorded: Callable[[SecureHash], bool] = lambda _tx_id: True,
    ) -> None:
        self._storage = storage
        self._coins = CoinIndex()
        self._locks = SoftLocks(self._coins, clock)
        self._selector = CoinSelector(self._coins, self._locks)
        self._tracker = VaultTracker(self.query_page)
        self._recorder = StateRecorder(
            storage, keys, clock, self._locks, was_recorded, self._tracker.publish
        )

    def load(self) -> None:
        """Take in unspent states of ours and their locks, at start.

        Raises: DecodeError for a damaged row, or a state whose class isn't installed.
        """
        rows = self._storage.stream(_UNSPENT)
        for _, group in groupby(rows, key=lambda row: row.transaction_id):
            of_one = list(group)
            transaction = deserialize(of_one[0].transaction_value, SignedTransaction)
            for row in of_one:
                state = transaction.tx.out_ref(row.output_index)
                if row.relevancy_status == RELEVANT:
                    self._coins.add(state.ref, self._recorder.coin(state))
                if row.lock_id is not None:
                    self._locks.load(state.ref, row.lock_id)

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
        self._locks.reserve(staged, refs, self._unspent)

    def soft_lock_release(self, staged: StagedStep, refs: Iterable[StateRef] | None) -> None:
        """Unlock these states of the flow, or all of them."""
        self._locks.release(staged, refs)

    def release_orphans(self, live_flow_ids: Collection[str]) -> WriteBatch:
        """At start, after `load`: the rows that end the locks of flows that no longer exist."""
        return self._locks.release_orphans(live_flow_ids)

    def lock_holder(self, ref: StateRef) -> str | None:
        """The flow that holds a lock on the state."""
        return self._locks.holder(ref)

    def _unspent(self, refs: Collection[StateRef]) -> Collection[StateRef]:
        known = {ref for ref in refs if ref in self._coins}
        others = [(str(ref.txhash), ref.index) for ref in refs if ref not in known]
        if others:
            table = schema.vault_states.c
            found = self._storage.read(
                select(table.transaction_id, table.output_index).where(
                    tuple_(table.transaction_id, table.output_index).in_(others),
                    table.state_status == UNCONSUMED,
                )
            )
            known.update(
                StateRef(SecureHash.parse(row.transaction_id), row.output_index) for row in found
            )
        return known

    # --- queries ------------------------------------------------------------------------------

    def query(self, criteria: object) -> bytes:
        """`query_page`, serialized."""
        return serialize(self.query_page(criteria))

    def query_page(self, criteria: object) -> Page:
        """The page of committed states that answers a `VaultQuery` or criteria alone.

        Raises: VaultQueryException.
        """
        return run_query(self._storage, criteria)

    def track(self, criteria: object, observer: Observer) -> DataFeed:
        """A snapshot, then every committed change, on the loop. Raises: VaultQueryException."""
        return self._tracker.track(criteria, observer)

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


def _unspent_of_ours() -> Any:  # noqa: ANN401 - SQLAlchemy's row type
    states, transactions = schema.vault_states.c, schema.node_transactions.c
    return (
        select(
            states.transaction_id,
            states.output_index,
            states.lock_id,
            states.relevancy_status,
            transactions.transaction_value,
        )
        .join(schema.node_transactions, transactions.tx_id == states.transaction_id)
        .where(
            states.state_status == UNCONSUMED,
            or_(states.relevancy_status == RELEVANT, states.lock_id.is_not(None)),
        )
        .order_by(states.transaction_id, states.output_index)
    )


_UNSPENT = _unspent_of_ours()
