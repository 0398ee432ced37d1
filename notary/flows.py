"""The notary's side of a notarisation (net.corda.core.internal.notary.NotaryServiceFlow).

The order of the checks is Corda's: notary, network parameters and count of states; request
signature; for a validating notary the chain, the contracts and then the signatures; time to wait;
commit; answer. Whatever is refused ends the flow with a NotaryException, which the requester gets
with the worker's head: every answer makes its requester a witness of what was notarised before.
"""

from datetime import timedelta
from functools import lru_cache

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.network import NetworkParameters
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic, FlowSession, flow_name, initiated_by
from corda_sim.flow.notary.errors import (
    AnyNotaryError,
    General,
    NotaryException,
    NotaryNotReadyException,
    NotaryOverloadedException,
    TransactionInvalid,
)
from corda_sim.flow.notary.heads import SignedHead
from corda_sim.flow.notary.types import (
    NOTARY_CLIENT_FLOW,
    NotarisationPayload,
    NotarisationResponse,
    WaitTimeUpdate,
)
from flows.resolution import INVALID_TRANSACTION, ResolveTransactionsFlow
from notary.node_service import NotaryNodeService
from notary.service import NotaryService
from notary.store import LoggedRequest
from notary.validation import InvalidRequestError, TransactionParts, check_request, extract_parts
from notary.worker import Notarised, Outcome, Refused

MIN_VERSION_FOR_WAIT_TIME = 4
"""Older clients don't know WaitTimeUpdate (NotaryServiceFlow.minPlatformVersion)."""


class CommitOperation:
    """Hands a request to the notary service; run again, it gets the same answer."""

    def __init__(self, service: NotaryService, request: LoggedRequest) -> None:
        self._service, self._request = service, request

    def blocked_by(self) -> str:
        """For `flow explain`: what keeps the worker from signing, or empty."""
        return self._service.worker.status.explain()

    async def execute(self, deduplication_id: str) -> Outcome:
        """The outcome; a service that takes no requests now is a General error, to be retried."""
        del deduplication_id  # the transaction id makes the commit idempotent
        try:
            return await self._service.notarise(self._request)
        except (NotaryNotReadyException, NotaryOverloadedException) as error:
            return Refused(General(str(error)))


@initiated_by(NOTARY_CLIENT_FLOW)
@flow_name("corda_sim.notary.NotaryServiceFlow")
class NotaryServiceFlow(FlowLogic[None]):
    """Answers one notarisation request, as a validating or a non-validating notary."""

    steps = ("Validating", "Committing")

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Check, commit, answer.

        Raises:
            NotaryException: the request is refused.
        """
        node = self.service_hub.cordapp_service(NotaryNodeService)
        received = await self.session.receive(NotarisationPayload)
        payload = received.unwrap(lambda value: value)
        try:
            parts = await self._validate(node, payload)
        except InvalidRequestError as error:
            raise self._refusal(node, error.error, error.tx_id) from error
        await self._announce_wait(node, payload, parts)
        outcome = await self._commit(node, payload, parts)
        if isinstance(outcome, Refused):
            raise self._refusal(node, outcome.error, parts.id)
        await self.session.send(NotarisationResponse((outcome.signature,), outcome.head))

    def _refusal(
        self, node: NotaryNodeService, error: AnyNotaryError, tx_id: SecureHash | None
    ) -> NotaryException:
        data = self.context.record("notary-head", lambda: serialize(node.worker.head))
        head = deserialize(data, object)
        return NotaryException(error, tx_id, head if isinstance(head, SignedHead) else None)

    async def _validate(
        self, node: NotaryNodeService, payload: NotarisationPayload
    ) -> TransactionParts:
        self.set_step("Validating")
        settings = node.configuration
        parts = extract_parts(payload, validating=settings.validating)
        check_request(
            parts,
            payload,
            requester=self.session.counterparty,
            notary=settings.identity,
            parameters_by_hash=self._parameters,
        )
        if isinstance(payload.transaction, SignedTransaction):
            await self._verify(node, payload.transaction)
        return parts

    def _parameters(self, parameters_hash: SecureHash) -> NetworkParameters | None:
        def look_up() -> bytes:
            found = self.service_hub.services.network_parameters_by_hash(parameters_hash)
            return b"" if found is None else serialize(found)

        data = self.context.record("notary-parameters", look_up)
        return _decode_parameters(data) if data else None

    async def _verify(self, node: NotaryNodeService, transaction: SignedTransaction) -> None:
        try:
            await self.sub_flow(ResolveTransactionsFlow(transaction, self.session))
            await self.service_hub.verify_transaction(transaction, check_signatures=False)
            transaction.verify_signatures_except(node.configuration.identity.owning_key)
        except INVALID_TRANSACTION as error:
            raise InvalidRequestError(TransactionInvalid(str(error)), transaction.id) from error

    async def _announce_wait(
        self, node: NotaryNodeService, payload: NotarisationPayload, parts: TransactionParts
    ) -> None:
        states = len(parts.inputs) + len(parts.references)
        data = self.context.record("notary-eta", lambda: _millis(node.service.eta(states)))
        wait = int.from_bytes(data, "big")
        understood = payload.request_signature.platform_version >= MIN_VERSION_FOR_WAIT_TIME
        if understood and wait > node.configuration.eta_threshold_seconds * 1000:
            await self.session.send(WaitTimeUpdate(wait))

    async def _commit(
        self, node: NotaryNodeService, payload: NotarisationPayload, parts: TransactionParts
    ) -> Notarised | Refused:
        self.set_step("Committing")
        request = LoggedRequest(
            parts.to_commit_request(),
            str(self.session.counterparty.name),
            payload.request_signature,
        )
        outcome = await self.await_external(CommitOperation(node.service, request))
        if not isinstance(outcome, Notarised | Refused):
            raise IllegalStateError(f"The notary service answered {outcome!r}")
        return outcome


@lru_cache(16)
def _decode_parameters(data: bytes) -> NetworkParameters:
    return deserialize(data, NetworkParameters)


def _millis(duration: timedelta) -> bytes:
    return (duration // timedelta(milliseconds=1)).to_bytes(8, "big")
