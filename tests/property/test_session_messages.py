"""Session messages: each one comes back as it was, and no bytes cause more than a DecodeError."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.errors import DecodeError
from corda_sim.flow.messages import (
    MAX_TEXT,
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
    SessionMessage,
    decode,
    encode,
)
from corda_sim.flow.wire_message import WireMessage

SESSION_IDS = st.integers(0, 2**64 - 1)
NUMBERS = st.integers(-(2**63), 2**64 - 1)
NAMES = st.text(max_size=256)
TEXTS = st.text(max_size=300)
BYTES = st.binary(max_size=200)

EXCEPTIONS = st.builds(FlowExceptionData, NAMES, TEXTS, st.none() | BYTES)
PAYLOADS = st.one_of(
    st.builds(ConfirmSessionMessage, SESSION_IDS, st.builds(FlowInfo, NUMBERS, NAMES)),
    st.builds(DataSessionMessage, BYTES),
    st.builds(ErrorSessionMessage, st.none() | EXCEPTIONS, NUMBERS),
    st.builds(RejectSessionMessage, TEXTS, NUMBERS, st.sampled_from(RejectCode)),
    st.builds(EndSessionMessage),
)
MESSAGES: st.SearchStrategy[SessionMessage] = st.one_of(
    st.builds(
        InitialSessionMessage,
        SESSION_IDS,
        SESSION_IDS,
        NAMES,
        NUMBERS,
        NAMES,
        NUMBERS,
        st.none() | BYTES,
    ),
    st.builds(ExistingSessionMessage, SESSION_IDS, st.integers(0, 2**31 - 1), PAYLOADS),
)


@given(MESSAGES)
def test_a_message_comes_back_as_it_was(message: SessionMessage) -> None:
    wire = encode("N-1", message)
    assert decode(wire) == message
    assert wire.is_init == isinstance(message, InitialSessionMessage)


@given(MESSAGES)
def test_a_wrong_session_init_mark_is_refused(message: SessionMessage) -> None:
    wire = encode("N-1", message)
    with pytest.raises(DecodeError, match="wrong session-init mark"):
        decode(WireMessage(wire.message_id, not wire.is_init, wire.body))


@given(st.binary(max_size=400), st.booleans())
def test_random_bytes_cause_nothing_but_a_decode_error(body: bytes, is_init: bool) -> None:
    with contextlib.suppress(DecodeError):
        decode(WireMessage("N-1", is_init, body))


@given(MESSAGES, st.data())
def test_mutated_bytes_cause_nothing_but_a_decode_error(
    message: SessionMessage, data: st.DataObject
) -> None:
    wire = encode("N-1", message)
    body = bytearray(wire.body)
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DecodeError):
        decode(WireMessage(wire.message_id, wire.is_init, bytes(body)))


@given(MESSAGES, st.data())
def test_a_truncated_message_is_refused(message: SessionMessage, data: st.DataObject) -> None:
    wire = encode("N-1", message)
    short = wire.body[: data.draw(st.integers(0, len(wire.body) - 1))]
    with pytest.raises(DecodeError):
        decode(WireMessage(wire.message_id, wire.is_init, short))


@given(MESSAGES, st.binary(min_size=1, max_size=20))
def test_trailing_bytes_are_refused(message: SessionMessage, more: bytes) -> None:
    wire = encode("N-1", message)
    with pytest.raises(DecodeError):
        decode(WireMessage(wire.message_id, wire.is_init, wire.body + more))


def test_a_longer_text_than_the_limit_is_refused() -> None:
    reject = RejectSessionMessage("x" * (MAX_TEXT + 1), 1, RejectCode.KILLED)
    with pytest.raises(DecodeError):
        decode(encode("E-1", ExistingSessionMessage(1, 0, reject)))


def test_deeply_nested_bytes_are_refused() -> None:
    with pytest.raises(DecodeError):
        decode(WireMessage("N-1", is_init=False, body=b"\x91" * 100_000))
