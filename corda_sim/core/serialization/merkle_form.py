"""Flat form of partial Merkle trees: node kinds in pre-order, and the hashes of the leaves."""

from collections.abc import Iterator

from corda_sim.core.crypto.hashes import HASH_SIZE, SecureHash
from corda_sim.core.crypto.merkle import IncludedLeaf, Leaf, Node, PartialMerkleTree, PartialTree
from corda_sim.core.errors import IllegalArgumentError

MAX_HEIGHT = 32
_NODE, _LEAF, _INCLUDED = 0, 1, 2


def tree_fields(tree: PartialMerkleTree) -> list[object]:
    """The kinds (one byte each) and the leaf hashes, concatenated."""
    kinds, hashes = bytearray(), bytearray()
    stack: list[PartialTree] = [tree.root]
    while stack:
        match stack.pop():
            case Node(left, right):
                kinds.append(_NODE)
                stack += (right, left)
            case Leaf(value):
                kinds.append(_LEAF)
                hashes += value
            case IncludedLeaf(value):
                kinds.append(_INCLUDED)
                hashes += value
    return [bytes(kinds), bytes(hashes)]


def tree_from_fields(kinds: bytes, hashes: bytes) -> PartialMerkleTree:
    """The tree again. Raises: IllegalArgumentError when the two don't describe exactly one."""
    if len(hashes) % HASH_SIZE:
        raise IllegalArgumentError("leaf hashes of a partial tree have 32 bytes each")
    leaves = (SecureHash(hashes[at : at + HASH_SIZE]) for at in range(0, len(hashes), HASH_SIZE))
    rest = iter(kinds)
    root = _read(rest, leaves, 0)
    if next(rest, None) is not None or next(leaves, None) is not None:
        raise IllegalArgumentError("a partial tree with something left over")
    return PartialMerkleTree(root)


def _read(kinds: Iterator[int], leaves: Iterator[SecureHash], height: int) -> PartialTree:
    kind = next(kinds, None)
    if height > MAX_HEIGHT or kind is None:
        raise IllegalArgumentError("a partial tree that is too deep or ends early")
    if kind == _NODE:
        left = _read(kinds, leaves, height + 1)
        return Node(left, _read(kinds, leaves, height + 1))
    value = next(leaves, None)
    if value is None or kind not in (_LEAF, _INCLUDED):
        raise IllegalArgumentError("a partial tree with a missing hash or an unknown kind of node")
    return Leaf(value) if kind == _LEAF else IncludedLeaf(value)
