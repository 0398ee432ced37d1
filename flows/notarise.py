"""The client's side of a notarisation (net.corda.core.flows.NotaryFlow.Client).

This module alone of the flows knows the notary's messages.
"""

from typing import ClassVar

from corda_sim.core.contracts import TimeWindow
from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.crypto.signatures import PLATFORM_VERSION, TransactionSignature
from corda_sim.core.errors import IllegalArgumentError, IllegalStateError
from corda_sim.core.identity import Party
from corda_sim.core.transactions import (
    FilteredTransaction,
    NetworkParametersHash,
    ReferenceStateRef,
    SignedTransaction,
)
from corda_sim.flow import FlowException, FlowSession, TimedFlow, initiating_flow
from corda_sim.flow.errors import FlowPayloadException
from corda_sim.flow.notary.errors import General, NotaryException
from corda_sim.flow.notary.seen_heads import remember_head, remember_refusal
from corda_sim.flow.notary.types import (
    NOTARY_CLIENT_FLOW,
    NotarisationPayload,
    NotarisationRequestSignature,
    NotarisationResponse,
    WaitTimeUpdate,
    build_request,
    validate_response,
)
from flows.data_vending import DataVendingFlow

REQUESTING = "Requesting signature by Notary service"
VALIDATING = "Validating response from Notary service"
_SHOWN = (StateRef, ReferenceStateRef, TimeWindow, NetworkParametersHash)


@initiating_flow(NOTARY_CLIENT_FLOW, version=PLATFORM_VERSION)
class NotaryFlow(TimedFlow[tuple[TransactionSignature, ...]]):
    """Have the transaction's notary sign it.

    `skip_verification` is for callers that have verified the signatures themselves. A cluster that
    doesn't answer in time is asked again, and so is a notary whose answer says nothing about the
    transaction (NotaryError.General): a notary gives one transaction the same answer each time.

    Raises: NotaryException with the notary's refusal, IllegalStateError or IllegalArgumentError for
    a transaction that no notary of this network may sign, SignatureException for a wrong answer.
    """

    steps: ClassVar[tuple[str, ...]] = (REQUESTING, VALIDATING)

    def __init__(self, transaction: SignedTransaction, skip_verification: bool = False) -> None:
        self.transaction = transaction
        self.skip_verification = skip_verification

    def is_timeout_enabled(self) -> bool:
        """Only another worker could answer instead (NotaryFlow.Client.isTimeoutEnabled)."""
        notary = self.transaction.notary
        return notary is not None and self.service_hub.services.is_clustered(notary)

    def is_worth_repeating(self, error: FlowException) -> bool:
        """The notary is unwell (NotaryDoctor)."""
        return isinstance(error, NotaryException) and isinstance(error.error, General)

    async def attempt(self) -> tuple[TransactionSignature, ...]:
        """The notary's signatures."""
        self.set_step(REQUESTING)
        notary = await self._check_transaction()
        try:
            response = await self._ask(notary)
        except NotaryException as refusal:
            await remember_refusal(self, refusal, notary)
            raise
        self.set_step(VALIDATING)
        signatures = validate_response(response, self.transaction.id, notary)
        if response.head is not None:
            remember_head(self, response.head)
        return signatures

    async def _check_transaction(self) -> Party:
        hub, stx = self.service_hub, self.transaction
        notary = stx.notary
        if notary is None:
            raise IllegalStateError("Transaction does not specify a Notary")
        if not hub.is_notary(notary):
            raise IllegalArgumentError(
                f"{notary} is not a notary on the network, or not on the network parameter "
                f"whitelist"
            )
        states = (hub.state_and_ref(ref) for ref in (*stx.inputs, *stx.references))
        if any(state.state.notary != notary for state in states):
            raise IllegalArgumentError(
                "Input states and reference input states must have the same Notary as the "
                "transaction Notary"
            )
        if not self.skip_verification:
            stx.verify_signatures_except(notary.owning_key)
            await hub.verify_transaction(stx, check_signatures=False)
        return notary

    async def _ask(self, notary: Party) -> NotarisationResponse:
        session = self.initiate_flow(notary)
        await self._send(session, notary)
        return await self._receive(session)

    async def _send(self, session: FlowSession, notary: Party) -> None:
        """The whole transaction to a validating notary, else the tear-off it needs."""
        stx = self.transaction
        request = build_request(stx.inputs, stx.id)
        signature = NotarisationRequestSignature(
            self.our_identity.owning_key,
            self.service_hub.sign_bytes(request.signed_bytes()),
            PLATFORM_VERSION,
        )
        if self.service_hub.is_validating_notary(notary):
            payload = NotarisationPayload(stx, signature)
            await self.sub_flow(DataVendingFlow((session,), payload, (stx,)))
        else:
            await session.send(NotarisationPayload(tear_off(stx, notary), signature))

    async def _receive(self, session: FlowSession) -> NotarisationResponse:
        while True:
            answer = (await session.receive(object)).unwrap(lambda value: value)
            if isinstance(answer, NotarisationResponse):
                return answer
            if not isinstance(answer, WaitTimeUpdate):
                raise FlowPayloadException(f"The notary answered a {type(answer).__name__}")
            self.postpone(answer.wait_time)


def tear_off(transaction: SignedTransaction, notary: Party) -> FilteredTransaction:
    """What a non-validating notary sees: states, references, window, parameters and itself."""
    return transaction.tx.build_filtered_transaction(
        lambda part: isinstance(part, _SHOWN) or (isinstance(part, Party) and part == notary)
    )
