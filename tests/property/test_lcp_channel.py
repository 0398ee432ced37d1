"""The enclave's channel: each message comes back as it was, and other bytes are refused."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.lcp.enclave import requests
from corda_sim.lcp.enclave.channel import (
    MAX_FRAME,
    decode_answer,
    decode_request,
    encode,
    read_frame,
)
from corda_sim.lcp.errors import EnclaveProtocolException

BYTES, TEXTS, FLAGS = st.binary(max_size=100), st.text(max_size=40), st.booleans()
LISTS = st.lists(BYTES, max_size=4).map(tuple)
ANYS = st.builds(AnyMessage, TEXTS, BYTES)
HEIGHTS = st.builds(Height, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
REQUESTS: st.SearchStrategy[requests.Request] = st.one_of(
    st.builds(requests.Launch, TEXTS, BYTES),
    st.builds(requests.GenerateKey, BYTES),
    st.builds(requests.ReportKey, BYTES),
    st.builds(requests.CreateClient, TEXTS, ANYS, ANYS, BYTES),
    st.builds(requests.UpdateClient, TEXTS, ANYS, FLAGS, BYTES),
    st.builds(requests.AggregateMessages, BYTES, LISTS, LISTS),
    st.builds(requests.VerifyMembership, TEXTS, BYTES, TEXTS, BYTES, HEIGHTS, BYTES, BYTES),
    st.builds(requests.VerifyNonMembership, TEXTS, BYTES, TEXTS, HEIGHTS, BYTES, BYTES),
    st.builds(requests.QueryClient, TEXTS),
)
ANSWERS: st.SearchStrategy[requests.Answer] = st.one_of(
    st.builds(requests.Ready, LISTS),
    st.builds(requests.KeyReport, BYTES),
    st.builds(requests.Signed, BYTES, BYTES),
    st.builds(requests.ClientFound, FLAGS, ANYS, ANYS),
    st.builds(requests.Refused, TEXTS, TEXTS),
)


@given(REQUESTS)
def test_requests_come_back_and_are_no_answers(request: requests.Request) -> None:
    body = read_frame(io.BytesIO(encode(request)))
    assert body is not None
    assert decode_request(body) == request
    with pytest.raises(EnclaveProtocolException):
        decode_answer(body)


@given(ANSWERS)
def test_answers_come_back_and_are_no_requests(answer: requests.Answer) -> None:
    body = read_frame(io.BytesIO(encode(answer)))
    assert body is not None
    assert decode_answer(body) == answer
    with pytest.raises(EnclaveProtocolException):
        decode_request(body)


@given(st.lists(REQUESTS, max_size=4))
def test_frames_follow_one_another(sent: list[requests.Request]) -> None:
    stream = io.BytesIO(b"".join(map(encode, sent)))
    for one in sent:
        body = read_frame(stream)
        assert body is not None
        assert decode_request(body) == one
    assert read_frame(stream) is None


@given(st.binary(max_size=200))
def test_bytes_are_read_in_one_form_or_refused(body: bytes) -> None:
    with contextlib.suppress(EnclaveProtocolException):
        assert encode(decode_request(body))[4:] == body
    with contextlib.suppress(EnclaveProtocolException):
        assert encode(decode_answer(body))[4:] == body


@given(REQUESTS, st.data())
def test_a_frame_cut_short_is_refused(request: requests.Request, data: st.DataObject) -> None:
    frame = encode(request)
    kept = data.draw(st.integers(1, len(frame) - 1))
    with pytest.raises(EnclaveProtocolException):
        read_frame(io.BytesIO(frame[:kept]))


@given(REQUESTS)
def test_bytes_behind_a_message_are_refused(request: requests.Request) -> None:
    with pytest.raises(EnclaveProtocolException):
        decode_request(encode(request)[4:] + b"\0")


def test_frames_that_are_too_long() -> None:
    with pytest.raises(EnclaveProtocolException):
        read_frame(io.BytesIO((MAX_FRAME + 1).to_bytes(4, "big") + b"x"))
    with pytest.raises(EnclaveProtocolException):
        encode(requests.QueryClient("x" * MAX_FRAME))
