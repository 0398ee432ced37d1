"""`transition(state, event) -> (state, actions)`: the whole session protocol, without I/O.

Source of the rules: net.corda.node.services.statemachine.transitions (corda-core 4.10).
"""

from msgspec.structs import replace

from corda_sim.flow.events import (
    Abandoned,
    FlowAction,
    FlowEvent,
    FlowOp,
    LedgerCommitted,
    MessageArrived,
    Opened,
    OperationDone,
    Raised,
    ResumeWith,
    Returned,
    Send,
    Sent,
    TimerFired,
    Withdraw,
    Yielded,
)
from corda_sim.flow.journal import Failure, Received, Resume, SessionFailed, Value
from corda_sim.flow.messages import FlowExceptionData
from corda_sim.flow.requests import (
    AwaitCondition,
    FlowIORequest,
    Receive,
    Sleep,
    WaitForLedgerCommit,
    WaitForSessionConfirmations,
    deadline_of,
)
from corda_sim.flow.sessions import (
    abandon,
    arrive,
    close,
    open_session,
    send_data,
    send_existing,
    send_init,
)
from corda_sim.flow.state import FlowState, SessionState, SessionStatus

Transition = tuple[FlowState, tuple[FlowAction, ...]]
Sends = tuple[Send | Withdraw, ...]


def transition(state: FlowState, event: FlowEvent) -> Transition:
    """The state after `event`, and what has to be done about it. Pure."""
    match event:
        case Yielded():
            return _yielded(state, event)
        case Returned():
            return _returned(state, event)
        case Raised():
            return _raised(state, event)
        case MessageArrived():
            state, actions = arrive(state, event)
            return _resume_if_satisfied(state, actions)
        case LedgerCommitted():
            return _ledger_committed(state, event)
        case TimerFired():
            return _timer_fired(state, event)
        case OperationDone():
            return resume(state, event.resume) if event.step == state.step else (state, ())


def resume(state: FlowState, how: Resume) -> Transition:
    """The state in which the coroutine goes on, unread messages taken as `how` says."""
    payloads = []
    if isinstance(how, Received):
        for session_id in how.session_ids:
            session = state.sessions[session_id]
            payloads.append(session.inbox[0])
            state = state.with_session(replace(session, inbox=session.inbox[1:]))
    return replace(state, waiting=None), (ResumeWith(how, tuple(payloads)),)


def suspend(state: FlowState, event: Yielded) -> tuple[FlowState, Sends]:
    """The state in which the flow waits for `event.request`, and what it sends on the way."""
    state, sends = apply_ops(state, event.ops)
    for session_id in _sessions_of(event.request):
        session = state.sessions[session_id]
        if session.status is SessionStatus.UNINITIATED:
            state, send = send_init(state, session, None)
            sends = (*sends, send)
    return replace(state, waiting=event.request, step=state.step + 1, sent=0), sends


def apply_ops(state: FlowState, ops: tuple[FlowOp, ...]) -> tuple[FlowState, Sends]:
    """What the coroutine did to its sessions, in its order."""
    sends: list[Send | Withdraw] = []
    for op in ops:
        if isinstance(op, Opened):
            state = open_session(state, op)
        elif isinstance(op, Sent):
            state, sent = send_data(state, op.session_id, op.payload)
            sends.extend(sent)
        elif isinstance(op, Abandoned):
            state, more = abandon(state, state.sessions[op.session_id])
            sends.extend(more)
        else:
            state, sent = close(state, state.sessions[op.session_id])
            sends.extend(sent)
    return state, tuple(sends)


def _yielded(state: FlowState, event: Yielded) -> Transition:
    state, sends = suspend(state, event)
    return _resume_if_satisfied(state, sends)


def _resume_if_satisfied(state: FlowState, actions: tuple[FlowAction, ...]) -> Transition:
    how = None if state.waiting is None else satisfied(state, state.waiting)
    if how is None:
        return state, actions
    state, more = resume(state, how)
    return state, (*actions, *more)


def satisfied(state: FlowState, request: FlowIORequest) -> Resume | None:
    """How the sessions alone answer `request`; None when they don't yet."""
    match request:
        case Receive(session_ids):
            return _received(state, session_ids)
        case WaitForSessionConfirmations(session_ids):
            sessions = [state.sessions[i] for i in session_ids]
            confirmed = all(s.status is SessionStatus.INITIATED for s in sessions)
            return _failed(sessions) or (Value(b"") if confirmed else None)
        case WaitForLedgerCommit():
            open_ones = [s for s in state.sessions.values() if not s.closed]
            return _failed([s for s in open_ones if s.failure is not None])
        case _:
            return None


def _received(state: FlowState, session_ids: tuple[int, ...]) -> Resume | None:
    sessions = [state.sessions[i] for i in session_ids]
    if all(session.inbox for session in sessions):
        return Received(session_ids)
    return _failed([session for session in sessions if not session.inbox])


def _failed(sessions: list[SessionState]) -> SessionFailed | None:
    for session in sessions:
        if session.failure is not None or session.ended:
            return SessionFailed(session.session_id)
    return None


def _sessions_of(request: FlowIORequest) -> tuple[int, ...]:
    if isinstance(request, Receive | WaitForSessionConfirmations):
        return request.session_ids
    return ()


def _returned(state: FlowState, event: Returned) -> Transition:
    state, sends = apply_ops(state, event.ops)
    state, ends = close_all(state)
    return replace(state, waiting=None, step=state.step + 1), (*sends, *ends)


def close_all(state: FlowState) -> tuple[FlowState, tuple[Send, ...]]:
    """End every session that is still open, as a flow does when it returns."""
    sends: tuple[Send, ...] = ()
    for session in list(state.sessions.values()):
        state, more = close(state, session)
        sends = (*sends, *more)
    return state, sends


def _raised(state: FlowState, event: Raised) -> Transition:
    state, actions = apply_ops(state, event.ops)
    for session in list(state.sessions.values()):
        over = session.closed or session.ended or session.failure is not None
        if over or session.status is SessionStatus.UNINITIATED:
            continue
        state, more = send_existing(state, session, event.error)
        actions = (*actions, *more)
    return replace(state, waiting=None, step=state.step + 1), actions


def _ledger_committed(state: FlowState, event: LedgerCommitted) -> Transition:
    waiting = state.waiting
    if isinstance(waiting, WaitForLedgerCommit) and waiting.tx_id == event.tx_id:
        return resume(state, Value(b""))
    return state, ()


def _timer_fired(state: FlowState, event: TimerFired) -> Transition:
    waiting = state.waiting
    deadline = deadline_of(waiting)
    if event.step != state.step or deadline is None or event.now < deadline:
        return state, ()
    if isinstance(waiting, Sleep):
        return resume(state, Value(b""))
    if isinstance(waiting, AwaitCondition):
        text = f"Gave up waiting for {waiting.description}: {waiting.blocked_by()}"
        return resume(state, Failure("timeout", FlowExceptionData("", text)))
    return resume(state, Failure("expired", FlowExceptionData("", "Nobody answered in time")))
