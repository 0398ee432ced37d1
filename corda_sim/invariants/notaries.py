"""Invariants of a notary: an unbroken chain of batches that holds every head it gave away."""

from collections.abc import Iterator, Sequence

from corda_sim.flow.notary.heads import NotaryHead, empty_head, next_head
from corda_sim.invariants.views import NodeView, NotaryView
from corda_sim.invariants.violations import Violation, ViolationKind


def whole_chain(notary: NotaryView) -> Iterator[Violation]:
    """Each worker's head follows from the one before it and the batch (`flow.notary.heads`)."""
    heads: dict[str, NotaryHead] = {}
    for batch in notary.batches:
        found = batch.head
        previous = heads.get(found.worker, empty_head(found.worker))
        if next_head(previous, batch.digest, found.sequence - 1) != found:
            detail = f"batch {found.sequence} of {found.worker} doesn't follow from the one before"
            yield Violation(ViolationKind.BROKEN_CHAIN, notary.name, detail)
        heads[found.worker] = found


def not_rolled_back(
    nodes: Sequence[NodeView], notaries: Sequence[NotaryView]
) -> Iterator[Violation]:
    """What the nodes have seen of a notary is in its database: none was set back."""
    known = {batch.head for notary in notaries for batch in notary.batches}
    for node in nodes if notaries else ():
        for head in node.heads:
            if head.sequence and head not in known:
                detail = f"batch {head.sequence} of {head.worker} was seen, and no notary has it"
                yield Violation(ViolationKind.ROLLED_BACK, node.name, detail)
