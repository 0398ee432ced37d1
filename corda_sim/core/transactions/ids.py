"""Nonces, leaves, group roots and transaction ids, bit-exact with Corda 4.

Source: net.corda.core.transactions.WireTransaction and net.corda.core.crypto.DigestService.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corda_sim.core.crypto.hashes import ALL_ONES_HASH, SecureHash, sha256d
from corda_sim.core.crypto.merkle import MerkleTree
from corda_sim.core.errors import IllegalArgumentError

SALT_SIZE = 32


def check_privacy_salt(salt: bytes) -> None:
    """Raises: IllegalArgumentError unless ``salt`` is 32 bytes that are not all zero."""
    if len(salt) != SALT_SIZE:
        raise IllegalArgumentError(f"Privacy salt should be {SALT_SIZE} bytes.")
    if not any(salt):
        raise IllegalArgumentError("Privacy salt should not be all zeros.")


def compute_nonce(salt: bytes, group: int, index: int) -> bytes:
    """``SHA256d(salt ‖ int32(group) ‖ int32(index))``, integers big-endian."""
    return sha256d(salt + group.to_bytes(4, "big") + index.to_bytes(4, "big"))


def component_hash(nonce: bytes, component: bytes) -> SecureHash:
    """``SHA256d(nonce ‖ component)``."""
    return SecureHash.sha256d(nonce + component)


def component_nonce(salt: bytes, group: int, index: int, component: bytes) -> SecureHash:
    """The nonce that hides a component and that a tear-off shows.

    For SHA-256, Corda hashes the component into the nonce as well (availableComponentNonces).
    """
    return component_hash(compute_nonce(salt, group, index), component)


def group_nonces(salt: bytes, group: int, components: Sequence[bytes]) -> tuple[SecureHash, ...]:
    """The nonces of one group's components."""
    return tuple(component_nonce(salt, group, i, part) for i, part in enumerate(components))


def group_leaves(
    nonces: Sequence[SecureHash], components: Sequence[bytes]
) -> tuple[SecureHash, ...]:
    """The leaves of one group's tree."""
    return tuple(map(component_hash, nonces, components))


def group_hashes(roots: Mapping[int, SecureHash]) -> tuple[SecureHash, ...]:
    """Leaves of the top tree: each ordinal's root up to the last one, all ones where absent."""
    return tuple(roots.get(group, ALL_ONES_HASH) for group in range(max(roots) + 1))


@dataclass(frozen=True, slots=True)
class GroupExplanation:
    """How one group hashes."""

    group: int
    computed_nonces: tuple[SecureHash, ...]
    nonces: tuple[SecureHash, ...]
    leaves: tuple[SecureHash, ...]
    root: SecureHash


@dataclass(frozen=True, slots=True)
class IdExplanation:
    """How a transaction's id comes about; ``group_hashes`` are the leaves of the top tree."""

    groups: tuple[GroupExplanation, ...]
    group_hashes: tuple[SecureHash, ...]
    id: SecureHash


def explain_transaction_id(groups: Mapping[int, Sequence[bytes]], salt: bytes) -> IdExplanation:
    """Nonces, leaves, roots and id of a transaction, from its components by group ordinal.

    Raises: IllegalArgumentError for a salt Corda refuses, no group at all, an empty group or a
    negative ordinal.
    """
    check_privacy_salt(salt)
    if not groups or min(groups) < 0 or not all(groups.values()):
        raise IllegalArgumentError("Empty component groups are not allowed")
    explained = tuple(_explain_group(salt, group, groups[group]) for group in sorted(groups))
    hashes = group_hashes({one.group: one.root for one in explained})
    return IdExplanation(explained, hashes, MerkleTree.build(hashes).root)


def _explain_group(salt: bytes, group: int, components: Sequence[bytes]) -> GroupExplanation:
    nonces = group_nonces(salt, group, components)
    leaves = group_leaves(nonces, components)
    computed = tuple(
        SecureHash(compute_nonce(salt, group, index)) for index in range(len(components))
    )
    return GroupExplanation(group, computed, nonces, leaves, MerkleTree.build(leaves).root)
