"""The transition function against anything that may arrive, in any order, at any time."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.crypto.crypto import generate_key_pair
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.flow.events import (
    Abandoned,
    Accept,
    Closed,
    Duplicate,
    Early,
    FlowAction,
    FlowEvent,
    FlowOp,
    LedgerCommitted,
    MessageArrived,
    Opened,
    OperationDone,
    Raised,
    Refuse,
    ResumeWith,
    Returned,
    Send,
    Sent,
    TimerFired,
    Withdraw,
    Yielded,
)
from corda_sim.flow.journal import LAST_SEQ, REOPEN_SEQ, Received, Value
from corda_sim.flow.messages import (
    ConfirmSessionMessage,
    DataSessionMessage,
    EndSessionMessage,
    ErrorSessionMessage,
    ExistingSessionMessage,
    FlowExceptionData,
    FlowInfo,
    InitialSessionMessage,
    RejectCode,
    RejectSessionMessage,
)
from corda_sim.flow.requests import (
    FlowIORequest,
    ForceCheckpoint,
    Receive,
    Sleep,
    WaitForSessionConfirmations,
)
from corda_sim.flow.state import FlowState, SessionState, SessionStatus
from corda_sim.flow.transitions import transition

SESSIONS = (7, 8)
PEER_IDS = {7: 70, 8: 80}


def party(name: str) -> Party:
    key = generate_key_pair(DEFAULT_SIGNATURE_SCHEME, sha256(name.encode()).digest())
    return Party(CordaX500Name(name, "London", "GB"), key.public)


BOB = party("Bob")

PAYLOADS = st.one_of(
    st.builds(DataSessionMessage, st.binary(max_size=3)),
    st.just(EndSessionMessage()),
    st.builds(
        ErrorSessionMessage,
        st.sampled_from((None, FlowExceptionData("corda.FlowException", "no"))),
        st.integers(0, 9),
    ),
    st.builds(RejectSessionMessage, st.just("no"), st.integers(0, 9), st.sampled_from(RejectCode)),
    st.just(ConfirmSessionMessage(70, FlowInfo(1, "test"))),
)
SEQS = st.one_of(st.integers(0, 6), st.sampled_from((REOPEN_SEQ, REOPEN_SEQ + 1, LAST_SEQ)))
ARRIVALS = st.builds(
    MessageArrived, st.sampled_from(SESSIONS), SEQS, PAYLOADS, st.just(BOB), st.integers(0, 3_000)
)
OPS: st.SearchStrategy[FlowOp] = st.one_of(
    st.builds(Sent, st.sampled_from(SESSIONS), st.binary(max_size=3)),
    st.builds(Closed, st.sampled_from(SESSIONS)),
    st.builds(Abandoned, st.sampled_from(SESSIONS)),
)
REQUESTS: st.SearchStrategy[FlowIORequest] = st.one_of(
    st.builds(Receive, st.sampled_from(((7,), (8,), SESSIONS)), st.sampled_from((None, 1_000))),
    st.builds(WaitForSessionConfirmations, st.sampled_from(((7,), SESSIONS))),
    st.builds(Sleep, st.integers(0, 2_000)),
    st.just(ForceCheckpoint()),
)
YIELDS = st.builds(Yielded, REQUESTS, st.lists(OPS, max_size=4).map(tuple))
WAKES = st.one_of(
    st.builds(TimerFired, st.integers(0, 6), st.integers(0, 3_000)),
    st.builds(OperationDone, st.integers(0, 6), st.just(Value(b"done"))),
    st.builds(LedgerCommitted, st.binary(min_size=1, max_size=2)),
)
EVENTS: st.SearchStrategy[list[FlowEvent]] = st.lists(
    st.one_of(ARRIVALS, ARRIVALS, YIELDS, WAKES), max_size=40
)


def opened() -> FlowState:
    """A flow that has opened both sessions and sent nothing."""
    ops = tuple(Opened(i, BOB, i * 11, "test.Flow", 1, "test", 100) for i in SESSIONS)
    state, _ = transition(FlowState("f", {}), Yielded(ForceCheckpoint(), ops))
    return state


def applicable(state: FlowState, event: FlowEvent) -> bool:
    """The engine suspends only a flow that runs, and hands on messages of opened sessions."""
    if isinstance(event, Yielded):
        return state.waiting is None
    if isinstance(event, MessageArrived):
        return state.sessions[event.session_id].status is not SessionStatus.UNINITIATED
    return True


def run(events: list[FlowEvent]) -> list[tuple[FlowState, FlowEvent, FlowState, list[FlowAction]]]:
    """Each step: state before, event, state after, actions."""
    state, _ = transition(opened(), OperationDone(1, Value(b"")))
    seen = []
    for event in events:
        if applicable(state, event):
            after, actions = transition(state, event)
            seen.append((state, event, after, list(actions)))
            state = after
    return seen


def sends(actions: list[FlowAction]) -> list[ExistingSessionMessage | InitialSessionMessage]:
    return [action.outgoing.message for action in actions if isinstance(action, Send)]


@given(EVENTS)
def test_it_answers_everything_and_loses_nothing_that_it_accepts(events: list[FlowEvent]) -> None:
    """A message is accepted once at its place, in order, and read once or still in the inbox."""
    accepted: dict[int, list[bytes]] = {i: [] for i in SESSIONS}
    read: dict[int, list[bytes]] = {i: [] for i in SESSIONS}
    places: set[tuple[int, int]] = set()
    for _, _, after, actions in run(events):
        for action in actions:
            if isinstance(action, Accept):
                place = (action.record.session_id, action.record.seq)
                assert place not in places
                places.add(place)
                if isinstance(action.record.payload, DataSessionMessage):
                    accepted[place[0]].append(action.record.payload.payload)
            if isinstance(action, ResumeWith) and isinstance(action.resume, Received):
                for session_id, payload in zip(
                    action.resume.session_ids, action.payloads, strict=True
                ):
                    read[session_id].append(payload)
        for session_id in SESSIONS:
            rest = list(after.sessions[session_id].inbox)
            assert read[session_id] + rest == accepted[session_id]


@given(EVENTS)
def test_what_is_not_accepted_changes_nothing(events: list[FlowEvent]) -> None:
    for before, event, after, actions in run(events):
        if isinstance(event, MessageArrived) and not any(isinstance(a, Accept) for a in actions):
            (only,) = actions
            assert isinstance(only, Duplicate | Early | Refuse)
            assert after == before


@given(EVENTS)
def test_the_same_message_again_is_a_duplicate(events: list[FlowEvent]) -> None:
    for _, event, after, actions in run(events):
        taken = any(isinstance(action, Accept) for action in actions)
        if isinstance(event, MessageArrived) and taken and event.seq != LAST_SEQ:
            again, answer = transition(after, event)
            reopened = after.sessions[event.session_id].generation
            if not (reopened and event.seq >= REOPEN_SEQ):
                assert answer == (Duplicate(),)
                assert again == after


@given(EVENTS)
def test_places_only_grow_and_the_end_is_final(events: list[FlowEvent]) -> None:
    def over(session: SessionState) -> bool:
        return session.ended or session.failure is not None

    for before, _, after, _ in run(events):
        for session_id in SESSIONS:
            old, new = before.sessions[session_id], after.sessions[session_id]
            assert new.receive_seq >= old.receive_seq
            assert new.send_seq >= old.send_seq
            assert new.status >= old.status
            assert over(new) or not over(old)
            assert new.closed or not old.closed
            assert len(new.inbox) <= len(old.inbox) or not over(old)


@given(EVENTS)
def test_each_message_leaves_under_an_id_of_its_own_and_places_without_gaps(
    events: list[FlowEvent],
) -> None:
    ids: list[str] = []
    next_seq = dict.fromkeys(SESSIONS, 1)
    by_peer = {peer: session for session, peer in PEER_IDS.items()}
    for _, _, _, actions in run(events):
        for action in actions:
            if not isinstance(action, Send):
                continue
            ids.append(action.outgoing.message_id)
            message = action.outgoing.message
            if isinstance(message, ExistingSessionMessage) and message.recipient_session_id == 70:
                continue  # both sessions may have been confirmed under the one id of this test
            if isinstance(message, ExistingSessionMessage):
                session = by_peer[message.recipient_session_id]
                assert message.seq == next_seq[session]
                next_seq[session] += 1
    assert len(ids) == len(set(ids))


@given(EVENTS)
def test_nothing_leaves_in_a_session_before_its_peer_has_confirmed_it(
    events: list[FlowEvent],
) -> None:
    for _, _, after, actions in run(events):
        confirmed = {
            session.peer_session_id
            for session in after.sessions.values()
            if session.status is SessionStatus.INITIATED
        }
        for message in sends(actions):
            if isinstance(message, ExistingSessionMessage):
                assert message.recipient_session_id in confirmed


@given(EVENTS)
def test_a_flow_is_resumed_once_a_wait_and_only_when_it_waits(events: list[FlowEvent]) -> None:
    for before, event, after, actions in run(events):
        resumed = [action for action in actions if isinstance(action, ResumeWith)]
        assert len(resumed) <= 1
        if resumed:
            assert after.waiting is None
        if before.waiting is None and not isinstance(event, Yielded | OperationDone):
            assert not resumed


@given(EVENTS)
def test_only_an_init_that_nobody_confirmed_is_withdrawn(events: list[FlowEvent]) -> None:
    for _, _, after, actions in run(events):
        for action in actions:
            if isinstance(action, Withdraw):
                (session,) = [s for s in after.sessions.values() if s.init_id == action.message_id]
                assert session.abandoned
                assert session.status is not SessionStatus.INITIATED


@given(EVENTS, st.booleans())
def test_the_end_of_a_flow_is_told_to_each_open_session_once(
    events: list[FlowEvent], fails: bool
) -> None:
    steps = run(events)
    state = steps[-1][2] if steps else opened()
    error = ErrorSessionMessage(None, 5)
    after, actions = transition(state, Raised(error) if fails else Returned(()))
    told = [m for m in sends(list(actions)) if isinstance(m, ExistingSessionMessage)]
    open_ones = [
        session
        for session in state.sessions.values()
        if session.status is SessionStatus.INITIATED
        and not (session.closed or session.ended)
        and (fails or session.failure is None)
    ]
    assert len(told) == len(open_ones)
    expected = error if fails else EndSessionMessage()
    assert all(message.payload == expected for message in told)
    assert after.waiting is None
    assert after.step == state.step + 1
