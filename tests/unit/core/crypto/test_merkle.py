"""Merkle trees written out by hand, and the cases that Corda refuses."""

import pytest

from corda_sim.core.crypto.hashes import ZERO_HASH, SecureHash
from corda_sim.core.crypto.merkle import (
    INCLUDED,
    LEAF,
    MAX_TREE_DEPTH,
    NODE,
    MerkleTree,
    PartialMerkleTree,
    concatenate,
)
from corda_sim.core.errors import IllegalArgumentError, MerkleTreeException

LEAVES = [SecureHash.sha256(bytes([number])) for number in range(6)]
A, B, C, D, E, F = LEAVES


def test_an_inner_node_is_one_hash_over_both_children() -> None:
    assert concatenate(A, B) == SecureHash.sha256(bytes(A) + bytes(B))


def test_one_leaf_is_the_root() -> None:
    assert MerkleTree.build([A]).root == A


def test_two_three_and_six_leaves() -> None:
    assert MerkleTree.build([A, B]).root == concatenate(A, B)
    three = concatenate(concatenate(A, B), concatenate(C, ZERO_HASH))
    assert MerkleTree.build([A, B, C]).root == three
    left = concatenate(concatenate(A, B), concatenate(C, D))
    right = concatenate(concatenate(E, F), concatenate(ZERO_HASH, ZERO_HASH))
    assert MerkleTree.build(LEAVES).root == concatenate(left, right)


def test_the_order_of_leaves_matters() -> None:
    assert MerkleTree.build([A, B]).root != MerkleTree.build([B, A]).root


def test_no_leaves_make_no_tree() -> None:
    with pytest.raises(MerkleTreeException, match="empty hash list"):
        MerkleTree.build([])


def test_the_shape_of_a_partial_tree() -> None:
    tree = MerkleTree.build(LEAVES)
    kinds = bytes((NODE, NODE, NODE, LEAF, INCLUDED, LEAF, LEAF))
    hashes = A + B + concatenate(C, D) + tree.levels[2][1]
    assert PartialMerkleTree.build(tree, [B]) == PartialMerkleTree(kinds, hashes)


def test_nothing_included_hides_all_behind_the_root() -> None:
    tree = MerkleTree.build(LEAVES)
    partial = PartialMerkleTree.build(tree, [])
    assert partial == PartialMerkleTree(bytes((LEAF,)), tree.root)
    assert partial.verify(tree.root, [])


def test_more_or_other_hashes_than_included_do_not_verify() -> None:
    tree = MerkleTree.build(LEAVES)
    partial = PartialMerkleTree.build(tree, [B, F])
    assert partial.verify(tree.root, [B, F])
    assert partial.verify(tree.root, [F, B])
    for hashes in ([], [B], [B, E], [B, B], [B, F, F], [B, F, A]):
        assert not partial.verify(tree.root, hashes)
    assert not partial.verify(A, [B, F])


def test_a_hidden_hash_is_not_proven() -> None:
    tree = MerkleTree.build(LEAVES)
    partial = PartialMerkleTree.build(tree, [B])
    assert not partial.verify(tree.root, [A])
    with pytest.raises(MerkleTreeException, match="not in the tree"):
        partial.leaf_index(A)


@pytest.mark.parametrize("include", [[SecureHash.sha256(b"other")], [A, A], [A, B, B]])
def test_hashes_that_are_not_leaves_and_duplicates_are_refused(include: list[SecureHash]) -> None:
    with pytest.raises(MerkleTreeException, match="Some of the provided hashes are not in the tre"):
        PartialMerkleTree.build(MerkleTree.build(LEAVES), include)


def test_a_leaf_that_the_tree_has_twice_is_refused() -> None:
    with pytest.raises(MerkleTreeException):
        PartialMerkleTree.build(MerkleTree.build([A, B, A]), [A])


def test_a_zero_hash_cannot_be_included() -> None:
    with pytest.raises(IllegalArgumentError, match="Zero hashes"):
        PartialMerkleTree.build(MerkleTree.build([A, B, C]), [ZERO_HASH])


@pytest.mark.parametrize("levels", [(), ((A, B, C), (A,)), ((A, B), ()), ((A, B), (A, B))])
def test_a_tree_that_is_not_full_is_refused(levels: tuple[tuple[SecureHash, ...], ...]) -> None:
    with pytest.raises(MerkleTreeException, match="not full binary tree"):
        PartialMerkleTree.build(MerkleTree(levels), [A])


def test_the_index_in_a_tree_of_one() -> None:
    assert PartialMerkleTree.build(MerkleTree.build([A]), [A]).leaf_index(A) == 0


def _chain(depth: int) -> PartialMerkleTree:
    return PartialMerkleTree(
        bytes((NODE,)) * depth + bytes((INCLUDED,)) + bytes((LEAF,)) * depth, A + B * depth
    )


def test_a_partial_tree_of_unbounded_depth_is_refused() -> None:
    root, used = _chain(MAX_TREE_DEPTH).root_and_used()
    assert used == (A,)
    assert _chain(MAX_TREE_DEPTH).verify(root, [A])
    with pytest.raises(IllegalArgumentError, match="too deep"):
        _chain(MAX_TREE_DEPTH + 1)


@pytest.mark.parametrize(
    ("kinds", "hashes", "why"),
    [
        ((), b"", "ends early"),
        ((NODE, LEAF), A, "ends early"),
        ((LEAF, LEAF), A + B, "goes on too long"),
        ((3,), A, "unknown kind"),
        ((LEAF,), A[:31], "32 bytes"),
        ((NODE, LEAF, INCLUDED), A, "one hash"),
    ],
)
def test_what_describes_no_tree_is_refused(kinds: tuple[int, ...], hashes: bytes, why: str) -> None:
    with pytest.raises(IllegalArgumentError, match=why):
        PartialMerkleTree(bytes(kinds), hashes)
