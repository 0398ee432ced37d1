"""A request for notarisation and the signature that proves who made it."""

from collections.abc import Iterable
from dataclasses import dataclass

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.crypto import verify
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import SignatureException
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serializable, serialize
from corda_sim.flow.notary.errors import RequestSignatureInvalid


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
