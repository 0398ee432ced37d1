from dataclasses import replace
from uuid import UUID

import pytest

from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy, sign
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.errors import SignatureException
from corda_sim.core.serialization import deserialize, serialize
from flows.accounts.keys import RequestKey, SignedKeyForAccount, signed_bytes
from flows.identity_swap import (
    CertificateOwnershipAssertion,
    IdentityWithSignature,
    SwapIdentitiesException,
)
from tests.unit.states.ledger import ALICE, BOB


def pair(entropy: int) -> KeyPair:
    return derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, entropy)


FRESH, OTHER, ALICES = pair(1), pair(2), pair(10)
REQUEST = RequestKey(UUID(int=1), b"c" * 32)


def identity() -> IdentityWithSignature:
    assertion = CertificateOwnershipAssertion(ALICE.name, FRESH.public)
    data = serialize(assertion)
    return IdentityWithSignature(assertion, sign(FRESH.private, data), sign(ALICES.private, data))


def proof(challenge: bytes = b"a" * 32) -> SignedKeyForAccount:
    data = signed_bytes(REQUEST, challenge, FRESH.public)
    return SignedKeyForAccount(FRESH.public, challenge, sign(FRESH.private, data))


def test_a_proven_identity() -> None:
    identity().verify(ALICE)
    assert deserialize(serialize(identity()), IdentityWithSignature) == identity()


def test_an_identity_of_somebody_else() -> None:
    with pytest.raises(SwapIdentitiesException, match="well known identity"):
        identity().verify(BOB)


def test_both_keys_must_sign() -> None:
    wrong = sign(OTHER.private, serialize(identity().assertion))
    for forged in (
        replace(identity(), key_signature=wrong),
        replace(identity(), identity_signature=wrong),
    ):
        with pytest.raises(SwapIdentitiesException, match="Signature does not match"):
            forged.verify(ALICE)


def test_a_proven_key() -> None:
    proof().verify(REQUEST)
    assert deserialize(serialize(proof()), SignedKeyForAccount) == proof()


@pytest.mark.parametrize(
    "request_", [RequestKey(UUID(int=2), b"c" * 32), RequestKey(UUID(int=1), b"d" * 32)]
)
def test_a_proof_is_for_one_request(request_: RequestKey) -> None:
    with pytest.raises(SignatureException):
        proof().verify(request_)


def test_the_hosts_randomness_may_not_be_left_out() -> None:
    with pytest.raises(SignatureException, match="size"):
        proof(b"").verify(REQUEST)


def test_a_key_that_did_not_sign() -> None:
    with pytest.raises(SignatureException):
        replace(proof(), key=OTHER.public).verify(REQUEST)
