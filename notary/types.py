"""What a requester and a notary say to each other (net.corda.core.flows, NotaryUtils).

The order of a session: NotarisationPayload ->, optionally <- WaitTimeUpdate, then <-
NotarisationResponse, or a NotaryException.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.crypto import verify
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.signatures import TransactionSignature
from corda_sim.core.errors import SignatureException
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serializable, serialize
from corda_sim.core.transactions import FilteredTransaction, SignedTransaction
from notary.errors import RequestSignatureInvalid
from notary.heads import SignedHead


@serializable("corda.NotarisationRequest")
@dataclass(frozen=True, slots=True)
class NotarisationRequest:
    """The inputs that a requester wants consumed, sorted by hash and index, and by what.

    Source: net.corda.core.flows.NotarisationRequest.
    """

    states_to_consume: tuple[StateRef, ...]
    transaction_id: SecureHash

    def signed_bytes(self) -> bytes:
        """What the requester's legal identity signs."""
        return serialize(self)


@serializable("corda.NotarisationRequestSignature")
@dataclass(frozen=True, slots=True)
class NotarisationRequestSignature:
    """A requester's signature over `NotarisationRequest.signed_bytes()`."""

    by: PublicKey
    signature: bytes
    platform_version: int


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


def build_request(inputs: Iterable[StateRef], transaction_id: SecureHash) -> NotarisationRequest:
    """The request for a transaction: its inputs (references don't count) in canonical order."""
    ordered = sorted(set(inputs), key=lambda ref: (bytes(ref.txhash), ref.index))
    return NotarisationRequest(tuple(ordered), transaction_id)


def check_request_signature(
    request: NotarisationRequest, signature: NotarisationRequestSignature, requester: Party
) -> RequestSignatureInvalid | None:
    """The error when `signature` isn't the requester's over this very request."""
    if signature.by != requester.owning_key:
        return RequestSignatureInvalid(
            f"Expected a signature by {requester.owning_key.to_string_short()}, "
            f"but received by {signature.by.to_string_short()}"
        )
    try:
        verify(signature.by, signature.signature, request.signed_bytes())
    except SignatureException as error:
        return RequestSignatureInvalid(str(error))
    return None


def validate_response(
    response: NotarisationResponse, transaction_id: SecureHash, notary: Party
) -> tuple[TransactionSignature, ...]:
    """The signatures, once each verifies and together they fulfil the notary's key.

    Raises:
        SignatureException: one doesn't verify, or the notary's key isn't fulfilled.
    """
    for signature in response.signatures:
        signature.verify(transaction_id)
    signers = [signature.by for signature in response.signatures]
    if not notary.owning_key.is_fulfilled_by(signers):
        raise SignatureException("Invalid response from the notary: not signed by its key")
    return response.signatures
