"""Getting back from a peer what a restored node has lost: transactions, and the keys made since.

A node restored from an older copy asks each party it deals with. The peer gives only transactions
that name the asker, who verifies each with its whole chain and derives the keys again from the
sealed root. Asking again is harmless; where two peers' transactions build on one another, ask both
twice. After net.corda.core.flows.LedgerRecoveryFlow of Corda 4.11.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any, ClassVar
from uuid import UUID

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError, TransactionResolutionException
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serializable, serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import (
    FlowLogic,
    FlowSession,
    StatesToRecord,
    initiated_by,
    initiating_flow,
    startable_by_rpc,
)
from flows.accounts.lookup import account_service
from flows.data_vending import SendTransactionFlow, is_verified
from flows.fetching import IllegalTransactionRequest
from flows.recorded import RecordedTransactions
from flows.resolution import BATCH_SIZE, ReceiveTransactionFlow, dependencies_of

LISTING = "Asking which transactions the peer has of ours"
FETCHING = "Fetching and verifying those that are missing"
RECORDING = "Recording their states"


class RecoveryRequest:
    """Base of what the asker says."""

    __slots__ = ()


@serializable("corda_sim.recovery.ListTransactions")
@dataclass(frozen=True, slots=True)
class ListTransactions(RecoveryRequest):
    """The next page of transactions that name us, please; None begins."""

    after: SecureHash | None = None


@serializable("corda_sim.recovery.GiveTransactions")
@dataclass(frozen=True, slots=True)
class GiveTransactions(RecoveryRequest):
    """These transactions, please, each as SendTransactionFlow sends it."""

    ids: tuple[SecureHash, ...]


@serializable("corda_sim.recovery.Finished")
@dataclass(frozen=True)
class Finished(RecoveryRequest):
    """There is no more to ask."""


@serializable("corda_sim.recovery.NamedKey")
@dataclass(frozen=True, slots=True)
class NamedKey:
    """A key that the peer knows as the asker's, and whose account's."""

    key: PublicKey
    account: UUID | None


@serializable("corda_sim.recovery.Offer")
@dataclass(frozen=True, slots=True)
class Offer:
    """A transaction that names the asker by these keys."""

    tx_id: SecureHash
    keys: tuple[NamedKey, ...]


@serializable("corda_sim.recovery.OfferPage")
@dataclass(frozen=True, slots=True)
class OfferPage:
    """Offers of one page; `last` begins the next one, None ends the list."""

    offers: tuple[Offer, ...]
    last: SecureHash | None


@startable_by_rpc
@initiating_flow("corda_sim.recovery.RecoverTransactionsFlow")
class RecoverTransactionsFlow(FlowLogic[int]):
    """Have a party give back the transactions of ours that it has.

    Raises: what resolving and verifying raise; transactions that came before are kept.
    """

    steps: ClassVar[tuple[str, ...]] = (LISTING, FETCHING, RECORDING)

    def __init__(self, peer: Party) -> None:
        self.peer = peer

    async def call(self) -> int:
        """How many transactions this node didn't have."""
        if self.peer == self.our_identity:
            raise IllegalArgumentError("A node can't recover transactions from itself")
        session = self.initiate_flow(self.peer)
        self.set_step(LISTING)
        offers = await self._list(session)
        self._find_keys(offers)
        self.set_step(FETCHING)
        missing = [offer.tx_id for offer in offers if not is_verified(self, offer.tx_id)]
        await self._fetch(session, missing)
        await session.send(Finished())
        self.set_step(RECORDING)
        await self._record([offer.tx_id for offer in offers])
        return len(missing)

    async def _list(self, session: FlowSession) -> list[Offer]:
        offers: list[Offer] = []
        after: SecureHash | None = None
        while True:
            answer = await session.send_and_receive(OfferPage, ListTransactions(after))
            page = answer.unwrap(lambda value: value)
            offers += page.offers
            if page.last is None:
                return offers
            after = page.last

    def _find_keys(self, offers: list[Offer]) -> None:
        named = {one.key: one.account for offer in offers for one in offer.keys}
        self.service_hub.find_our_keys(named)

    async def _fetch(self, session: FlowSession, missing: list[SecureHash]) -> None:
        for start in range(0, len(missing), BATCH_SIZE):
            # some may have come as dependencies of others
            several = missing[start : start + BATCH_SIZE]
            batch = [tx_id for tx_id in several if not is_verified(self, tx_id)]
            await session.send(GiveTransactions(tuple(batch)))
            for wanted in batch:
                given = await self.sub_flow(ReceiveTransactionFlow(session))
                if given.id != wanted:
                    raise IllegalArgumentError(f"Asked for {wanted}, was given {given.id}")
                self.service_hub.record_transactions((given,), StatesToRecord.NONE)

    async def _record(self, ids: list[SecureHash]) -> None:
        """In the order in which they spend one another, so that what is spent stays spent."""
        graph = {tx_id: dependencies_of(self._load(tx_id)) for tx_id in ids}
        own = {tx_id: [one for one in needs if one in graph] for tx_id, needs in graph.items()}
        for place, tx_id in enumerate(TopologicalSorter(own).static_order(), start=1):
            self.service_hub.record_transactions((self._load(tx_id),))
            if place % BATCH_SIZE == 0:
                # ends the step: no commit is larger than a batch
                await self.wait_for_ledger_commit(tx_id)

    def _load(self, tx_id: SecureHash) -> SignedTransaction:
        found = self.service_hub.services.load_verified(tx_id)
        if found is None:
            raise TransactionResolutionException(tx_id)
        return found


