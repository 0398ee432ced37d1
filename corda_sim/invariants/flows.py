"""Invariants of the engine: no flow lost, every effect once, nothing left unsent."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from corda_sim.flow.errors import FlowReplayError
from corda_sim.flow.state import FlowStatus
from corda_sim.invariants.views import FlowRow, NodeView
from corda_sim.invariants.violations import Violation, ViolationKind

_OVER = frozenset((FlowStatus.FAILED, FlowStatus.KILLED))


def no_flow_lost(node: NodeView) -> Iterator[Violation]:
    """After quiescence no flow is left to run, and one in the hospital has its cause."""
    for flow in node.flows.values():
        if flow.status is FlowStatus.RUNNABLE:
            detail = f"{flow.name} {flow.flow_id} still runs"
            yield Violation(ViolationKind.LOST_FLOW, node.name, detail)
        if flow.status is FlowStatus.HOSPITALIZED and flow.exception is None:
            detail = f"{flow.name} {flow.flow_id} is in the hospital without a cause"
            yield Violation(ViolationKind.LOST_FLOW, node.name, detail)
    for told in node.unpointed:
        detail = f"{told} was started and has no checkpoint"
        yield Violation(ViolationKind.LOST_FLOW, node.name, detail)


def deterministic(node: NodeView) -> Iterator[Violation]:
    """No flow's code has asked for or sent something else than its journal says."""
    for flow in node.flows.values():
        if flow.exception == FlowReplayError.__name__:
            detail = f"{flow.name} {flow.flow_id} can't be replayed from its journal"
            yield Violation(ViolationKind.NOT_DETERMINISTIC, node.name, detail)


def one_outcome(node: NodeView) -> Iterator[Violation]:
    """A client id names one flow, and a finished one has a result or an exception."""
    by_client_id: defaultdict[str, list[FlowRow]] = defaultdict(list)
    for flow in node.flows.values():
        if flow.client_id is not None:
            by_client_id[flow.client_id].append(flow)
    for client_id, flows in by_client_id.items():
        if len(flows) > 1:
            detail = f"client id {client_id} names {len(flows)} flows"
            yield Violation(ViolationKind.AMBIGUOUS_OUTCOME, node.name, detail)
        for flow in flows:
            if not _outcome_fits(flow):
                detail = f"client id {client_id}: {flow.status.name}, kept outcomes don't fit"
                yield Violation(ViolationKind.AMBIGUOUS_OUTCOME, node.name, detail)


def _outcome_fits(flow: FlowRow) -> bool:
    kept = (flow.has_result, flow.exception is not None)
    match flow.status:
        case FlowStatus.COMPLETED:
            return flow.has_result != (flow.exception is not None)
        case FlowStatus.FAILED | FlowStatus.KILLED:
            return kept == (False, True)
        case _:
            return not flow.has_result


def exactly_once(node: NodeView) -> Iterator[Violation]:
    """A session's message is journaled once, and neither journals nor messages have gaps."""
    seen = Counter((session_id, seq) for session_id, _, seq in node.messages)
    for (session_id, seq), times in seen.items():
        if times > 1:
            detail = f"message {seq} of session {session_id} is journaled {times} times"
            yield Violation(ViolationKind.DUPLICATE_MESSAGE, node.name, detail)
    of_flow: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for session_id, flow_id, seq in node.messages:
        of_flow[flow_id, session_id].append(seq)
    for (flow_id, session_id), numbers in of_flow.items():
        if max(numbers) - min(numbers) + 1 != len(set(numbers)):
            detail = f"session {session_id} of {flow_id} misses messages: {sorted(numbers)}"
            yield Violation(ViolationKind.BROKEN_JOURNAL, node.name, detail)


def whole_journals(node: NodeView) -> Iterator[Violation]:
    """A journal counts from 0 without gaps and belongs to a flow that may go on, which has one."""
    for detail in node.unreadable:
        yield Violation(ViolationKind.BROKEN_JOURNAL, node.name, detail)
    for flow_id, steps in node.steps.items():
        if steps != list(range(len(steps))):
            detail = f"the journal of {flow_id} has the steps {steps}"
            yield Violation(ViolationKind.BROKEN_JOURNAL, node.name, detail)
    journals = node.steps.keys() | {flow_id for _, flow_id, _ in node.messages}
    for flow_id in sorted(journals - node.flows.keys()):
        detail = f"{flow_id} has a journal and no checkpoint"
        yield Violation(ViolationKind.BROKEN_JOURNAL, node.name, detail)
    for flow in node.flows.values():
        if flow.status is FlowStatus.RUNNABLE and flow.flow_id not in node.steps:
            detail = f"{flow.flow_id} runs without a journal"
            yield Violation(ViolationKind.BROKEN_JOURNAL, node.name, detail)
        if flow.status in _OVER and flow.flow_id in journals:
            detail = f"{flow.flow_id} is {flow.status.name} and still has a journal"
            yield Violation(ViolationKind.BROKEN_JOURNAL, node.name, detail)


def nothing_unsent(node: NodeView) -> Iterator[Violation]:
    """After quiescence every message is confirmed: outbox empty, ended flows forgotten."""
    for message_id in node.outbox:
        detail = f"{message_id} is in the outbox"
        yield Violation(ViolationKind.UNSENT_MESSAGE, node.name, detail)
    for flow_id in node.steps:
        flow = node.flows.get(flow_id)
        if flow is not None and flow.status is FlowStatus.COMPLETED:
            detail = f"{flow.name} {flow_id} has ended, and its last messages are unconfirmed"
            yield Violation(ViolationKind.UNSENT_MESSAGE, node.name, detail)
