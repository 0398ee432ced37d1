"""The session protocol as a pure function."""

from hashlib import sha256

import pytest

from corda_sim.core.crypto.crypto import generate_key_pair
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.flow.events import (
    Accept,
    Closed,
    Duplicate,
    Early,
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
    Yielded,
)
from corda_sim.flow.journal import Failure, Received, SessionFailed, Value
from corda_sim.flow.messages import (
    ConfirmSessionMessage,
    DataSessionMessage,
    EndSessionMessage,
    ErrorSessionMessage,
    ExistingSessionMessage,
    FlowInfo,
    InitialSessionMessage,
    RejectCode,
    RejectSessionMessage,
)
from corda_sim.flow.requests import AwaitCondition, Receive, Sleep
from corda_sim.flow.state import FlowState, SessionStatus
from corda_sim.flow.transitions import transition


def party(name: str) -> Party:
    key = generate_key_pair(DEFAULT_SIGNATURE_SCHEME, sha256(name.encode()).digest())
    return Party(CordaX500Name(name, "London", "GB"), key.public)


BOB = party("Bob")
EVE = party("Eve")
OPEN = Opened(7, BOB, 99, "test.Ping", 1, "test", 1_000)
CONFIRM = ConfirmSessionMessage(70, FlowInfo(1, "test"))


def arrived(seq: int, payload: object, time: int = 2_000) -> MessageArrived:
    return MessageArrived(7, seq, payload, BOB, time)  # type: ignore[arg-type]


def waiting(*ops: object) -> FlowState:
    """A flow that opened session 7, sent `ping` and waits for its answer."""
    state, _ = transition(
        FlowState("f", {}),
        Yielded(Receive((7,)), (OPEN, Sent(7, b"ping"), *ops)),  # type: ignore[arg-type]
    )
    return state


def test_the_first_send_opens_the_session_with_its_payload() -> None:
    state, actions = transition(FlowState("f", {}), Yielded(Receive((7,)), (OPEN, Sent(7, b"x"))))
    (send,) = actions
    assert isinstance(send, Send)
    assert send.outgoing.message == InitialSessionMessage(
        7, 99, "test.Ping", 1, "test", 1_000, b"x"
    )
    assert send.outgoing.message_id == "N-R-7-99-0-0"
    assert state.step == 1
    assert state.sessions[7].status is SessionStatus.INITIATING


def test_a_receive_on_a_fresh_session_opens_it_without_payload() -> None:
    _, actions = transition(FlowState("f", {}), Yielded(Receive((7,)), (OPEN,)))
    (send,) = actions
    assert isinstance(send, Send)
    assert isinstance(send.outgoing.message, InitialSessionMessage)
    assert send.outgoing.message.first_payload is None


def test_later_sends_wait_for_the_confirmation_and_keep_their_order() -> None:
    state = waiting(Sent(7, b"two"), Sent(7, b"three"))
    state, actions = transition(state, arrived(0, CONFIRM))
    sent = [a.outgoing for a in actions if isinstance(a, Send)]
    assert [o.message for o in sent] == [
        ExistingSessionMessage(70, 1, DataSessionMessage(b"two")),
        ExistingSessionMessage(70, 2, DataSessionMessage(b"three")),
    ]
    assert [o.message_id for o in sent] == ["N-R-7-99-0-1", "N-R-7-99-0-2"]
    assert not state.sessions[7].buffered


def test_data_resumes_the_flow_and_is_taken_off_the_inbox() -> None:
    state, _ = transition(waiting(), arrived(0, CONFIRM))
    state, actions = transition(state, arrived(1, DataSessionMessage(b"pong")))
    assert isinstance(actions[0], Accept)
    assert actions[-1] == ResumeWith(Received((7,)), (b"pong",))
    assert state.waiting is None
    assert state.sessions[7].inbox == ()


def test_a_place_is_taken_once_and_in_order() -> None:
    state, _ = transition(waiting(), arrived(0, CONFIRM))
    same, actions = transition(state, arrived(0, CONFIRM))
    assert actions == (Duplicate(),)
    assert same == state
    _, actions = transition(state, arrived(2, DataSessionMessage(b"late")))
    assert actions == (Early(),)


def test_data_before_the_confirmation_is_refused() -> None:
    _, actions = transition(waiting(), arrived(0, DataSessionMessage(b"x")))
    assert isinstance(actions[0], Refuse)


def test_an_end_where_data_is_expected_fails_the_receive() -> None:
    state, _ = transition(waiting(), arrived(0, CONFIRM))
    _, actions = transition(state, arrived(1, EndSessionMessage()))
    assert actions[-1] == ResumeWith(SessionFailed(7))


def test_data_that_came_before_the_end_is_still_received() -> None:
    state, _ = transition(FlowState("f", {}), Yielded(Sleep(10**18), (OPEN, Sent(7, b"x"))))
    for seq, payload in enumerate((CONFIRM, DataSessionMessage(b"last"), EndSessionMessage())):
        state, _ = transition(state, arrived(seq, payload))
    state, _ = transition(state, TimerFired(state.step, 10**18))
    state, actions = transition(state, Yielded(Receive((7,)), ()))
    assert actions[-1] == ResumeWith(Received((7,)), (b"last",))
    _, actions = transition(state, Yielded(Receive((7,)), ()))
    assert actions[-1] == ResumeWith(SessionFailed(7))


