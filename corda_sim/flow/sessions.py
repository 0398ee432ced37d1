"""One session's part of the transition: open, send, close, and what arrives."""

from msgspec.structs import replace

from corda_sim.flow.events import (
    Accept,
    Duplicate,
    Early,
    FlowAction,
    MessageArrived,
    Opened,
    Refuse,
    Send,
    Withdraw,
)
from corda_sim.flow.journal import LAST_SEQ, REOPEN_SEQ, MessageRecord
from corda_sim.flow.messages import (
    ConfirmSessionMessage,
    DataSessionMessage,
    EndSessionMessage,
    ErrorSessionMessage,
    ExistingPayload,
    ExistingSessionMessage,
    InitialSessionMessage,
    RejectCode,
    RejectSessionMessage,
    error_id_of,
    normal_id,
)
from corda_sim.flow.state import Buffered, FlowState, Outgoing, SessionState, SessionStatus

Sends = tuple[Send, ...]


def open_session(state: FlowState, op: Opened) -> FlowState:
    """A new session of the initiator, nothing sent."""
    return state.with_session(
        SessionState(
            session_id=op.session_id,
            role="R",
            peer=op.peer,
            opener_id=op.session_id,
            entropy=op.entropy,
            init_entropy=op.entropy,
            status=SessionStatus.UNINITIATED,
            flow_class=op.flow_class,
            flow_version=op.flow_version,
            app_name=op.app_name,
            init_time=op.time,
        )
    )


def send_data(state: FlowState, session_id: int, payload: bytes) -> tuple[FlowState, Sends]:
    """Send a payload, in the session-init when it is the first."""
    session = state.sessions[session_id]
    if session.status is SessionStatus.UNINITIATED:
        state, send = send_init(state, session, payload)
        return state, (send,)
    return send_existing(state, session, DataSessionMessage(payload))


def send_init(
    state: FlowState, session: SessionState, payload: bytes | None
) -> tuple[FlowState, Send]:
    """Open the session at the peer."""
    message_id = normal_id("R", session.session_id, session.entropy, state.step, state.sent)
    session = replace(
        session,
        status=SessionStatus.INITIATING,
        send_seq=1,
        first_payload=payload,
        init_id=message_id,
    )
    state = replace(state.with_session(session), sent=state.sent + 1)
    return state, init_message(session)


def init_message(session: SessionState) -> Send:
    """The session-init of `session`; the same each time it is sent."""
    message = InitialSessionMessage(
        session.session_id,
        session.init_entropy,
        session.flow_class,
        session.flow_version,
        session.app_name,
        session.init_time,
        session.first_payload,
    )
    return Send(Outgoing(session.peer, session.init_id, message))


def send_existing(
    state: FlowState, session: SessionState, payload: ExistingPayload
) -> tuple[FlowState, Sends]:
    """Send on an open session, or keep the message until the peer has confirmed it."""
    message_id = _message_id(state, session, payload)
    seq = session.send_seq
    session = replace(session, send_seq=seq + 1)
    sends: Sends = ()
    if session.peer_session_id is None:
        buffered = Buffered(message_id, seq, payload)
        session = replace(session, buffered=(*session.buffered, buffered))
    else:
        sends = (_existing(session, message_id, seq, payload),)
    return replace(state.with_session(session), sent=state.sent + 1), sends


def _message_id(state: FlowState, session: SessionState, payload: ExistingPayload) -> str:
    if isinstance(payload, ErrorSessionMessage):
        return error_id_of(payload.error_id, session.peer_session_id or session.opener_id)
    return normal_id(session.role, session.opener_id, session.entropy, state.step, state.sent)


def _existing(session: SessionState, message_id: str, seq: int, payload: ExistingPayload) -> Send:
    if session.peer_session_id is None:
        raise AssertionError("a message can't leave before its session is confirmed")
    message = ExistingSessionMessage(session.peer_session_id, seq, payload)
    return Send(Outgoing(session.peer, message_id, message))


def close(state: FlowState, session: SessionState) -> tuple[FlowState, Sends]:
    """End the session; says nothing where the peer has ended it already or never heard of it."""
    over = session.closed or session.ended or session.failure is not None
    if over or session.status is SessionStatus.UNINITIATED:
        # The id's place is used up either way: a replay may know of an end that the live run
        # didn't, and the ids of later messages must not depend on it.
        state = replace(state, sent=state.sent + 1)
        return state.with_session(replace(session, closed=True)), ()
    state, sends = send_existing(state, session, EndSessionMessage())
    ended = replace(state.sessions[session.session_id], closed=True)
    return state.with_session(ended), sends


