"""What a requester and a notary say to each other (net.corda.core.flows, NotaryUtils).

The order of a session: NotarisationPayload ->, optionally <- WaitTimeUpdate, then <-
NotarisationResponse, or a NotaryException.
"""

from dataclasses import dataclass
from datetime import timedelta

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.signatures import TransactionSignature
from corda_sim.core.errors import SignatureException
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serializable
from corda_sim.core.transactions import FilteredTransaction, SignedTransaction
from corda_sim.flow.notary.heads import SignedHead
from corda_sim.flow.notary.requests import (
    NotarisationRequest,
    NotarisationRequestSignature,
    build_request,
    check_request_signature,
)

__all__ = [
    "NOTARY_CLIENT_FLOW",
    "NotarisationPayload",
    "NotarisationRequest",
    "NotarisationRequestSignature",
    "NotarisationResponse",
    "WaitTimeUpdate",
    "build_request",
    "check_request_signature",
    "validate_response",
]

NOTARY_CLIENT_FLOW = "corda_sim.NotaryFlow.Client"
"""The wire name of the requester's flow (net.corda.core.flows.NotaryFlow.Client)."""


@serializable("corda.NotarisationPayload")
@dataclass(frozen=True, slots=True)
class NotarisationPayload:
    """The whole transaction for a validating notary, its tear-off for a non-validating one."""

    transaction: SignedTransaction | FilteredTransaction
    request_signature: NotarisationRequestSignature


@serializable("corda.NotarisationResponse")
@dataclass(frozen=True, slots=True)
class NotarisationResponse:
    """The notary's signatures, and the head of the answering worker's chain of batches."""

    signatures: tuple[TransactionSignature, ...]
    head: SignedHead | None = None


@serializable("corda.WaitTimeUpdate")
@dataclass(frozen=True, slots=True)
class WaitTimeUpdate:
    """The notary is busy; `wait_time_ms` (milliseconds) is when it expects to answer."""

    wait_time_ms: int

    @property
    def wait_time(self) -> timedelta:
        """The same as a timedelta."""
        return timedelta(milliseconds=self.wait_time_ms)


def validate_response(
    response: NotarisationResponse, transaction_id: SecureHash, notary: Party
) -> tuple[TransactionSignature, ...]:
    """The signatures, once each verifies and together they fulfil the notary's key.

    Raises:
        SignatureException: one doesn't verify, the notary's key isn't fulfilled, or the head isn't
            signed by the notary.
    """
    for signature in response.signatures:
        signature.verify(transaction_id)
    signers = [signature.by for signature in response.signatures]
    if not notary.owning_key.is_fulfilled_by(signers):
        raise SignatureException("Invalid response from the notary: not signed by its key")
    if response.head is not None:
        response.head.verify(notary.owning_key)
    return response.signatures
