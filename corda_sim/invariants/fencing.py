"""Invariant of the lease: no process commits after another has taken over."""

from collections.abc import Iterator
from itertools import pairwise

from corda_sim.invariants.views import NodeView
from corda_sim.invariants.violations import Violation, ViolationKind


def no_fenced_commit(node: NodeView) -> Iterator[Violation]:
    """Epochs only rise along the commit log, and none is higher than the lease's."""
    for before, after in pairwise(node.epochs):
        if after < before:
            detail = f"a commit of epoch {after} came after one of epoch {before}"
            yield Violation(ViolationKind.FENCED_COMMIT, node.name, detail)
    if node.epochs and node.lease is not None and node.epochs[-1] > node.lease:
        detail = f"a commit of epoch {node.epochs[-1]}, and the lease is at {node.lease}"
        yield Violation(ViolationKind.FENCED_COMMIT, node.name, detail)
