"""Filtered transactions, or tear-offs (net.corda.core.transactions.FilteredTransaction)."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import msgspec

from corda_sim.core.crypto.hashes import ALL_ONES_HASH, SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.merkle import MerkleTree, PartialMerkleTree
from corda_sim.core.errors import (
    ComponentVisibilityException,
    FilteredTransactionVerificationException,
    IllegalArgumentError,
    IllegalStateError,
)
from corda_sim.core.serialization import PLATFORM, serializable
from corda_sim.core.serialization.fields import FieldSpec
from corda_sim.core.transactions.component_groups import MAX_GROUP_INDEX, ComponentGroupEnum
from corda_sim.core.transactions.ids import group_leaves
from corda_sim.core.transactions.traversable import TraversableTransaction


@serializable("corda.FilteredComponentGroup", registry=PLATFORM)
class FilteredComponentGroup(msgspec.Struct, frozen=True):
    """Visible components of one group, in their order, with nonces and a partial Merkle tree.

    Raises: IllegalArgumentError when nothing is visible or sizes differ.
    """

    group_index: int
    components: tuple[bytes, ...]
    nonces: tuple[SecureHash, ...]
    partial_merkle_tree: PartialMerkleTree

    def __post_init__(self) -> None:
        if not 0 <= self.group_index <= MAX_GROUP_INDEX:
            raise IllegalArgumentError(f"component group {self.group_index} is out of range")
        if not self.components or len(self.components) != len(self.nonces):
            raise IllegalArgumentError("Size of transaction components and nonces do not match")

    @property
    def leaves(self) -> tuple[SecureHash, ...]:
        """Leaves of the visible components."""
        return group_leaves(self.nonces, self.components)


class FilteredTransaction(TraversableTransaction):
    """The visible part of transaction ``id``; nothing in it is proven before ``verify``.

    Raises: IllegalArgumentError when a group comes twice.
    """

    def __init__(
        self,
        id: SecureHash,  # noqa: A002 - Corda's name
        filtered_component_groups: tuple[FilteredComponentGroup, ...],
        group_hashes: tuple[SecureHash, ...],
    ) -> None:
        self.id = id
        self.filtered_component_groups = filtered_component_groups
        self.group_hashes = group_hashes
        self._by_index = {group.group_index: group for group in filtered_component_groups}
        if len(self._by_index) != len(filtered_component_groups):
            raise IllegalArgumentError("Duplicated component groups detected")

    def group(self, group: ComponentGroupEnum) -> tuple[bytes, ...]:
        """The visible components of a group."""
        found = self._by_index.get(group)
        return () if found is None else found.components

    def _signers_of(self, commands: int) -> Sequence[tuple[PublicKey, ...]]:
        group = self._by_index.get(ComponentGroupEnum.COMMANDS)
        if group is None:
            return ()
        signers = self.signer_lists
        if commands > len(signers):
            raise IllegalStateError(
                f"Invalid Transaction. Less Signers ({len(signers)}) than CommandData "
                f"({commands}) objects"
            )
        places = [group.partial_merkle_tree.leaf_index(leaf) for leaf in group.leaves]
        if max(places, default=0) >= len(signers):
            raise IllegalStateError(
                "Invalid Transaction. A command with no corresponding signer detected"
            )
        return [signers[place] for place in places]

    def verify(self) -> None:
        """Prove that all that is visible belongs to transaction ``id``.

        Raises: FilteredTransactionVerificationException.
        """
        self._require(bool(self.group_hashes), "At least one component group hash is required")
        self._require(
            self._top_root == self.id,
            "Top level Merkle tree cannot be verified against transaction's id",
        )
        for group in self.filtered_component_groups:
            self._verify_group(group)

    @cached_property
    def _top_root(self) -> SecureHash:
        return MerkleTree.build(self.group_hashes).root

    def _verify_group(self, group: FilteredComponentGroup) -> None:
        index = group.group_index
        self._require(
            index < len(self.group_hashes),
            f"There is no matching component group hash for group {index}",
        )
        root = self.group_hashes[index]
        found, used = group.partial_merkle_tree.root_and_used()
        self._require(
            found == root,
            "Partial Merkle tree root and advertised full Merkle tree root for component group "
            f"{index} do not match",
        )
        # order matters beyond Corda's set comparison: an index must name the component it shows
        self._require(
            used == group.leaves,
            f"Visible components in group {index} cannot be verified against their partial "
            "Merkle tree",
        )

    def _require(self, condition: bool, reason: str) -> None:
        if not condition:
            raise FilteredTransactionVerificationException(self.id, reason)

    def _require_visible(self, condition: bool, reason: str) -> None:
        if not condition:
            raise ComponentVisibilityException(self.id, reason)

    def check_all_components_visible(self, group: ComponentGroupEnum) -> None:
        """Prove that the original has no component in this group beyond the visible ones.

        Raises: ComponentVisibilityException.
        """
        index = int(group)
        found = self._by_index.get(index)
        if found is None:
            self._require_visible(
                index >= len(self.group_hashes) or self.group_hashes[index] == ALL_ONES_HASH,
                f"Did not receive components for group {index} and cannot verify they didn't "
                "exist in the original wire transaction",
            )
            return
        self._require_visible(
            index < len(self.group_hashes),
            f"There is no matching component group hash for group {index}",
        )
        self._require_visible(
            MerkleTree.build(found.leaves).root == self.group_hashes[index],
            f"Some components for group {index} are not visible",
        )
        self._require_visible(
            self._top_root == self.id,
            "Transaction is malformed. Top level Merkle tree cannot be verified against "
            "transaction's id",
        )

    def check_command_visibility(self, public_key: PublicKey) -> None:
        """Prove that every command that ``public_key`` must sign is visible.

        Raises: ComponentVisibilityException.
        """
        self.check_all_components_visible(ComponentGroupEnum.SIGNERS)
        expected = sum(public_key in signers for signers in self.signer_lists)
        received = sum(public_key in command.signers for command in self.commands)
        self._require_visible(
            expected == received, f"{expected} commands were expected, but received {received}"
        )

    def check_with_fun(self, check: Callable[[object], bool]) -> bool:
        """Whether something is visible and ``check`` accepts all of it."""
        visible = self.available_components()
        return bool(visible) and all(map(check, visible))

    def available_components(self) -> tuple[Any, ...]:
        """All visible components of known groups, decoded."""
        single = (self.notary, self.time_window, self.network_parameters_hash)
        return (
            *self.inputs,
            *self.references,
            *self.outputs,
            *self.commands,
            *self.attachments,
            *(one for one in single if one is not None),
        )

    def __repr__(self) -> str:
        return f"FilteredTransaction({self.id})"


PLATFORM.register_custom(
    FilteredTransaction,
    "corda.FilteredTransaction",
    [
        FieldSpec("id", SecureHash),
        FieldSpec("filtered_component_groups", tuple[FilteredComponentGroup, ...]),
        FieldSpec("group_hashes", tuple[SecureHash, ...]),
    ],
    lambda tx: [tx.id, tx.filtered_component_groups, tx.group_hashes],
    FilteredTransaction,
)
