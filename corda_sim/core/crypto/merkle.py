"""Merkle trees and partial ones (net.corda.core.crypto.MerkleTree, PartialMerkleTree)."""

from collections.abc import Sequence

import msgspec

from corda_sim.core.crypto.hashes import ZERO_HASH, SecureHash
from corda_sim.core.errors import IllegalArgumentError, MerkleTreeException

MAX_TREE_DEPTH = 32
"""Levels of a partial tree that are followed; 2^32 leaves are more than any transaction has."""


def concatenate(left: SecureHash, right: SecureHash) -> SecureHash:
    """An inner node: one SHA-256 over both children."""
    return SecureHash.sha256(left + right)


class MerkleTree(msgspec.Struct, frozen=True):
    """A full binary tree; `levels[0]` are the leaves padded with zero hashes, the last the root."""

    levels: tuple[tuple[SecureHash, ...], ...]

    @classmethod
    def build(cls, leaves: Sequence[SecureHash]) -> "MerkleTree":
        """The tree over `leaves`, padded to a power of two; one leaf is its own root."""
        if not leaves:
            raise MerkleTreeException("Cannot calculate Merkle root on empty hash list.")
        width = 1 << (len(leaves) - 1).bit_length()
        level = (*leaves, *[ZERO_HASH] * (width - len(leaves)))
        levels = [level]
        while len(level) > 1:
            level = tuple(map(concatenate, level[::2], level[1::2]))
            levels.append(level)
        return cls(tuple(levels))

    @property
    def root(self) -> SecureHash:
        """The root."""
        return self.levels[-1][0]


class IncludedLeaf(msgspec.Struct, frozen=True):
    """A leaf whose presence is proven."""

    hash: SecureHash


class Leaf(msgspec.Struct, frozen=True):
    """The root of a part that isn't shown."""

    hash: SecureHash


class Node(msgspec.Struct, frozen=True):
    """An inner node on the way to an included leaf."""

    left: "PartialTree"
    right: "PartialTree"


PartialTree = IncludedLeaf | Leaf | Node


class PartialMerkleTree(msgspec.Struct, frozen=True):
    """Proves that some hashes are leaves of the tree with a given root."""

    root: PartialTree

    @classmethod
    def build(cls, tree: MerkleTree, include: Sequence[SecureHash]) -> "PartialMerkleTree":
        """The part of `tree` that proves the hashes in `include`; each of them once.

        Raises IllegalArgumentError for a zero hash, and MerkleTreeException for a tree that isn't
        full, for hashes that aren't its leaves, and for duplicates.
        """
        if ZERO_HASH in include:
            raise IllegalArgumentError("Zero hashes shouldn't be included in partial tree.")
        _require_full(tree)
        wanted, used = set(include), list[SecureHash]()
        root, _ = _cut(tree, len(tree.levels) - 1, 0, wanted, used)
        if len(used) != len(include):
            raise MerkleTreeException("Some of the provided hashes are not in the tree.")
        return cls(root)

    @classmethod
    def of_leaf(cls, tree: MerkleTree, index: int) -> "PartialMerkleTree":
        """The part of `tree` that proves its leaf `index`, without a search through the tree."""
        node: PartialTree = IncludedLeaf(tree.levels[0][index])
        for level in tree.levels[:-1]:
            sibling = Leaf(level[index ^ 1])
            node = Node(sibling, node) if index & 1 else Node(node, sibling)
            index >>= 1
        return cls(node)

    def verify(self, root_hash: SecureHash, hashes: Sequence[SecureHash]) -> bool:
        """Whether the root is `root_hash` and the included leaves are exactly `hashes`.

        Raises MerkleTreeException for a tree deeper than `MAX_TREE_DEPTH`.
        """
        used: list[SecureHash] = []
        root = _root_of(self.root, used)
        return root == root_hash and len(used) == len(hashes) and set(used) <= set(hashes)

    def root_and_used(self) -> tuple[SecureHash, tuple[SecureHash, ...]]:
        """The root that this part leads to, and the leaves it includes, from left to right."""
        used: list[SecureHash] = []
        return _root_of(self.root, used), tuple(used)

    def leaf_index(self, leaf: SecureHash) -> int:
        """The place of an included leaf in the tree, from 0."""
        index = _index(self.root, leaf, 0)
        if index is None:
            raise MerkleTreeException(f"The provided hash {leaf} is not in the tree.")
        return index


def _require_full(tree: MerkleTree) -> None:
    sizes = [len(level) for level in tree.levels]
    if sizes != [1 << power for power in reversed(range(len(sizes)))] or not sizes:
        raise MerkleTreeException("Got not full binary tree.")


def _cut(
    tree: MerkleTree, level: int, index: int, wanted: set[SecureHash], used: list[SecureHash]
) -> tuple[PartialTree, bool]:
    value = tree.levels[level][index]
    if level == 0:
        if value in wanted:
            used.append(value)
            return IncludedLeaf(value), True
        return Leaf(value), False
    left, in_left = _cut(tree, level - 1, 2 * index, wanted, used)
    right, in_right = _cut(tree, level - 1, 2 * index + 1, wanted, used)
    if in_left or in_right:
        return Node(left, right), True
    return Leaf(value), False


def _root_of(tree: PartialTree, used: list[SecureHash], depth: int = 0) -> SecureHash:
    if depth > MAX_TREE_DEPTH:
        raise MerkleTreeException("A partial tree deeper than any transaction's")
    match tree:
        case IncludedLeaf(value):
            used.append(value)
            return value
        case Leaf(value):
            return value
        case Node(left, right):
            return concatenate(_root_of(left, used, depth + 1), _root_of(right, used, depth + 1))


def _index(tree: PartialTree, leaf: SecureHash, path: int, depth: int = 0) -> int | None:
    if depth > MAX_TREE_DEPTH:
        raise MerkleTreeException("A partial tree deeper than any transaction's")
    match tree:
        case IncludedLeaf(value):
            return path if value == leaf else None
        case Leaf():
            return None
        case Node(left, right):
            found = _index(left, leaf, path << 1, depth + 1)
            return _index(right, leaf, path << 1 | 1, depth + 1) if found is None else found
