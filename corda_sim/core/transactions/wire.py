"""Wire transactions: what is hashed, sent and kept (WireTransaction)."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.contracts.states import StateAndRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.merkle import MerkleTree
from corda_sim.core.errors import IllegalArgumentError, IllegalStateError
from corda_sim.core.serialization import PLATFORM
from corda_sim.core.serialization.fields import FieldSpec
from corda_sim.core.transactions import filtering, ids
from corda_sim.core.transactions.component_groups import ComponentGroup, ComponentGroupEnum
from corda_sim.core.transactions.filtered import FilteredTransaction
from corda_sim.core.transactions.traversable import TraversableTransaction, check_base_invariants


class WireTransaction(TraversableTransaction):
    """A transaction as component groups and a privacy salt of 32 bytes.

    Raises: IllegalArgumentError or IllegalStateError for groups against Corda's rules (empty or
    repeated groups, neither input nor output, no command, a notary that is missing), DecodeError
    for an input, reference, notary or time window that does not decode.
    """

    def __init__(self, component_groups: tuple[ComponentGroup, ...], privacy_salt: bytes) -> None:
        ids.check_privacy_salt(privacy_salt)
        self.component_groups = component_groups
        self.privacy_salt = privacy_salt
        self._by_index = {group.group_index: group.components for group in component_groups}
        self._check()

    def _check(self) -> None:
        if not all(group.components for group in self.component_groups):
            raise IllegalArgumentError("Empty component groups are not allowed")
        if len(self._by_index) != len(self.component_groups):
            raise IllegalArgumentError("Duplicated component groups detected")
        check_base_invariants(self)
        if not self.inputs and not self.group(ComponentGroupEnum.OUTPUTS):
            raise IllegalStateError("A transaction must contain at least one input or output state")
        commands = self.group(ComponentGroupEnum.COMMANDS)
        if not commands:
            raise IllegalStateError("A transaction must contain at least one command")
        self._signers_of(len(commands))
        if self.time_window is not None and self.notary is None:
            raise IllegalStateError("Transactions with time-windows must be notarised")

    def group(self, group: ComponentGroupEnum) -> tuple[bytes, ...]:
        """The components of a group, or none."""
        return self._by_index.get(group, ())

    @cached_property
    def nonces(self) -> dict[int, tuple[SecureHash, ...]]:
        """By group ordinal, the nonces that a tear-off may show."""
        salt = self.privacy_salt
        return {
            index: ids.group_nonces(salt, index, parts) for index, parts in self._by_index.items()
        }

    @cached_property
    def group_trees(self) -> dict[int, MerkleTree]:
        """By group ordinal, the Merkle tree of the components."""
        return {
            index: MerkleTree.build(ids.group_leaves(self.nonces[index], parts))
            for index, parts in self._by_index.items()
        }

    @cached_property
    def group_hashes(self) -> tuple[SecureHash, ...]:
        """Leaves of the top tree."""
        return ids.group_hashes({index: tree.root for index, tree in self.group_trees.items()})

    @cached_property
    def id(self) -> SecureHash:
        """The transaction id: root of the top Merkle tree."""
        return MerkleTree.build(self.group_hashes).root

    @cached_property
    def required_signing_keys(self) -> frozenset[PublicKey]:
        """All command signers, and the notary's key where there is something to notarise."""
        keys = {key for signers in self.signer_lists for key in signers}
        if self.notary is not None and self.needs_notary:
            keys.add(self.notary.owning_key)
        return frozenset(keys)

    @property
    def needs_notary(self) -> bool:
        """Whether there are inputs, references or a time window."""
        return bool(self.inputs or self.references) or self.time_window is not None

    def out_ref(self, index: int) -> StateAndRef[Any]:
        """The output at ``index`` with its reference. Raises: IllegalArgumentError."""
        if not 0 <= index < len(self.outputs):
            raise IllegalArgumentError(f"transaction {self.id} has no output {index}")
        return StateAndRef(self.outputs[index], StateRef(self.id, index))

    def out_refs(self) -> tuple[StateAndRef[Any], ...]:
        """All outputs with their references."""
        return tuple(map(self.out_ref, range(len(self.outputs))))

    def build_filtered_transaction(
        self, predicate: Callable[[object], bool]
    ) -> FilteredTransaction:
        """A tear-off that shows what ``predicate`` accepts.

        It is asked about StateRef, ReferenceStateRef, TransactionState, Command, SecureHash
        (attachments), Party, TimeWindow, NetworkParametersHash, and bytes for unknown groups.
        """
        visible = filtering.visible_indices(self, predicate)
        groups = tuple(
            filtering.filter_group(
                index, self._by_index[index], self.nonces[index], self.group_trees[index], shown
            )
            for index, shown in sorted(visible.items())
        )
        return FilteredTransaction(self.id, groups, self.group_hashes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WireTransaction) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"WireTransaction({self.id})"


PLATFORM.register_custom(
    WireTransaction,
    "corda.WireTransaction",
    [
        FieldSpec("component_groups", tuple[ComponentGroup, ...]),
        FieldSpec("privacy_salt", bytes),
    ],
    lambda tx: [tx.component_groups, tx.privacy_salt],
    WireTransaction,
)
