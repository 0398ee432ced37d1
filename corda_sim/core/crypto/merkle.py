"""Merkle trees and partial ones (net.corda.core.crypto.MerkleTree, PartialMerkleTree)."""

from collections.abc import Sequence

import msgspec

from corda_sim.core.crypto.hashes import HASH_SIZE, ZERO_HASH, SecureHash
from corda_sim.core.errors import IllegalArgumentError, MerkleTreeException

MAX_TREE_DEPTH = 32
"""Levels of a partial tree below its root; 2^32 leaves are more than any transaction has."""
NODE, LEAF, INCLUDED = 0, 1, 2
"""Kinds of a partial tree's nodes: inner, the root of a part that isn't shown, a proven leaf."""


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


class PartialMerkleTree(msgspec.Struct, frozen=True):
    """Proves that some hashes are leaves of the tree with a given root.

    `kinds` has one byte for each node in pre-order, `hashes` those of the nodes that aren't inner
    ones: so a tree travels, and so it is computed with.

    Raises IllegalArgumentError unless the two describe exactly one tree, at most `MAX_TREE_DEPTH`
    deep.
    """

    kinds: bytes
    hashes: bytes

    def __post_init__(self) -> None:
        to_come = [0]  # the depth of each subtree
        for kind in self.kinds:
            depth = to_come.pop() if to_come else MAX_TREE_DEPTH + 1
            if kind == NODE:
                to_come += (depth + 1, depth + 1)
            elif kind not in (LEAF, INCLUDED):
                raise IllegalArgumentError("a partial tree with an unknown kind of node")
            if depth > MAX_TREE_DEPTH:
                raise IllegalArgumentError("a partial tree that is too deep or goes on too long")
        if to_come:
            raise IllegalArgumentError("a partial tree that ends early")
        if len(self.hashes) != HASH_SIZE * (len(self.kinds) - self.kinds.count(NODE)):
            raise IllegalArgumentError("a partial tree has one hash of 32 bytes for each leaf")

    @classmethod
    def build(cls, tree: MerkleTree, include: Sequence[SecureHash]) -> "PartialMerkleTree":
        """The part of `tree` that proves the hashes in `include`; each of them once.

        Raises IllegalArgumentError for a zero hash, and MerkleTreeException for a tree that isn't
        full, for hashes that aren't its leaves, and for duplicates.
        """
        if ZERO_HASH in include:
            raise IllegalArgumentError("Zero hashes shouldn't be included in partial tree.")
        _require_full(tree)
        kinds, hashes = _cut(tree, len(tree.levels) - 1, 0, frozenset(include))
        if kinds.count(INCLUDED) != len(include):
            raise MerkleTreeException("Some of the provided hashes are not in the tree.")
        return cls(kinds, hashes)

    @classmethod
    def of_leaf(cls, tree: MerkleTree, index: int) -> "PartialMerkleTree":
        """The part of `tree` that proves its leaf `index`, without a search through the tree."""
        kinds, hashes = bytes((INCLUDED,)), bytes(tree.levels[0][index])
        for level in tree.levels[:-1]:
            sibling = level[index ^ 1]
            if index & 1:
                kinds, hashes = bytes((NODE, LEAF)) + kinds, sibling + hashes
            else:
                kinds, hashes = bytes((NODE,)) + kinds + bytes((LEAF,)), hashes + sibling
            index >>= 1
        return cls(kinds, hashes)

    def verify(self, root_hash: SecureHash, hashes: Sequence[SecureHash]) -> bool:
        """Whether the root is `root_hash` and the included leaves are exactly `hashes`."""
        root, used = self.root_and_used()
        return root == root_hash and len(used) == len(hashes) and set(used) <= set(hashes)

    def root_and_used(self) -> tuple[SecureHash, tuple[SecureHash, ...]]:
        """The root that this part leads to, and the leaves it includes, from left to right."""
        end, used, subtrees = len(self.hashes), list[SecureHash](), list[SecureHash]()
        for kind in reversed(self.kinds):
            if kind == NODE:
                left = subtrees.pop()
                subtrees[-1] = concatenate(left, subtrees[-1])
                continue
            value = SecureHash(self.hashes[end - HASH_SIZE : end])
            end -= HASH_SIZE
            subtrees.append(value)
            if kind == INCLUDED:
                used.append(value)
        return subtrees[0], tuple(reversed(used))

    def leaf_index(self, leaf: SecureHash) -> int:
        """The place of an included leaf in the tree, from 0."""
        at, to_come = 0, [0]
        for kind in self.kinds:
            path = to_come.pop()
            if kind == NODE:
                to_come += (path << 1 | 1, path << 1)
                continue
            if kind == INCLUDED and self.hashes[at : at + HASH_SIZE] == leaf:
                return path
            at += HASH_SIZE
        raise MerkleTreeException(f"The provided hash {leaf} is not in the tree.")


def _require_full(tree: MerkleTree) -> None:
    sizes = [len(level) for level in tree.levels]
    if sizes != [1 << power for power in reversed(range(len(sizes)))] or not sizes:
        raise MerkleTreeException("Got not full binary tree.")


def _cut(
    tree: MerkleTree, level: int, index: int, wanted: frozenset[SecureHash]
) -> tuple[bytes, bytes]:
    value = bytes(tree.levels[level][index])
    if level == 0:
        return bytes((INCLUDED if value in wanted else LEAF,)), value
    left = _cut(tree, level - 1, 2 * index, wanted)
    right = _cut(tree, level - 1, 2 * index + 1, wanted)
    if INCLUDED in left[0] or INCLUDED in right[0]:
        return bytes((NODE,)) + left[0] + right[0], left[1] + right[1]
    return bytes((LEAF,)), value
