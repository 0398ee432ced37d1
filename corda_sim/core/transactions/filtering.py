"""Choosing what a tear-off shows (net.corda.core.transactions.FilteredTransaction)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.merkle import MerkleTree, PartialMerkleTree
from corda_sim.core.transactions.component_groups import ComponentGroupEnum
from corda_sim.core.transactions.filtered import FilteredComponentGroup
from corda_sim.core.transactions.ids import group_leaves

if TYPE_CHECKING:
    from corda_sim.core.transactions.wire import WireTransaction


class ReferenceStateRef(msgspec.Struct, frozen=True):
    """What a predicate sees of a reference input."""

    state_ref: StateRef


class NetworkParametersHash(msgspec.Struct, frozen=True):
    """What a predicate sees of the network parameters hash."""

    hash: SecureHash


def visible_indices(
    tx: "WireTransaction", predicate: Callable[[object], bool]
) -> dict[int, list[int]]:
    """By group, the indices that the predicate accepts.

    With any command visible, all signers are, so that nobody can hide a command from its signer.
    """
    visible: dict[int, list[int]] = {}
    for group, index, value in _candidates(tx):
        if predicate(value):
            visible.setdefault(group, []).append(index)
    if ComponentGroupEnum.COMMANDS in visible:
        signers = int(ComponentGroupEnum.SIGNERS)
        visible[signers] = list(range(len(tx.group(ComponentGroupEnum.SIGNERS))))
    return visible


def _candidates(tx: "WireTransaction") -> Iterator[tuple[int, int, object]]:
    g = ComponentGroupEnum
    parameters = tx.network_parameters_hash
    known: list[tuple[ComponentGroupEnum, Iterable[object]]] = [
        (g.INPUTS, tx.inputs),
        (g.OUTPUTS, tx.outputs),
        (g.COMMANDS, tx.commands),
        (g.ATTACHMENTS, tx.attachments),
        (g.NOTARY, () if tx.notary is None else (tx.notary,)),
        (g.TIMEWINDOW, () if tx.time_window is None else (tx.time_window,)),
        (g.REFERENCES, map(ReferenceStateRef, tx.references)),
        (g.PARAMETERS, () if parameters is None else (NetworkParametersHash(parameters),)),
    ]
    for group, values in known:
        for index, value in enumerate(values):
            yield int(group), index, value
    for unknown in tx.component_groups:
        if unknown.group_index > max(g):
            for index, component in enumerate(unknown.components):
                yield unknown.group_index, index, component


def filter_group(
    group: int,
    components: Sequence[bytes],
    nonces: Sequence[SecureHash],
    tree: MerkleTree,
    shown: Sequence[int],
) -> FilteredComponentGroup:
    """The shown components of one group, with their nonces and the proof."""
    parts = tuple(components[index] for index in shown)
    shown_nonces = tuple(nonces[index] for index in shown)
    proof = PartialMerkleTree.build(tree, group_leaves(shown_nonces, parts))
    return FilteredComponentGroup(group, parts, shown_nonces, proof)
