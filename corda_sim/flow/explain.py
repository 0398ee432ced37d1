"""What a flow waits for, from whom, since when, and what would unblock it. Pure."""

from corda_sim.core.instants import instant
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.requests import (
    AwaitCondition,
    ExecuteAsyncOperation,
    ForceCheckpoint,
    Receive,
    Sleep,
    WaitForLedgerCommit,
    WaitForSessionConfirmations,
    WaitForStateConsumption,
    deadline_of,
)
from corda_sim.flow.state import FlowState, FlowStatus

Explanation = dict[str, str | None]


def explain(flow: LiveFlow, now: int) -> Explanation:
    """`{flow, waits_for, from, since, unblock}`; `now` is ns since the epoch."""
    waits_for, source, unblock = _reason(flow, now)
    return {
        "flow": f"{flow.start.flow_class} {flow.flow_id}",
        "waits_for": waits_for,
        "from": source,
        "since": instant(flow.waiting_since).isoformat(),
        "unblock": unblock,
    }


Reason = tuple[str, str | None, str]


def _reason(flow: LiveFlow, now: int) -> Reason:
    if flow.status is FlowStatus.HOSPITALIZED:
        text = f"{type(flow.error).__name__}: {flow.error}" if flow.error else "an error"
        return f"the hospital: {text}", None, "mend the cause, then flow retry or flow kill"
    if flow.status is FlowStatus.PAUSED:
        return "an operator", None, "flow resume"
    if not flow.is_idle:
        return "its step's commit", "the database", "nothing, unless the database is unavailable"
    if flow.finished:
        peers = ", ".join(sorted({str(party) for party, _ in flow.unconfirmed.values()}))
        return "confirmation of its last messages", peers or None, f"{peers or 'peers'} must be up"
    if flow.machine is None or flow.machine.state.waiting is None:
        return "nothing", None, "it runs"
    return _of_request(flow, flow.machine.state, now)


def _of_request(flow: LiveFlow, state: FlowState, now: int) -> Reason:
    match state.waiting:
        case Receive(session_ids) | WaitForSessionConfirmations(session_ids):
            return _asked_again(_of_sessions(flow, state, session_ids), state, now)
        case WaitForLedgerCommit(tx_id):
            return f"transaction {tx_id}", "the ledger", "its finality flow must complete"
        case WaitForStateConsumption(refs):
            states = ", ".join(map(str, refs))
            unblock = "a transaction that spends them must be recorded here"
            return f"the end of {states}", "the ledger", unblock
        case Sleep(deadline):
            return f"the clock, {max(0, deadline - now) / 1e9:.1f} s", None, "wait"
        case ExecuteAsyncOperation(operation):
            name = type(operation).__name__
            blocked = getattr(operation, "blocked_by", str)()
            return f"the operation {name}", "outside", blocked or f"{name} must end"
        case AwaitCondition() as condition:
            blocked = condition.blocked_by()
            return condition.description, condition.topic, blocked or "release what it waits for"
        case ForceCheckpoint():
            return "its step's commit", "the database", "nothing, unless it is unavailable"
        case _:
            return "nothing", None, "it runs"


def _asked_again(reason: Reason, state: FlowState, now: int) -> Reason:
    """A timed flow helps itself."""
    waits_for, source, unblock = reason
    deadline = deadline_of(state.waiting)
    if deadline is not None:
        unblock = f"{unblock}; it asks again in {max(0, deadline - now) / 1e9:.1f} s"
    return waits_for, source, unblock


def _of_sessions(flow: LiveFlow, state: FlowState, session_ids: tuple[int, ...]) -> Reason:
    silent = [state.sessions[i] for i in session_ids if not state.sessions[i].inbox]
    peers = ", ".join(sorted({str(session.peer) for session in silent}))
    unsent = {str(party) for party, _ in flow.unconfirmed.values()}
    if any(str(session.peer) in unsent for session in silent):
        return "confirmation of a message that was sent", peers, f"{peers} must be up"
    return "a message", peers, f"look at the flow's other side at {peers}"
