"""Receiving a transaction: fetch what it depends on, verify it all, record it.

Source: net.corda.core.flows.ReceiveTransactionFlow, net.corda.core.internal.ResolveTransactionsFlow
and DbTransactionsResolver.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from graphlib import TopologicalSorter
from typing import ClassVar, TypeVar

from corda_sim.core.contracts import ContractState, StateAndRef
from corda_sim.core.contracts.attachments import P2P_UPLOADER
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import (
    AttachmentResolutionException,
    DecodeError,
    IllegalArgumentError,
    IllegalStateError,
    MissingNetworkParametersException,
    SignatureException,
    TransactionResolutionException,
    TransactionVerificationException,
    UntrustedAttachmentsException,
)
from corda_sim.core.network import SignedNetworkParameters
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic, FlowSession, StatesToRecord, flow_name
from flows.data_vending import is_verified, parameters_storage
from flows.fetching import (
    DataType,
    DownloadedVsRequestedDataMismatch,
    DownloadedVsRequestedSizeMismatch,
    FetchData,
    FetchEnd,
)

BATCH_SIZE = 50
"""Transactions in one request (backchainFetchBatchSize), and verified in one step."""

END_WITH_VERDICT = "end-with-verdict"
"""The change by which fetching ends after the verdict, which a flow may have to wait for."""

INVALID_TRANSACTION = (
    TransactionVerificationException,
    TransactionResolutionException,
    AttachmentResolutionException,
    UntrustedAttachmentsException,
    MissingNetworkParametersException,
    SignatureException,
    DecodeError,
    IllegalArgumentError,
    IllegalStateError,
)
"""What resolving and verifying raise when the transaction, or one it depends on, isn't valid."""

T = TypeVar("T")


def dependencies_of(transaction: SignedTransaction) -> tuple[SecureHash, ...]:
    """Ids of the transactions that inputs and references come from, in order, each once."""
    refs = (*transaction.inputs, *transaction.references)
    return tuple(dict.fromkeys(ref.txhash for ref in refs))


def check_parameters_hash(transaction: SignedTransaction) -> None:
    """Raises: MissingNetworkParametersException when the transaction names no parameters."""
    if transaction.network_parameters_hash is None:
        raise MissingNetworkParametersException(
            f"Transaction {transaction.id} doesn't contain a network parameters hash"
        )


