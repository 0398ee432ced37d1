"""The transactions that this node keeps (DBTransactionStorage)."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.instants import instant
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.context import StagedStep
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage

CACHE_BYTES: Final = 8 * 1024 * 1024
"""Corda's `transactionCacheSizeMegaBytes`."""
VERIFIED, UNVERIFIED = "V", "U"
_KEY: Final = ("tx_id",)
_TABLE: Final = schema.node_transactions.c
_BY_ID: Final = select(_TABLE.transaction_value, _TABLE.status).where(
    _TABLE.tx_id == bindparam("id")
)


@dataclass(frozen=True, slots=True)
class TransactionRecorded:
    """A verified transaction was committed; goes to subscribers and to flows that wait for it."""

    tx_id: SecureHash


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A transaction with its status; `before` is the committed status that staging found."""

    transaction: SignedTransaction
    verified: bool
    before: str | None = None

    @property
    def size(self) -> int:
        return len(self.transaction.tx_bits)


class TransactionStorage:
    """Transactions by id, with those that wait for the commit of their step laid over.

    Args:
        storage: where `node_transactions` is.
        clock: nanoseconds since the epoch.
        cache_bytes: how much of the committed transactions stays in memory, by their encoded size.
    """

    def __init__(
        self, storage: SqlStorage, clock: Callable[[], int], *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._storage, self._clock, self._limit = storage, clock, cache_bytes
        self._cached_bytes = 0
        self._cache: OrderedDict[SecureHash, _Kept] = OrderedDict()
        self._staged: dict[SecureHash, list[_Kept]] = {}

    def get(self, tx_id: SecureHash) -> SignedTransaction | None:
        """The transaction, verified or not, committed or staged.

        Raises: DecodeError for a damaged row.
        """
        kept = self._latest(tx_id)
        return None if kept is None else kept.transaction

    def get_verified(self, tx_id: SecureHash) -> SignedTransaction | None:
        """The transaction if it is recorded as verified, in a committed or staged step."""
        kept = self._latest(tx_id)
        return kept.transaction if kept is not None and kept.verified else None

    def is_verified(self, tx_id: SecureHash) -> bool:
        """Whether the transaction is recorded as verified, in a committed step."""
        kept = self._committed(tx_id)
        return kept is not None and kept.verified

    def was_recorded(self, tx_id: SecureHash) -> bool:
        """Whether it was already committed as verified before the steps that stage it now."""
        staged = self._staged.get(tx_id)
        return staged[0].before == VERIFIED if staged else self.is_verified(tx_id)

    def stage(self, staged: StagedStep, transaction: SignedTransaction, *, verified: bool) -> None:
        """Record with the step; signatures are added to those of a transaction known already.

        An unverified transaction may become verified, never the reverse.
        """
        tx_id = transaction.id
        committed = self._committed(tx_id)
        known = self._staged[tx_id][-1] if tx_id in self._staged else committed
        if verified:
            staged.notifications.append(TransactionRecorded(tx_id))
        if known is not None:
            transaction = known.transaction.with_additional_signatures(transaction.sigs)
            verified = verified or known.verified
        if committed is not None and _adds_nothing(committed, transaction, verified):
            return
        kept = _Kept(transaction, verified, _status(committed))
        self._write(staged, kept)
        self._lay_over(staged, tx_id, kept)

    def _write(self, staged: StagedStep, kept: _Kept) -> None:
        row = {
            "tx_id": str(kept.transaction.id),
            "transaction_value": serialize(kept.transaction),
            "state_machine_run_id": staged.flow_id,
            "status": VERIFIED if kept.verified else UNVERIFIED,
            "timestamp": instant(self._clock()),
        }
        if kept.verified:
            staged.batch.upsert("node_transactions", _KEY, row)
        else:  # another flow's step may verify it first
            staged.batch.insert_ignore("node_transactions", row)

    def _lay_over(self, staged: StagedStep, tx_id: SecureHash, kept: _Kept) -> None:
        self._staged.setdefault(tx_id, []).append(kept)

        def forget() -> None:
            entries = self._staged[tx_id]
            entries.remove(kept)
            if not entries:
                del self._staged[tx_id]

        def commit() -> None:
            forget()
            committed = self._cache.get(tx_id)
            if committed is None or kept.verified or not committed.verified:
                self._remember(tx_id, _Kept(kept.transaction, kept.verified))

        staged.on_commit.append(commit)
        staged.on_rollback.append(forget)

    def _latest(self, tx_id: SecureHash) -> _Kept | None:
        staged = self._staged.get(tx_id)
        return staged[-1] if staged else self._committed(tx_id)

    def _committed(self, tx_id: SecureHash) -> _Kept | None:
        kept = self._cache.get(tx_id)
        if kept is not None:
            self._cache.move_to_end(tx_id)
            return kept
        found = self._storage.read(_BY_ID, {"id": str(tx_id)})
        if not found:
            return None
        transaction = deserialize(found[0].transaction_value, SignedTransaction)
        return self._remember(tx_id, _Kept(transaction, found[0].status == VERIFIED))

    def _remember(self, tx_id: SecureHash, kept: _Kept) -> _Kept:
        before = self._cache.pop(tx_id, None)
        self._cached_bytes += kept.size - (before.size if before is not None else 0)
        self._cache[tx_id] = kept
        while self._cached_bytes > self._limit:
            self._cached_bytes -= self._cache.popitem(last=False)[1].size
        return kept


def _status(kept: _Kept | None) -> str | None:
    if kept is None:
        return None
    return VERIFIED if kept.verified else UNVERIFIED


def _adds_nothing(committed: _Kept, transaction: SignedTransaction, verified: bool) -> bool:
    same = frozenset(committed.transaction.sigs) >= frozenset(transaction.sigs)
    return same and committed.verified >= verified
