"""Journals: each record comes back as it was; whatever is spoilt, the rest is still there."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.errors import DecodeError
from corda_sim.flow.journal import (
    Begin,
    Failure,
    FlowJournal,
    Input,
    JournalRows,
    MessageRecord,
    Received,
    SessionFailed,
    SessionOrigin,
    StartRecord,
    StepRecord,
    Value,
    decode_journal,
    encode,
    salvage_journal,
    step_digest,
)
from corda_sim.flow.messages import DataSessionMessage, EndSessionMessage, FlowExceptionData

BYTES = st.binary(max_size=20)
IDS = st.integers(0, 2**63 - 1)
TEXT = st.text(max_size=20)
RESUMES = st.one_of(
    st.just(Begin()),
    st.builds(Received, st.lists(IDS, max_size=3).map(tuple)),
    st.builds(SessionFailed, IDS),
    st.builds(Value, BYTES),
    st.builds(Failure, TEXT, st.builds(FlowExceptionData, TEXT, TEXT, st.none() | BYTES)),
)
STEPS = st.builds(
    StepRecord,
    RESUMES,
    st.lists(st.builds(Input, TEXT, BYTES), max_size=3).map(tuple),
    TEXT,
    st.binary(min_size=32, max_size=32),
    st.lists(IDS, max_size=2).map(tuple),
)
ORIGINS = st.none() | st.builds(
    SessionOrigin, TEXT, IDS, TEXT, BYTES, IDS, IDS, st.integers(1, 9), TEXT, st.none() | BYTES
)
STARTS = st.builds(
    StartRecord,
    TEXT,
    BYTES,
    st.binary(min_size=32, max_size=32),
    IDS,
    TEXT,
    st.none() | TEXT,
    ORIGINS,
)
MESSAGES = st.lists(
    st.builds(
        MessageRecord,
        st.integers(0, 3),
        st.integers(0, 5),
        st.one_of(st.builds(DataSessionMessage, BYTES), st.just(EndSessionMessage())),
        IDS,
        BYTES,
    ),
    max_size=6,
    unique_by=lambda record: (record.session_id, record.seq),
)
STAND_IN = StartRecord("stand-in", b"", b"", 0, "nobody")


@given(STARTS, st.lists(STEPS, max_size=5), MESSAGES)
def test_a_journal_comes_back_as_it_was(
    start: StartRecord, steps: list[StepRecord], messages: list[MessageRecord]
) -> None:
    rows = [encode(start), *map(encode, steps)]
    journal = decode_journal("f", 0, rows, [encode(one) for one in messages])
    assert journal.start == start
    assert list(journal.steps) == steps
    assert sorted(journal.messages, key=repr) == sorted(messages, key=repr)
    assert journal.unreadable == ""


@given(STARTS, st.lists(STEPS, min_size=1, max_size=5), MESSAGES, st.data())
def test_a_spoilt_row_costs_what_follows_it_and_nothing_before(
    start: StartRecord, steps: list[StepRecord], messages: list[MessageRecord], data: st.DataObject
) -> None:
    rows = [encode(start), *map(encode, steps)]
    place = data.draw(st.integers(0, len(rows) - 1))
    rows[place] = data.draw(st.sampled_from((b"", b"\xc1", rows[place][:-1], rows[place] + b"\0")))
    left = salvage(rows, [encode(one) for one in messages])
    assert left.unreadable
    assert left.start == (start if place else STAND_IN)
    assert list(left.steps) == (steps[: place - 1] if place else steps)
    assert len(left.messages) == len(messages)


@given(st.lists(BYTES, max_size=4), st.lists(BYTES, max_size=4))
def test_no_rows_cause_more_than_a_decode_error(steps: list[bytes], messages: list[bytes]) -> None:
    with contextlib.suppress(DecodeError):
        decode_journal("f", 0, steps, messages)
        return
    left = salvage(steps, messages)
    assert left.unreadable
    assert len(left.steps) <= len(steps)


def salvage(steps: list[bytes], messages: list[bytes]) -> FlowJournal:
    rows = JournalRows("f", 0, steps, messages)
    return salvage_journal(rows, STAND_IN, DecodeError("spoilt"))


@given(TEXT, st.lists(st.tuples(IDS, BYTES), max_size=4), TEXT, st.lists(st.tuples(IDS, BYTES)))
def test_steps_that_differ_have_digests_that_differ(
    request: str, sent: list[tuple[int, bytes]], other: str, others: list[tuple[int, bytes]]
) -> None:
    same = (request, sent) == (other, others)
    assert (step_digest(request, sent) == step_digest(other, others)) is same