@initiated_by(RecoverTransactionsFlow)
class GiveBackTransactionsFlow(FlowLogic[None]):
    """Answers a party about the transactions that name it, and about no others.

    Raises: IllegalTransactionRequest, which the asker gets.
    """

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """List and give until the asker has all it wants."""
        while True:
            received = await self.session.receive(RecoveryRequest)
            match received.unwrap(lambda value: value):
                case ListTransactions(after):
                    await self.session.send(self._page(after))
                case GiveTransactions(ids):
                    for tx_id in ids:
                        await self._give(tx_id)
                case _:
                    return

    def _page(self, after: SecureHash | None) -> OfferPage:
        def make() -> bytes:
            ids = recorded_transactions(self).page(after)
            offers = (self._offer(tx_id) for tx_id in ids)
            last = ids[-1] if ids else None
            return serialize(OfferPage(tuple(one for one in offers if one.keys), last))

        return deserialize(self.context.record("offers", make), OfferPage)

    async def _give(self, tx_id: SecureHash) -> None:
        data = self.context.record("offer", lambda: serialize(self._offer(tx_id)))
        transaction = self.service_hub.get_transaction(tx_id)
        if transaction is None or not deserialize(data, Offer).keys:
            raise IllegalTransactionRequest(tx_id)
        await self.sub_flow(SendTransactionFlow(self.session, transaction))

    def _offer(self, tx_id: SecureHash) -> Offer:
        transaction = self.service_hub.services.load_verified(tx_id)
        keys = () if transaction is None else dict.fromkeys(_keys_in(transaction))
        hub, accounts = self.service_hub, account_service(self)
        return Offer(
            tx_id,
            tuple(
                NamedKey(key, accounts.account_id_for_key(key))
                for key in keys
                if hub.well_known_party_from_anonymous(key) == self.session.counterparty
            ),
        )


def _keys_in(transaction: SignedTransaction) -> Iterator[PublicKey]:
    """Keys of those who own its outputs or sign for its inputs; the notary takes no part."""
    for output in transaction.outputs:
        yield from (party.owning_key for party in output.data.participants)
    for key in sorted(transaction.tx.required_signing_keys, key=lambda one: one.encoded):
        if transaction.notary is None or key != transaction.notary.owning_key:
            yield from sorted(key.keys, key=lambda one: one.encoded)


def recorded_transactions(flow: FlowLogic[Any]) -> RecordedTransactions:
    """The list of what this node has verified; a notary keeps none."""
    return flow.service_hub.cordapp_service(RecordedTransactions)
