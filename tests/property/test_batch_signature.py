"""One signature for a batch covers each transaction of it, and nothing else."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy, sign
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.crypto.merkle import MerkleTree, PartialMerkleTree
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import TransactionSignature
from corda_sim.core.errors import SignatureException
from corda_sim.core.serialization import deserialize, serialize
from notary.batch_signing import sign_batch

hashes = st.binary(min_size=32, max_size=32).map(SecureHash)
batches = st.lists(hashes, min_size=1, max_size=20)


def keys(entropy: int) -> KeyPair:
    return derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, entropy)


@dataclass
class CountingSigner:
    """Says how often the private key was used."""

    pair: KeyPair = field(default_factory=lambda: keys(7))
    platform_version: int = 12
    uses: int = 0

    @property
    def public_key(self) -> PublicKey:
        return self.pair.public

    def sign(self, data: bytes) -> bytes:
        self.uses += 1
        return sign(self.pair.private, data)


@given(batches)
def test_every_transaction_is_covered_by_one_use_of_the_key(ids: list[SecureHash]) -> None:
    signer = CountingSigner()
    signatures = sign_batch(signer, ids)
    assert signer.uses == 1
    assert set(signatures) == set(ids)
    assert len({signature.bytes_ for signature in signatures.values()}) == 1
    for tx_id, signature in signatures.items():
        received = deserialize(serialize(signature), TransactionSignature)
        assert received == signature
        received.verify(tx_id)
        assert received.by == signer.public_key


@given(batches)
def test_each_partial_tree_shows_its_own_leaf_alone(ids: list[SecureHash]) -> None:
    leaves = [tx_id.re_hash() for tx_id in dict.fromkeys(ids)]
    tree = MerkleTree.build(leaves)
    for leaf, signature in zip(leaves, sign_batch(CountingSigner(), ids).values(), strict=True):
        assert signature.partial_merkle_tree == PartialMerkleTree.build(tree, [leaf])


@given(batches, hashes)
def test_nothing_else_is_covered(ids: list[SecureHash], stranger: SecureHash) -> None:
    signatures = sign_batch(CountingSigner(), ids)
    for tx_id, signature in signatures.items():
        for other in {*ids, stranger} - {tx_id}:
            with pytest.raises(SignatureException):
                signature.verify(other)


@given(batches, st.integers(0, 511))
def test_an_altered_signature_covers_nothing(ids: list[SecureHash], bit: int) -> None:
    tx_id, signature = next(iter(sign_batch(CountingSigner(), ids).items()))
    altered = bytearray(signature.bytes_)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SignatureException):
        replace(signature, bytes_=bytes(altered)).verify(tx_id)


@given(batches)
def test_another_key_or_version_covers_nothing(ids: list[SecureHash]) -> None:
    tx_id, signature = next(iter(sign_batch(CountingSigner(), ids).items()))
    with pytest.raises(SignatureException):
        replace(signature, by=keys(8).public).verify(tx_id)
    older = replace(signature.metadata, platform_version=11)
    with pytest.raises(SignatureException):
        replace(signature, metadata=older).verify(tx_id)
