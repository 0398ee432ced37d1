"""Signatures over transaction ids (net.corda.core.crypto.TransactionSignature)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from corda_sim.core.crypto.crypto import sign, verify_once
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.crypto.merkle import MerkleTree, PartialMerkleTree
from corda_sim.core.crypto.signable import serialize_signable_data
from corda_sim.core.errors import IllegalArgumentError, SignatureException

PLATFORM_VERSION = 12
"""The platform version of Corda 4.10."""


@dataclass(frozen=True, slots=True)
class SignatureMetadata:
    """What is signed beside the id."""

    platform_version: int
    scheme_number_id: int


@dataclass(frozen=True, slots=True)
class SignableData:
    """A transaction id (or batch root) with the metadata of its signature."""

    tx_id: SecureHash
    metadata: SignatureMetadata

    def serialize(self) -> bytes:
        """The 999 bytes that are signed."""
        meta = self.metadata
        return serialize_signable_data(self.tx_id, meta.platform_version, meta.scheme_number_id)


@dataclass(frozen=True, slots=True)
class TransactionSignature:
    """A signature; with `partial_merkle_tree` it is one of a batch, over the root of its tree."""

    bytes_: bytes
    by: PublicKey
    metadata: SignatureMetadata
    partial_merkle_tree: PartialMerkleTree | None = field(default=None, compare=False)

    def verify(self, tx_id: SecureHash) -> None:
        """Raise SignatureException unless this signs the transaction `tx_id`.

        As in Corda the scheme in the metadata is signed but not compared with the key's. A node
        asks several times on a transaction's way: only the first answer costs a verification.
        """
        try:
            data = SignableData(self._signed(tx_id), self.metadata).serialize()
        except IllegalArgumentError as error:
            raise SignatureException(str(error)) from error
        verify_once(self.by, self.bytes_, data)

    def is_valid(self, tx_id: SecureHash) -> bool:
        """Whether this signs the transaction `tx_id`."""
        try:
            self.verify(tx_id)
        except SignatureException:
            return False
        return True

    def _signed(self, tx_id: SecureHash) -> SecureHash:
        tree = self.partial_merkle_tree
        if tree is None:
            return tx_id
        root, used = tree.root_and_used()
        if tx_id.re_hash() not in used:
            raise SignatureException("Transaction is not included in the signed batch")
        return root

    def __repr__(self) -> str:
        return f"TransactionSignature(by={self.by})"


def sign_transaction_id(
    pair: KeyPair, tx_id: SecureHash, platform_version: int = PLATFORM_VERSION
) -> TransactionSignature:
    """Sign one transaction id."""
    metadata = SignatureMetadata(platform_version, pair.public.scheme)
    data = SignableData(tx_id, metadata).serialize()
    return TransactionSignature(sign(pair.private, data), pair.public, metadata)


def batch_sign(
    pair: KeyPair, tx_ids: Iterable[SecureHash], platform_version: int = PLATFORM_VERSION
) -> dict[SecureHash, TransactionSignature]:
    """One signature over the Merkle root of all ids' hashes; each id with its partial tree.

    Raises MerkleTreeException for no ids.
    """
    distinct = tuple(dict.fromkeys(tx_ids))
    tree = MerkleTree.build([tx_id.re_hash() for tx_id in distinct])
    signed = sign_transaction_id(pair, tree.root, platform_version)
    return {
        tx_id: TransactionSignature(
            signed.bytes_, signed.by, signed.metadata, PartialMerkleTree.of_leaf(tree, index)
        )
        for index, tx_id in enumerate(distinct)
    }
