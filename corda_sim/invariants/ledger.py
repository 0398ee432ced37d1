"""Invariants of the ledger: what was spent, by what, and how much there is."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.invariants.facts import TransactionFacts
from corda_sim.invariants.views import NodeView, NotaryView
from corda_sim.invariants.violations import Violation, ViolationKind

NETWORK = "network"


def double_spends(nodes: Sequence[NodeView], notaries: Sequence[NotaryView]) -> Iterator[Violation]:
    """Each state is consumed by one transaction, over all nodes and notaries."""
    consumers: defaultdict[StateRef, dict[SecureHash, set[str]]] = defaultdict(dict)
    for node in nodes:
        for facts in node.verified.values():
            for ref in facts.inputs:
                consumers[ref].setdefault(facts.id, set()).add(node.name)
    for notary in notaries:
        for ref, by in notary.spent.items():
            consumers[ref].setdefault(by, set()).add(notary.name)
    for ref, found in consumers.items():
        if len(found) > 1:
            told = "; ".join(f"{by} at {', '.join(sorted(at))}" for by, at in found.items())
            yield Violation(ViolationKind.DOUBLE_SPEND, NETWORK, f"{ref} is consumed by {told}")


def notarisation(nodes: Sequence[NodeView], notaries: Sequence[NotaryView]) -> Iterator[Violation]:
    """What bears the notary's signature stands in its ledger, and what stands there somebody has.

    Every notary of the network is taken to be among `notaries`; without any nothing is checked.
    """
    if not notaries:
        return
    spent = {ref: by for notary in notaries for ref, by in notary.spent.items()}
    committed = {tx_id for notary in notaries for tx_id in notary.committed}
    for node in nodes:
        for facts in node.verified.values():
            for detail in _unnotarised(facts, spent, committed):
                yield Violation(ViolationKind.NOT_NOTARISED, node.name, detail)
    known = {tx_id for node in nodes for tx_id in node.verified}
    for tx_id in sorted((committed | set(spent.values())) - known):
        detail = f"{tx_id} is committed, and no node has recorded it"
        yield Violation(ViolationKind.LOST_TRANSACTION, NETWORK, detail)


def _unnotarised(
    facts: TransactionFacts, spent: Mapping[StateRef, SecureHash], committed: Collection[SecureHash]
) -> Iterator[str]:
    if facts.inputs and not facts.notarised:
        yield f"{facts.id} is recorded without {facts.notary}'s signature"
    if not facts.notarised:
        return
    absent = [ref for ref in facts.inputs if ref not in spent]
    if absent:
        yield f"{facts.id} is signed, but {absent[0]} is not committed"
    if facts.id not in committed:
        yield f"{facts.id} is signed, but the notary doesn't know it"


def shared(nodes: Sequence[NodeView]) -> Iterator[Violation]:
    """A transaction that one node has is at every node whose states it makes or consumes."""
    known = {tx_id: facts for node in nodes for tx_id, facts in node.verified.items()}
    for facts in known.values():
        concerned = _holders(facts, known)
        for node in nodes:
            if facts.id not in node.verified and concerned & node.own_keys:
                detail = f"{facts.id} concerns the node's states, and the node doesn't have it"
                yield Violation(ViolationKind.NOT_SHARED, node.name, detail)


def _holders(
    facts: TransactionFacts, known: Mapping[SecureHash, TransactionFacts]
) -> frozenset[str]:
    made = [output.holders for output in facts.outputs]
    consumed = [
        source.outputs[ref.index].holders
        for ref in facts.inputs
        if (source := known.get(ref.txhash)) is not None and ref.index < len(source.outputs)
    ]
    return frozenset[str]().union(*made, *consumed)


def value_conserved(nodes: Sequence[NodeView]) -> Iterator[Violation]:
    """For each token: what was issued less what left is what all vaults hold together."""
    known = {tx_id: facts for node in nodes for tx_id, facts in node.verified.items()}
    made, held = _net_issued(known), _held(nodes, known)
    for token in made.keys() | held.keys():
        if made[token] != held[token]:
            detail = f"{token}: issued less exited {made[token]}, in all vaults {held[token]}"
            yield Violation(ViolationKind.VALUE_NOT_CONSERVED, NETWORK, detail)


def _net_issued(known: dict[SecureHash, TransactionFacts]) -> defaultdict[object, int]:
    net: defaultdict[object, int] = defaultdict(int)
    for facts in known.values():
        for output in facts.outputs:
            if output.token is not None:
                net[output.token] += output.quantity
        for ref in facts.inputs:
            source = known.get(ref.txhash)
            spent = None if source is None else source.outputs[ref.index]
            if spent is not None and spent.token is not None:
                net[spent.token] -= spent.quantity
    return net


def _held(
    nodes: Iterable[NodeView], known: dict[SecureHash, TransactionFacts]
) -> defaultdict[object, int]:
    refs = {
        ref
        for node in nodes
        for ref, row in node.vault.items()
        if row.unconsumed and row.relevant and ref.txhash in known
    }
    held: defaultdict[object, int] = defaultdict(int)
    for ref in refs:
        outputs = known[ref.txhash].outputs
        if ref.index < len(outputs) and outputs[ref.index].token is not None:
            held[outputs[ref.index].token] += outputs[ref.index].quantity
    return held


def dependencies(node: NodeView) -> Iterator[Violation]:
    """A node that has a transaction has all those before it, verified."""
    for detail in node.damaged:
        yield Violation(ViolationKind.DAMAGED_TRANSACTION, node.name, detail)
    for facts in node.verified.values():
        for missing in sorted(facts.dependencies() - node.verified.keys()):
            detail = f"{facts.id} is recorded without {missing}"
            yield Violation(ViolationKind.MISSING_DEPENDENCY, node.name, detail)
