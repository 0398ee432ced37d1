"""Tear-offs as protobuf, and back to the platform's types."""

from collections.abc import Iterable

from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.merkle import PartialMerkleTree
from corda_sim.core.crypto.signatures import SignatureMetadata, TransactionSignature
from corda_sim.core.errors import DecodeError, IllegalArgumentError
from corda_sim.core.transactions.filtered import FilteredComponentGroup, FilteredTransaction
from corda_sim.ibc.lightclients.corda.types import (
    MerkleProof,
    Signature,
    TearOff,
    VisibleGroup,
)


def make_tear_off(
    transaction: FilteredTransaction, signatures: Iterable[TransactionSignature]
) -> TearOff:
    """The proof that a filtered transaction and signatures over its id make."""
    groups = tuple(_group_to_message(one) for one in transaction.filtered_component_groups)
    signed = tuple(_signature_to_message(one) for one in signatures)
    return TearOff(transaction.id, transaction.group_hashes, groups, signed)


def read_transaction(tear_off: TearOff) -> FilteredTransaction:
    """The filtered transaction; nothing in it is proven yet. Raises: DecodeError."""
    try:
        return FilteredTransaction(
            SecureHash(tear_off.tx_id),
            tuple(map(_group, tear_off.groups)),
            tuple(map(SecureHash, tear_off.group_hashes)),
        )
    except IllegalArgumentError as error:
        raise DecodeError(str(error)) from error


def read_signatures(tear_off: TearOff) -> tuple[TransactionSignature, ...]:
    """The signatures; none is verified yet. Raises: DecodeError."""
    try:
        return tuple(map(_signature, tear_off.signatures))
    except IllegalArgumentError as error:
        raise DecodeError(str(error)) from error


def _tree_to_message(tree: PartialMerkleTree) -> MerkleProof:
    return MerkleProof(tree.kinds, tree.hashes)


def _tree(message: MerkleProof) -> PartialMerkleTree:
    return PartialMerkleTree(message.kinds, message.hashes)


def _group_to_message(group: FilteredComponentGroup) -> VisibleGroup:
    tree = _tree_to_message(group.partial_merkle_tree)
    return VisibleGroup(group.group_index, group.components, group.nonces, tree)


def _group(message: VisibleGroup) -> FilteredComponentGroup:
    nonces = tuple(map(SecureHash, message.nonces))
    return FilteredComponentGroup(message.index, message.components, nonces, _tree(message.tree))


def _signature_to_message(signature: TransactionSignature) -> Signature:
    batch = signature.partial_merkle_tree
    return Signature(
        signature.by.encoded,
        signature.bytes_,
        signature.metadata.platform_version,
        signature.metadata.scheme_number_id,
        None if batch is None else _tree_to_message(batch),
    )


def _signature(message: Signature) -> TransactionSignature:
    return TransactionSignature(
        message.signature,
        decode_public_key(message.by),
        SignatureMetadata(message.platform_version, message.scheme),
        None if message.batch is None else _tree(message.batch),
    )
