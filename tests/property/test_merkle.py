"""Properties of Merkle trees, partial trees and batch signatures over them."""

from hypothesis import assume, given
from hypothesis import strategies as st

from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import ZERO_HASH, SecureHash
from corda_sim.core.crypto.merkle import (
    MerkleTree,
    PartialMerkleTree,
    concatenate,
)
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.crypto.signatures import batch_sign

PAIR = derive_key_pair_from_entropy(DEFAULT_SIGNATURE_SCHEME, 30)
HASHES = st.binary(min_size=32, max_size=32).filter(any).map(SecureHash)
LEAVES = st.lists(HASHES, min_size=1, max_size=40, unique=True)


@st.composite
def trees_with_selections(
    draw: st.DrawFn,
) -> tuple[list[SecureHash], list[SecureHash]]:
    leaves = draw(LEAVES)
    return leaves, draw(st.lists(st.sampled_from(leaves), unique=True))


def _naive_root(leaves: list[SecureHash]) -> SecureHash:
    size = 1
    while size < len(leaves):
        size *= 2
    level = leaves + [ZERO_HASH] * (size - len(leaves))
    while len(level) > 1:
        level = [concatenate(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


@given(LEAVES)
def test_the_root_is_that_of_the_plain_definition(leaves: list[SecureHash]) -> None:
    assert MerkleTree.build(leaves).root == _naive_root(leaves)


@given(trees_with_selections())
def test_a_partial_tree_proves_exactly_what_it_includes(
    case: tuple[list[SecureHash], list[SecureHash]],
) -> None:
    leaves, chosen = case
    tree = MerkleTree.build(leaves)
    partial = PartialMerkleTree.build(tree, chosen)
    root, used = partial.root_and_used()
    assert root == tree.root
    assert list(used) == [leaf for leaf in leaves if leaf in chosen]
    assert partial.verify(tree.root, chosen)
    assert {leaf: partial.leaf_index(leaf) for leaf in chosen} == {
        leaf: leaves.index(leaf) for leaf in chosen
    }
    for leaf in leaves:
        if leaf not in chosen:
            assert not partial.verify(tree.root, [*chosen, leaf])


@given(trees_with_selections(), st.data())
def test_any_changed_hash_changes_the_root(
    case: tuple[list[SecureHash], list[SecureHash]], data: st.DataObject
) -> None:
    leaves, chosen = case
    tree = MerkleTree.build(leaves)
    partial = PartialMerkleTree.build(tree, chosen)
    hashes = bytearray(partial.hashes)
    hashes[data.draw(st.integers(0, len(hashes) - 1))] ^= 1
    changed = PartialMerkleTree(partial.kinds, bytes(hashes))
    root, used = changed.root_and_used()
    assert root != tree.root
    assert not changed.verify(tree.root, used)


@given(LEAVES, st.data())
def test_the_proof_of_one_leaf_needs_no_search(
    leaves: list[SecureHash], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree = MerkleTree.build(leaves)
    direct = PartialMerkleTree.of_leaf(tree, index)
    assert direct == PartialMerkleTree.build(tree, [leaves[index]])
    assert direct.leaf_index(leaves[index]) == index


@given(LEAVES, HASHES)
def test_a_batch_signature_is_valid_for_its_own_id_alone(
    ids: list[SecureHash], other: SecureHash
) -> None:
    assume(other not in ids)
    signed = batch_sign(PAIR, ids, 12)
    assert list(signed) == ids
    assert len({signature.bytes_ for signature in signed.values()}) == 1
    for tx_id, signature in signed.items():
        assert signature.is_valid(tx_id)
        assert not signature.is_valid(other)
    first, last = ids[0], ids[-1]
    assert signed[first].is_valid(last) is (first == last)
