"""Sending transactions, and answering what their receivers need to verify them.

Source: net.corda.core.flows.SendTransactionFlow (DataVendingFlow).
"""

from collections.abc import Iterable
from typing import Any

from corda_sim.core.contracts import ContractState, StateAndRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.network import SignedNetworkParameters
from corda_sim.core.serialization import serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowException, FlowLogic, FlowSession, flow_name
from corda_sim.flow.parameters_storage import NetworkParametersStorage
from flows.fetching import (
    DataType,
    FetchData,
    FetchRequest,
    HashNotFound,
    IllegalTransactionRequest,
)

Authorised = tuple[DataType, SecureHash]


class VendingAuthority:
    """What one session may ask for: dependencies of what it was sent, each once.

    Source: net.corda.core.flows.DataVendingFlow, authorisedTransactions.
    """

    def __init__(self) -> None:
        self._allowed: set[Authorised] = set()
        self._given: set[Authorised] = set()

    def grant_dependencies(self, transaction: SignedTransaction) -> None:
        """Allow what verifying `transaction` takes; called when it is sent."""
        tx = transaction.tx
        for ref in (*tx.inputs, *tx.references):
            self.grant_transaction(ref.txhash)
        self._allowed.update((DataType.ATTACHMENT, one) for one in tx.attachments)
        if tx.network_parameters_hash is not None:
            self._allowed.add((DataType.PARAMETERS, tx.network_parameters_hash))

    def grant_transaction(self, tx_id: SecureHash) -> None:
        """Allow one transaction."""
        self._allowed.add((DataType.TRANSACTION, tx_id))

    def check(self, data_type: DataType, requested: SecureHash) -> None:
        """Raises: IllegalTransactionRequest for what isn't allowed, or was given already."""
        key = (_kind(data_type), requested)
        if key not in self._allowed or key in self._given:
            raise IllegalTransactionRequest(requested)

    def give(self, data_type: DataType, requested: SecureHash) -> None:
        """Note that an item was sent."""
        self._given.add((_kind(data_type), requested))


def _kind(data_type: DataType) -> DataType:
    batch = data_type is DataType.BATCH_TRANSACTION
    return DataType.TRANSACTION if batch else data_type


class DataVendingFlow(FlowLogic[None]):
    """Send `payload` to every session, then answer them until each has all it needs.

    Sessions are served side by side. `transactions` are those in the payload whose dependencies
    may be asked for, `states` those whose own transactions may.

    Raises: IllegalTransactionRequest, HashNotFound; both reach the peer.
    """

    def __init__(
        self,
        sessions: Iterable[FlowSession],
        payload: object,
        transactions: Iterable[SignedTransaction] = (),
        states: Iterable[StateAndRef[ContractState]] = (),
    ) -> None:
        self.sessions = tuple(sessions)
        self.payload = payload
        self.transactions = tuple(transactions)
        self.origins = tuple(state.ref.txhash for state in states)

    async def call(self) -> None:
        """Send, then answer in rounds."""
        for session in self.sessions:
            await session.send(self.payload)
        waiting = [(session, self._authority()) for session in self.sessions]
        while waiting:
            requests = await self.receive_all(FetchRequest, [session for session, _ in waiting])
            unfinished = []
            for (session, authority), request in zip(waiting, requests, strict=True):
                wanted = request.unwrap(lambda value: value)
                if isinstance(wanted, FetchData):
                    await session.send(self._answer(wanted, authority))
                    unfinished.append((session, authority))
            waiting = unfinished

    def _authority(self) -> VendingAuthority:
        authority = VendingAuthority()
        for transaction in self.transactions:
            authority.grant_dependencies(transaction)
        for origin in self.origins:
            authority.grant_transaction(origin)
        return authority

    def _answer(self, request: FetchData, authority: VendingAuthority) -> tuple[object, ...]:
        if not request.hashes:
            raise FlowException("A request must ask for at least one item")
        if len(set(request.hashes)) != len(request.hashes):
            raise IllegalTransactionRequest(request.hashes[0])
        for requested in request.hashes:
            authority.check(request.data_type, requested)
        if _kind(request.data_type) is DataType.TRANSACTION:
            return self._transactions(request.hashes, authority)
        load = self._attachment if request.data_type is DataType.ATTACHMENT else self._parameters
        return tuple(
            self._one(request.data_type, one, load(one), authority) for one in request.hashes
        )

    def _transactions(
        self, hashes: tuple[SecureHash, ...], authority: VendingAuthority
    ) -> tuple[SignedTransaction, ...]:
        """As many as half the message limit takes, one at least."""
        budget = self.context.max_message_size // 2
        found: list[SignedTransaction] = []
        for requested in hashes:
            transaction = self._verified(requested)
            budget -= len(serialize(transaction))
            if found and budget < 0:
                break
            authority.give(DataType.TRANSACTION, requested)
            authority.grant_dependencies(transaction)
            found.append(transaction)
        return tuple(found)

    def _verified(self, requested: SecureHash) -> SignedTransaction:
        known = is_verified(self, requested)
        transaction = self.service_hub.services.load_transaction(requested) if known else None
        if transaction is None:
            raise HashNotFound(requested)
        return transaction

    @staticmethod
    def _one(
        data_type: DataType, requested: SecureHash, found: object, authority: VendingAuthority
    ) -> object:
        if found is None:
            raise HashNotFound(requested)
        authority.give(data_type, requested)
        return found

    def _attachment(self, requested: SecureHash) -> bytes | None:
        found = self.service_hub.get_attachment(requested)
        return None if found is None else found.content

    def _parameters(self, requested: SecureHash) -> SignedNetworkParameters | None:
        return parameters_storage(self).load_signed(requested)


def parameters_storage(flow: FlowLogic[Any]) -> NetworkParametersStorage:
    """The node's signed network parameters."""
    storage: NetworkParametersStorage = flow.service_hub.cordapp_service(
        NetworkParametersStorage  # type: ignore[type-abstract] # the node's own is found by it
    )
    return storage


def is_verified(flow: FlowLogic[Any], tx_id: SecureHash) -> bool:
    """Whether the node has recorded the transaction as verified; the answer is journaled."""
    services = flow.service_hub.services
    return bool(
        flow.context.record("is-verified", lambda: b"\1" if services.is_verified(tx_id) else b"")
    )


@flow_name("corda.SendTransactionFlow")
class SendTransactionFlow(DataVendingFlow):
    """Send a transaction and answer for its dependencies (net.corda.core.flows)."""

    def __init__(
        self, sessions: FlowSession | Iterable[FlowSession], transaction: SignedTransaction
    ) -> None:
        several = (sessions,) if isinstance(sessions, FlowSession) else sessions
        super().__init__(several, transaction, (transaction,))


@flow_name("corda.SendStateAndRefFlow")
class SendStateAndRefFlow(DataVendingFlow):
    """Send states with their references and answer for their transactions."""

    def __init__(self, session: FlowSession, states: Iterable[StateAndRef[ContractState]]) -> None:
        held = tuple(states)
        super().__init__((session,), held, (), held)
