"""Reading journals: their places for all flows, and the sessions of flows that may go on."""

from collections import defaultdict

from sqlalchemy import Connection, select

from corda_sim.core.errors import DecodeError
from corda_sim.flow.journal import FlowJournal, decode_journal
from corda_sim.flow.messages import (
    ConfirmSessionMessage,
    EndSessionMessage,
    ErrorSessionMessage,
    RejectSessionMessage,
)
from corda_sim.flow.state import FlowStatus
from corda_sim.invariants.rows import rows_of
from corda_sim.invariants.views import NodeView, OpenSessions
from corda_sim.node.storage import schema

_LAST_WORDS = (EndSessionMessage, ErrorSessionMessage, RejectSessionMessage)
_LIVE = (FlowStatus.RUNNABLE, FlowStatus.HOSPITALIZED, FlowStatus.PAUSED)


def read_journals(connection: Connection, view: NodeView) -> None:
    """Fill in `steps`, `messages` and `sessions`; `flows` must be there."""
    steps: defaultdict[str, list[bytes]] = defaultdict(list)
    arrived: defaultdict[str, list[bytes]] = defaultdict(list)
    journal, received = schema.node_flow_journal.c, schema.node_flow_messages.c
    ordered = select(journal.flow_id, journal.step, journal.data).order_by(
        journal.flow_id, journal.step
    )
    for flow_id, step, data in rows_of(connection, ordered):
        view.steps.setdefault(flow_id, []).append(step)
        steps[flow_id].append(data)
    messages = select(received.session_id, received.flow_id, received.seq, received.data)
    for session_id, flow_id, seq, data in rows_of(connection, messages):
        view.messages.append((session_id, flow_id, seq))
        arrived[flow_id].append(data)
    for flow in view.flows.values():
        if flow.status in _LIVE and flow.flow_id in steps:
            _read_sessions(view, flow.flow_id, steps[flow.flow_id], arrived[flow.flow_id])


def _read_sessions(view: NodeView, flow_id: str, steps: list[bytes], arrived: list[bytes]) -> None:
    try:
        journal = decode_journal(flow_id, 0, steps, arrived)
    except DecodeError as error:
        view.unreadable.append(str(error))
    else:
        view.sessions.append(_sessions_of(journal))


def _sessions_of(journal: FlowJournal) -> OpenSessions:
    origin, messages = journal.start.origin, journal.messages
    return OpenSessions(
        journal.flow_id,
        frozenset(opened for step in journal.steps for opened in step.opened),
        frozenset(m.session_id for m in messages if isinstance(m.payload, ConfirmSessionMessage)),
        frozenset(m.session_id for m in messages if isinstance(m.payload, _LAST_WORDS)),
        None if origin is None else (origin.peer_name, origin.peer_session_id, origin.session_id),
    )