def test_nothing_is_accepted_after_the_end() -> None:
    state, _ = transition(waiting(), arrived(0, CONFIRM))
    state, _ = transition(state, arrived(1, EndSessionMessage()))
    _, actions = transition(state, arrived(2, DataSessionMessage(b"x")))
    assert isinstance(actions[0], Refuse)


def test_a_rejected_session_fails_the_receive() -> None:
    reject = RejectSessionMessage("not registered", 5, RejectCode.NOT_REGISTERED)
    _, actions = transition(waiting(), arrived(0, reject))
    assert actions[-1] == ResumeWith(SessionFailed(7))


def test_a_reject_for_age_opens_the_session_again_under_a_new_id_and_time() -> None:
    reject = RejectSessionMessage("too old", 5, RejectCode.TOO_OLD)
    state = waiting(Sent(7, b"two"))
    state, actions = transition(state, arrived(0, reject, time=5_000))
    assert isinstance(actions[0], Accept)
    (send,) = [a for a in actions if isinstance(a, Send)]
    message = send.outgoing.message
    assert isinstance(message, InitialSessionMessage)
    assert (message.time, message.first_payload) == (5_000, b"ping")
    assert send.outgoing.message_id != "N-R-7-99-0-0"
    again, actions = transition(state, arrived(0, reject, time=5_000))
    assert actions == (Duplicate(),)
    _, actions = transition(again, arrived(0, CONFIRM, time=6_000))
    assert any(isinstance(a, Send) for a in actions)


def test_returning_ends_open_sessions_and_only_those() -> None:
    state, _ = transition(waiting(), arrived(0, CONFIRM))
    state, actions = transition(state, Returned(()))
    (send,) = actions
    assert isinstance(send, Send)
    assert send.outgoing.message == ExistingSessionMessage(70, 1, EndSessionMessage())
    ended, _ = transition(waiting(), arrived(0, CONFIRM))
    ended, _ = transition(ended, arrived(1, EndSessionMessage()))
    _, actions = transition(ended, Returned(()))
    assert actions == ()


def test_closing_twice_sends_one_end() -> None:
    state, _ = transition(waiting(), arrived(0, CONFIRM))
    _, actions = transition(state, Returned((Closed(7), Closed(7))))
    assert len(actions) == 1


def test_a_failure_is_told_to_every_open_session() -> None:
    state, _ = transition(waiting(), arrived(0, CONFIRM))
    _, actions = transition(state, Raised(ErrorSessionMessage(None, 42)))
    (send,) = actions
    assert isinstance(send, Send)
    assert send.outgoing.message_id == "E-42-70"


def test_a_failure_before_the_confirmation_waits_behind_what_was_sent() -> None:
    error = ErrorSessionMessage(None, 42)
    state, actions = transition(waiting(Sent(7, b"two")), Raised(error))
    assert actions == ()
    kept = state.sessions[7].buffered
    assert [(one.seq, one.payload) for one in kept] == [(1, DataSessionMessage(b"two")), (2, error)]


@pytest.mark.parametrize(
    "last", [ErrorSessionMessage(None, 1), RejectSessionMessage("no", 1, RejectCode.KILLED)]
)
def test_a_failure_is_not_told_to_a_session_that_failed(last: object) -> None:
    rejected = isinstance(last, RejectSessionMessage)
    state = waiting() if rejected else transition(waiting(), arrived(0, CONFIRM))[0]
    state, _ = transition(state, arrived(0 if rejected else 1, last))
    state, actions = transition(state, Raised(ErrorSessionMessage(None, 42)))
    assert actions == ()
    assert not state.sessions[7].buffered


@pytest.mark.parametrize(("now", "resumed"), [(9, False), (10, True), (11, True)])
def test_a_sleep_ends_at_its_deadline(now: int, resumed: bool) -> None:
    state, _ = transition(FlowState("f", {}), Yielded(Sleep(10), ()))
    _, actions = transition(state, TimerFired(1, now))
    assert actions == ((ResumeWith(Value(b"")),) if resumed else ())


def test_outcomes_of_former_steps_are_ignored() -> None:
    state, _ = transition(FlowState("f", {}), Yielded(Sleep(10), ()))
    assert transition(state, OperationDone(0, Value(b"old"))) == (state, ())
    assert transition(state, TimerFired(0, 10**9)) == (state, ())


def test_a_condition_that_stays_unmet_times_out_and_says_why() -> None:
    request = AwaitCondition("coins", "10 JPY", 10, lambda: None, lambda: "held by flow X")
    state, _ = transition(FlowState("f", {}), Yielded(request, ()))
    _, (action,) = transition(state, TimerFired(1, 10))
    assert isinstance(action, ResumeWith)
    assert isinstance(action.resume, Failure)
    assert "held by flow X" in action.resume.error.message