@flow_name("corda.ResolveTransactionsFlow")
class ResolveTransactionsFlow(FlowLogic[None]):
    """Fetch from the peer what `wanted` depends on and isn't here, verify it and record it.

    `wanted` is a transaction, or ids that are dependencies themselves. Transactions are stored
    unverified as they come, so that memory holds one batch and the ids of the chain; then they are
    verified and recorded in topological order, a batch a step.

    Raises: HashNotFound, DownloadedVsRequestedDataMismatch, DownloadedVsRequestedSizeMismatch, and
    whatever verifying a dependency raises.

    What another flow of this node is fetching already is left to it for a while: not for ever,
    since its peer may never answer.

    Without `ends` the caller tells the peer that nothing more is needed, once `has_all`.
    """

    def __init__(
        self,
        wanted: SignedTransaction | Iterable[SecureHash],
        session: FlowSession,
        *,
        ends: bool = True,
    ) -> None:
        self.root = wanted if isinstance(wanted, SignedTransaction) else None
        self.ids = () if isinstance(wanted, SignedTransaction) else tuple(wanted)
        self.session = session
        self.ends = ends
        self.has_all = False
        self._graph: dict[SecureHash, tuple[SecureHash, ...]] = {}
        self._asked: set[SecureHash] = set()
        self._of_others: dict[SecureHash, None] = {}
        self._is_patient = True

    async def call(self) -> None:
        """Download breadth first, then verify from the roots."""
        try:
            await self._resolve()
        finally:
            self.service_hub.fetches.end()

    async def _resolve(self) -> None:
        first = self.ids
        if self.root is not None:
            check_parameters_hash(self.root)
            await self._fetch_supplements((self.root,))
            first = dependencies_of(self.root)
        await self._download(first)
        while self._of_others:
            # before the wait: another flow may wait for what this one has
            await self._verify_and_record()
            await self._download(await self._left_by_others())
        self.has_all = True
        if self.ends:
            await self.session.send(FetchEnd())
        await self._verify_and_record()

    async def _left_by_others(self) -> list[SecureHash]:
        """Give the others their time; what they then haven't fetched is for this flow to fetch."""
        awaited = tuple(self._of_others)
        await self.service_hub.fetches.wait_for(awaited)
        self._of_others.clear()
        self._is_patient = False
        self._asked.difference_update(awaited)
        return list(awaited)

    def _own(self, wanted: list[SecureHash]) -> list[SecureHash]:
        """Those of `wanted` that no other flow is fetching."""
        mine = self.service_hub.fetches.claim(wanted)
        if not self._is_patient:
            return wanted
        self._of_others |= dict.fromkeys(one for one in wanted if one not in mine)
        return list(mine)

    async def _download(self, first: Iterable[SecureHash]) -> None:
        queue = self._unknown(first)
        while queue:
            wanted, queue = self._own(queue[:BATCH_SIZE]), queue[BATCH_SIZE:]
            if not wanted:
                continue
            received = await self._fetch_transactions(wanted)
            queue = wanted[len(received) :] + queue
            await self._fetch_supplements(received)
            for transaction in received:
                check_parameters_hash(transaction)
                # stored under its id for other flows too: never with signatures that don't hold
                self.context.record("signatures", partial(_signed, transaction))
                dependencies = dependencies_of(transaction)
                self._graph[transaction.id] = dependencies
                queue += self._unknown(dependencies)
            self.service_hub.record_transactions(received, StatesToRecord.NONE, verified=False)

    def _unknown(self, ids: Iterable[SecureHash]) -> list[SecureHash]:
        """Those of `ids` that are neither asked for yet nor recorded here as verified."""
        unknown = []
        for tx_id in ids:
            if tx_id not in self._asked:
                self._asked.add(tx_id)
                if not is_verified(self, tx_id):
                    unknown.append(tx_id)
        return unknown

    async def _fetch_transactions(self, wanted: list[SecureHash]) -> Sequence[SignedTransaction]:
        request = FetchData(tuple(wanted), DataType.BATCH_TRANSACTION)
        answer = await self._ask(request, SignedTransaction)
        if not 0 < len(answer) <= len(wanted):
            raise DownloadedVsRequestedSizeMismatch.of(len(wanted), len(answer))
        for requested, transaction in zip(wanted, answer, strict=False):
            _match(requested, transaction.id)
        return answer

    async def _fetch_supplements(self, transactions: Iterable[SignedTransaction]) -> None:
        """Attachments and network parameters that aren't here."""
        held = tuple(transactions)
        await self._fetch_attachments([one for tx in held for one in tx.attachments])
        hashes = (tx.network_parameters_hash for tx in held)
        await self._fetch_parameters([one for one in hashes if one is not None])

    async def _fetch_attachments(self, ids: Iterable[SecureHash]) -> None:
        hub = self.service_hub
        for wanted in self._new(ids):
            if hub.get_attachment(wanted) is None:
                content = _only(await self._ask(FetchData((wanted,), DataType.ATTACHMENT), bytes))
                _match(wanted, SecureHash.sha256(content))
                hub.import_attachment(content, P2P_UPLOADER)

    async def _fetch_parameters(self, hashes: Iterable[SecureHash]) -> None:
        for wanted in self._new(hashes):
            if not self.context.record("parameters", partial(self._known_parameters, wanted)):
                request = FetchData((wanted,), DataType.PARAMETERS)
                found = _only(await self._ask(request, SignedNetworkParameters))
                _match(wanted, found.hash)
                if not self.context.replaying:
                    parameters_storage(self).record(self.context.staged, found)

    def _known_parameters(self, parameters_hash: SecureHash) -> bytes:
        found = self.service_hub.services.network_parameters_by_hash(parameters_hash)
        return b"" if found is None else b"\1"

    def _new(self, hashes: Iterable[SecureHash]) -> list[SecureHash]:
        fresh = [one for one in dict.fromkeys(hashes) if one not in self._asked]
        self._asked.update(fresh)
        return fresh

    async def _ask(self, request: FetchData, expected: type[T]) -> tuple[T, ...]:
        answer = (await self.session.send_and_receive(tuple, request)).unwrap(tuple)
        for item in answer:
            if not isinstance(item, expected):
                raise IllegalArgumentError(
                    f"{self.session.counterparty} answered a request for {request.data_type} with "
                    f"a {type(item).__name__}"
                )
        return answer

    async def _verify_and_record(self) -> None:
        """All that doesn't depend on what other flows are fetching."""
        for place, tx_id in enumerate(self._verifiable(), start=1):
            transaction = self._load(tx_id)
            await self.service_hub.verify_transaction(transaction)
            self.service_hub.record_transactions((transaction,), StatesToRecord.NONE)
            if place % BATCH_SIZE == 0:
                # ends the step: no commit is larger than a batch
                await self.wait_for_ledger_commit(tx_id)

    def _verifiable(self) -> list[SecureHash]:
        """In topological order; they leave the graph."""
        own = {
            tx_id: [one for one in needs if one in self._graph]
            for tx_id, needs in self._graph.items()
        }
        blocked, ready = set(self._of_others), list[SecureHash]()
        for tx_id in TopologicalSorter(own).static_order():
            if blocked.isdisjoint(self._graph[tx_id]):
                ready.append(tx_id)
            else:
                blocked.add(tx_id)
        for tx_id in ready:
            del self._graph[tx_id]
        return ready

    def _load(self, tx_id: SecureHash) -> SignedTransaction:
        found = self.service_hub.services.load_transaction(tx_id)
        if found is None:
            raise TransactionResolutionException(tx_id)
        return found


