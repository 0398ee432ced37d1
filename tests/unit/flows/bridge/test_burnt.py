"""The rule alone: which transactions count as unsigned, and whose request is proven."""

from dataclasses import replace

import pytest

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy, sign
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import PLATFORM_VERSION
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.flow.notary.requests import NotarisationRequestSignature, build_request
from corda_sim.flow.notary.spendings import Spending
from flows.bridge.burnt import unsigned

ONE, TWO = SecureHash.sha256(b"one"), SecureHash.sha256(b"two")
PAIR = derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, 7)
THIEF = Party(CordaX500Name("Thief", "London", "GB"), PAIR.public)
REFS = (StateRef(TWO, 3), StateRef(ONE, 0))


def spending(tx_id: SecureHash) -> Spending:
    request = build_request(REFS, tx_id)
    signature = sign(PAIR.private, request.signed_bytes())
    proof = NotarisationRequestSignature(PAIR.public, signature, PLATFORM_VERSION)
    return Spending(tx_id, REFS, str(THIEF.name), proof)


def test_a_requester_is_proven_by_his_signature() -> None:
    assert spending(ONE).is_proven(THIEF)


@pytest.mark.parametrize(
    "changed",
    [
        replace(spending(ONE), transaction_id=TWO),
        replace(spending(ONE), states=REFS[:1]),
        replace(spending(ONE), requester="O=Somebody, L=London, C=GB"),
        replace(spending(ONE), signature=spending(TWO).signature),
    ],
)
def test_a_notary_proves_nothing_of_another(changed: Spending) -> None:
    assert not changed.is_proven(THIEF)


def test_who_isnt_known_or_has_another_key_is_not_proven() -> None:
    other = derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, 8).public
    assert not spending(ONE).is_proven(None)
    assert not spending(ONE).is_proven(Party(THIEF.name, other))


@pytest.mark.parametrize(
    ("signed", "threshold", "lost"),
    [
        ([{ONE}], 1, [TWO]),
        ([{ONE}, {TWO}], 1, []),
        ([{ONE}, {TWO}], 2, [ONE, TWO]),
        ([{ONE}, {ONE, TWO}, set()], 2, [TWO]),
        ([set()], 1, [ONE, TWO]),
    ],
)
def test_as_many_validators_as_the_host_demands(
    signed: list[set[SecureHash]], threshold: int, lost: list[SecureHash]
) -> None:
    found = unsigned((spending(ONE), spending(TWO)), signed, threshold)
    assert [one.transaction_id for one in found] == lost
