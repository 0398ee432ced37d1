"""Judging what an enclave says of a value (LCPClientBase.verifyMembership)."""

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.lightclients.lcp import errors
from corda_sim.ibc.lightclients.lcp.keys import verify_signatures
from corda_sim.ibc.lightclients.lcp.messages import (
    CommitmentProofs,
    VerifyMembership,
    decode_message,
)
from corda_sim.ibc.lightclients.lcp.states import client_state_of, consensus_state_of
from corda_sim.ibc.moment import Moment

NOTHING = bytes(32)
"""What a message says of a path where nothing is."""


def verify_message(store: ClientStore, proof: Proof, path: str, value: bytes, now: Moment) -> None:
    """Check that a signed message says ``value`` (a hash, or ``NOTHING``) of a path.

    Raises: a LCPClientMembershipMismatch, and as ``verify_signatures``.
    """
    state = client_state_of(store)
    if state.frozen:
        raise errors.LCPClientMembershipMismatch("a frozen client proves nothing")
    try:
        proofs = CommitmentProofs.decode(proof.data)
        message = decode_message(proofs.message)
    except DecodeError as error:
        raise errors.LCPClientMembershipMismatch(str(error)) from error
    if not isinstance(message, VerifyMembership):
        raise errors.LCPClientMembershipMismatch("an update where a proof is expected")
    state_id = consensus_state_of(store, proof.height).state_id
    expected = VerifyMembership(proof.prefix, path.encode(), value, proof.height, state_id)
    _require_equal(message, expected)
    verify_signatures(store, state, proofs.message, proofs.signatures, now)


def _require_equal(message: VerifyMembership, expected: VerifyMembership) -> None:
    if message.height != expected.height:
        raise errors.LCPClientMembershipVerificationInvalidHeight(f"at {message.height}")
    if message.prefix != expected.prefix:
        raise errors.LCPClientMembershipVerificationInvalidPrefix(f"under {message.prefix!r}")
    if message.path != expected.path:
        raise errors.LCPClientMembershipVerificationInvalidPath(f"of {message.path!r}")
    if message.state_id != expected.state_id:
        raise errors.LCPClientMembershipVerificationInvalidStateId(message.state_id.hex())
    if message.value != expected.value:
        raise errors.LCPClientMembershipVerificationInvalidValue(message.value.hex())
