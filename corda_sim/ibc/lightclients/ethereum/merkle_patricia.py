"""Proofs over Merkle-Patricia tries with hashed keys, as ``eth_getProof`` gives them."""

from collections.abc import Iterator, Sequence

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.errors import ErrInvalidProof
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.rlp_items import Item, bytes_of, decode_list, split_list

_BRANCH_SIZE, _SHORT_SIZE, _HASH_SIZE = 17, 2, 32
EMPTY_ROOT = keccak256(b"\x80")
"""The root of a trie without keys."""


def prove(root: bytes, key: bytes, proof: bytes) -> bytes | None:
    """The value at ``key``, or None where the proof shows that there is none.

    ``proof`` is an RLP list of the nodes from the root on; each must be used.
    Raises: ErrInvalidProof.
    """
    try:
        nodes = iter(split_list(proof))
        value = _walk(root, _nibbles(keccak256(key)), nodes)
    except DecodeError as error:
        raise ErrInvalidProof(f"malformed proof: {error}") from error
    if next(nodes, None) is not None:
        raise ErrInvalidProof("a proof with nodes that nothing leads to")
    return value


def _walk(root: bytes, path: tuple[int, ...], nodes: Iterator[bytes]) -> bytes | None:
    if root == EMPTY_ROOT:
        return None
    child: Item = root
    while True:
        node = _node(child, nodes)
        if len(node) == _BRANCH_SIZE:
            child, path = _in_branch(node, path)
        elif len(node) == _SHORT_SIZE:
            is_leaf, shared = _shared(node[0])
            if path[: len(shared)] != shared:
                return None
            child, path = node[1], path[len(shared) :]
            if is_leaf:
                return bytes_of(child) if not path else None
        else:
            raise ErrInvalidProof(f"a trie node of {len(node)} items")
        if not child:
            return None


def _in_branch(node: list[Item], path: tuple[int, ...]) -> tuple[Item, tuple[int, ...]]:
    if not path:
        raise ErrInvalidProof("a branch where a hashed key ends")
    return node[path[0]], path[1:]


def _node(child: Item, nodes: Iterator[bytes]) -> list[Item]:
    if not isinstance(child, bytes):
        return child
    raw = next(nodes, None)
    if raw is None or len(child) != _HASH_SIZE or keccak256(raw) != child:
        raise ErrInvalidProof("a node of the proof is missing, or isn't the one referred to")
    return decode_list(raw)


def _shared(item: Item) -> tuple[bool, tuple[int, ...]]:
    """Whether the node is a leaf, and its part of the path (hex-prefix encoding)."""
    nibbles = _nibbles(bytes_of(item))
    if not nibbles or nibbles[0] > 3 or (not nibbles[0] & 1 and nibbles[1]):
        raise ErrInvalidProof("a trie node with a malformed path")
    return bool(nibbles[0] & 2), nibbles[1 if nibbles[0] & 1 else 2 :]


def _nibbles(data: Sequence[int]) -> tuple[int, ...]:
    return tuple(nibble for byte in data for nibble in (byte >> 4, byte & 15))
