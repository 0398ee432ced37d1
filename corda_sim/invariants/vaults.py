"""Invariants of a vault: it says what its node's transactions say."""

from collections.abc import Iterator

from corda_sim.core.contracts import StateRef
from corda_sim.flow.state import FlowStatus
from corda_sim.invariants.facts import OutputFacts
from corda_sim.invariants.views import NodeView, VaultRow
from corda_sim.invariants.violations import Violation, ViolationKind


def vault_agrees(node: NodeView) -> Iterator[Violation]:
    """The vault recomputed from the transactions is the vault that is kept."""
    consumed = {ref for facts in node.verified.values() for ref in facts.inputs}
    outputs = {
        StateRef(facts.id, index): output
        for facts in node.verified.values()
        for index, output in enumerate(facts.outputs)
    }
    for ref, row in node.vault.items():
        problem = _problem(row, outputs.get(ref), spent=ref in consumed)
        if problem:
            yield Violation(ViolationKind.VAULT_MISMATCH, node.name, f"{ref} {problem}")
    for ref, output in outputs.items():
        if ref not in node.vault and output.holders & node.own_keys:
            detail = f"{ref} is the node's and not in its vault"
            yield Violation(ViolationKind.VAULT_MISMATCH, node.name, detail)


def _problem(row: VaultRow, output: OutputFacts | None, *, spent: bool) -> str:
    if output is None:
        return "is in the vault, but no verified transaction makes it"
    if row.unconsumed and spent:
        return "is unconsumed, but a transaction spends it"
    if not row.unconsumed and not spent:
        return "is consumed, but no transaction spends it"
    if output.fungible and row.quantity != output.quantity:
        return f"is worth {output.quantity}, the vault says {row.quantity}"
    return ""


def no_orphan_locks(node: NodeView) -> Iterator[Violation]:
    """A soft lock belongs to a flow that may still go on."""
    going = {
        flow.flow_id
        for flow in node.flows.values()
        if flow.status in {FlowStatus.RUNNABLE, FlowStatus.HOSPITALIZED, FlowStatus.PAUSED}
    }
    for ref, row in node.vault.items():
        if row.unconsumed and row.lock_id is not None and row.lock_id not in going:
            detail = f"{ref} is locked by {row.lock_id}, which is over"
            yield Violation(ViolationKind.ORPHAN_LOCK, node.name, detail)
