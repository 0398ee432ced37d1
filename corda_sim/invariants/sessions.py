"""Invariant of sessions: both ends agree on which are open."""

from collections.abc import Iterator, Sequence

from corda_sim.invariants.views import NodeView, OpenSessions
from corda_sim.invariants.violations import Violation, ViolationKind


def no_orphan_sessions(nodes: Sequence[NodeView]) -> Iterator[Violation]:
    """A session that one end holds open has a flow at its other end, or the end was told.

    Only flows that may go on hold sessions; with all flows ended nothing is left to check.
    """
    opened = {s for node in nodes for flow in node.sessions for s in flow.opened}
    answered = {
        flow.origin[1] for node in nodes for flow in node.sessions if flow.origin is not None
    }
    names = {node.legal_name for node in nodes}
    for node in nodes:
        for flow in node.sessions:
            yield from _without_responder(node, flow, answered)
            yield from _without_initiator(node, flow, opened, names)


def _without_responder(
    node: NodeView, flow: OpenSessions, answered: set[int]
) -> Iterator[Violation]:
    for session_id in sorted((flow.opened & flow.confirmed) - flow.ended - answered):
        detail = f"session {session_id} of {flow.flow_id} has lost its responder"
        yield Violation(ViolationKind.ORPHAN_SESSION, node.name, detail)


def _without_initiator(
    node: NodeView, flow: OpenSessions, opened: set[int], names: set[str]
) -> Iterator[Violation]:
    if flow.origin is None:
        return
    initiator, their_id, our_id = flow.origin
    if initiator in names and their_id not in opened and our_id not in flow.ended:
        detail = f"session {our_id} of {flow.flow_id} has lost its initiator at {initiator}"
        yield Violation(ViolationKind.ORPHAN_SESSION, node.name, detail)
