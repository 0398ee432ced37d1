"""One signature for a whole batch.

The notary signs the root of a Merkle tree over the re-hashed transaction ids; each response holds
the signature with the partial tree of its own id (net.corda.core.crypto.TransactionSignature).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from corda_sim.core.crypto.crypto import sign
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.crypto.merkle import MerkleTree, PartialMerkleTree
from corda_sim.core.crypto.signatures import (
    PLATFORM_VERSION,
    SignableData,
    SignatureMetadata,
    TransactionSignature,
)


class NotarySigner(Protocol):
    """Signs with the notary's service identity, wherever its private key is."""

    @property
    def public_key(self) -> PublicKey:
        """The notary's key."""
        ...

    @property
    def platform_version(self) -> int:
        """What goes into the metadata of transaction signatures."""
        ...

    def sign(self, data: bytes) -> bytes:
        """A plain signature over `data`."""
        ...


@dataclass(frozen=True, slots=True)
class KeyPairSigner:
    """Signs with a key pair in memory."""

    key_pair: KeyPair
    platform_version: int = PLATFORM_VERSION

    @property
    def public_key(self) -> PublicKey:
        """The notary's key."""
        return self.key_pair.public

    def sign(self, data: bytes) -> bytes:
        """A plain signature over `data`."""
        return sign(self.key_pair.private, data)


def sign_batch(
    signer: NotarySigner, ids: Iterable[SecureHash]
) -> Mapping[SecureHash, TransactionSignature]:
    """A signature for each distinct id, by one private-key operation; none for no ids."""
    distinct = tuple(dict.fromkeys(ids))
    if not distinct:
        return {}
    tree = MerkleTree.build([tx_id.re_hash() for tx_id in distinct])
    metadata = SignatureMetadata(signer.platform_version, signer.public_key.scheme)
    signed = signer.sign(SignableData(tree.root, metadata).serialize())
    return {
        tx_id: TransactionSignature(
            signed, signer.public_key, metadata, PartialMerkleTree.of_leaf(tree, index)
        )
        for index, tx_id in enumerate(distinct)
    }