def abandon(
    state: FlowState, session: SessionState
) -> tuple[FlowState, tuple[Send | Withdraw, ...]]:
    """End the session without waiting for its peer: an init that it hasn't taken may get lost.

    Should the peer confirm it all the same, it gets what was sent till then, and the end.
    """
    state, sends = close(state, session)
    state = state.with_session(replace(state.sessions[session.session_id], abandoned=True))
    if session.status is SessionStatus.INITIATING:
        return state, (*sends, Withdraw(session.init_id))
    return state, sends


def arrive(state: FlowState, event: MessageArrived) -> tuple[FlowState, tuple[FlowAction, ...]]:
    """Take a message that arrived for the session, once and in order."""
    session = state.sessions[event.session_id]
    if _is_reopening(session, event.payload):
        return _reopen(state, session, event)
    if event.seq < session.receive_seq:
        return state, (Duplicate(),)
    last = event.seq == LAST_SEQ and isinstance(event.payload, ErrorSessionMessage)
    if event.seq > session.receive_seq and not last:
        return state, (Early(),)
    reason = _out_of_place(session, event)
    if reason is not None:
        return state, (Refuse(reason),)
    record = MessageRecord(
        event.session_id, event.seq, event.payload, event.time, event.sender.owning_key.encoded
    )
    state, sends = _apply(state, replace(session, receive_seq=event.seq + 1), event)
    return state, (Accept(record), *sends)


def _is_reopening(session: SessionState, payload: ExistingPayload) -> bool:
    too_old = isinstance(payload, RejectSessionMessage) and payload.code is RejectCode.TOO_OLD
    return too_old and session.status is SessionStatus.INITIATING


def _reopen(
    state: FlowState, session: SessionState, event: MessageArrived
) -> tuple[FlowState, tuple[FlowAction, ...]]:
    """Open the session again under a new id and time: the peer has forgotten inits of that age."""
    if event.seq not in (0, REOPEN_SEQ + session.generation) or event.time <= session.init_time:
        return state, (Duplicate(),)
    record = MessageRecord(
        session.session_id, REOPEN_SEQ + session.generation, event.payload, event.time
    )
    session = replace(
        session,
        init_entropy=session.entropy ^ (session.generation + 1),
        generation=session.generation + 1,
        init_time=event.time,
    )
    message_id = normal_id("R", session.session_id, session.init_entropy, 0, session.generation)
    session = replace(session, init_id=message_id)
    return state.with_session(session), (Accept(record), init_message(session))


def _out_of_place(session: SessionState, event: MessageArrived) -> str | None:
    first = isinstance(event.payload, ConfirmSessionMessage | RejectSessionMessage)
    if event.seq == LAST_SEQ and session.failure is None and not session.ended:
        return None
    if first != (session.status is SessionStatus.INITIATING):
        return f"a {type(event.payload).__name__} in a session that is {session.status.name}"
    if session.ended or session.failure is not None:
        return "a message after the session's end"
    return None


def _apply(
    state: FlowState, session: SessionState, event: MessageArrived
) -> tuple[FlowState, Sends]:
    match event.payload:
        case ConfirmSessionMessage(peer_session_id, info):
            return _confirmed(state, session, event, peer_session_id, info)
        case DataSessionMessage(payload):
            session = replace(session, inbox=(*session.inbox, payload))
        case EndSessionMessage():
            session = replace(session, ended=True)
        case _:
            session = replace(session, failure=event.payload, buffered=())
    return state.with_session(session), ()


def _confirmed(
    state: FlowState, session: SessionState, event: MessageArrived, peer_id: int, info: object
) -> tuple[FlowState, Sends]:
    session = replace(
        session,
        status=SessionStatus.INITIATED,
        peer=event.sender,
        peer_session_id=peer_id,
        peer_info=info,
        buffered=(),
        first_payload=None,
    )
    waiting = state.sessions[session.session_id].buffered
    sends = tuple(_existing(session, b.message_id, b.seq, b.payload) for b in waiting)
    return state.with_session(session), sends