def _signed(transaction: SignedTransaction) -> bytes:
    transaction.verify_required_signatures()
    return b""


def _match(requested: SecureHash, got: SecureHash) -> None:
    if requested != got:
        raise DownloadedVsRequestedDataMismatch(requested, got)


def _only(items: tuple[T, ...]) -> T:
    if len(items) != 1:
        raise DownloadedVsRequestedSizeMismatch.of(1, len(items))
    return items[0]


@flow_name("corda.ReceiveTransactionFlow")
class ReceiveTransactionFlow(FlowLogic[SignedTransaction]):
    """Receive a transaction, resolve and verify it and, unless NONE, record it.

    Raises: what resolving and verifying raise; nothing is recorded then.
    """

    steps: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        session: FlowSession,
        check_sufficient_signatures: bool = True,
        states_to_record: StatesToRecord = StatesToRecord.NONE,
    ) -> None:
        self.session = session
        self.check_sufficient_signatures = check_sufficient_signatures
        self.states_to_record = states_to_record
        self.received: SignedTransaction | None = None

    async def call(self) -> SignedTransaction:
        """The transaction, verified."""
        received = await self.session.receive(SignedTransaction)
        transaction = self.received = received.unwrap(lambda value: value)
        check_parameters_hash(transaction)
        await self._verify(transaction)
        if self.check_sufficient_signatures and self.states_to_record is not StatesToRecord.NONE:
            self.check_before_recording(transaction)
            self.service_hub.record_transactions((transaction,), self.states_to_record)
        return transaction

    async def _verify(self, transaction: SignedTransaction) -> None:
        """The peer goes on with the commit of the verdict, however long that takes."""
        is_last = self.patch(END_WITH_VERDICT)
        resolving = ResolveTransactionsFlow(transaction, self.session, ends=not is_last)
        sufficient = self.check_sufficient_signatures
        try:
            await self.sub_flow(resolving)
            await self.service_hub.verify_transaction(transaction, check_signatures=sufficient)
        finally:
            if is_last and resolving.has_all:
                await self.session.send(FetchEnd())

    def check_before_recording(self, transaction: SignedTransaction) -> None:
        """For subclasses: raise to keep a valid transaction out (ReceiveTransactionFlow)."""


@flow_name("corda.ReceiveStateAndRefFlow")
class ReceiveStateAndRefFlow(FlowLogic[tuple[StateAndRef[ContractState], ...]]):
    """Receive states with their references, and resolve their transactions."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> tuple[StateAndRef[ContractState], ...]:
        """The states as this node's own records have them; what the peer said must agree."""
        told = (await self.session.receive(tuple)).unwrap(tuple)
        for item in told:
            if not isinstance(item, StateAndRef):
                raise IllegalArgumentError(f"expected states, got a {type(item).__name__}")
        origins = dict.fromkeys(item.ref.txhash for item in told)
        await self.sub_flow(ResolveTransactionsFlow(origins, self.session))
        held = tuple(self.service_hub.state_and_ref(item.ref) for item in told)
        if held != told:
            raise IllegalArgumentError("the states differ from those of their transactions")
        return held
