"""The journal's records: what a flow was told, in order, or a DecodeError."""

from hashlib import sha256

import pytest

from corda_sim.core.errors import DecodeError
from corda_sim.flow.journal import (
    LAST_SEQ,
    REOPEN_SEQ,
    Begin,
    Failure,
    FlowJournal,
    Input,
    JournalRows,
    MessageRecord,
    Received,
    Resume,
    SessionFailed,
    StartRecord,
    StepRecord,
    Value,
    decode_journal,
    encode,
    salvage_journal,
    step_digest,
)
from corda_sim.flow.messages import DataSessionMessage, EndSessionMessage, FlowExceptionData

START = StartRecord("example.Greet", b"arguments", b"seed", 7, "user", client_id="once")
STAND_IN = StartRecord("example.Greet", b"", b"", 0, "user", client_id="once")


def _step(resume: Resume) -> StepRecord:
    return StepRecord(resume, (Input("now", b"\x01"),), "receive", b"digest", opened=(5,))


def test_a_journal_comes_back_as_it_was() -> None:
    resumes: list[Resume] = [
        Begin(),
        Received((3, 1)),
        SessionFailed(4),
        Value(b"v"),
        Failure("flow", FlowExceptionData("E", "why", b"p")),
    ]
    steps = [_step(resume) for resume in resumes]
    journal = decode_journal("id", 2, [encode(START), *map(encode, steps)], [])
    assert (journal.flow_id, journal.status, journal.start) == ("id", 2, START)
    assert journal.steps == tuple(steps)


def test_messages_come_in_the_order_of_their_session_with_reopenings_first() -> None:
    data, end = DataSessionMessage(b"d"), EndSessionMessage()
    expected = [
        MessageRecord(1, REOPEN_SEQ, end),
        MessageRecord(1, 0, data),
        MessageRecord(1, 2, data),
        MessageRecord(1, LAST_SEQ, end),
        MessageRecord(2, 0, data),
    ]
    shuffled = [expected[place] for place in (4, 3, 1, 0, 2)]
    journal = decode_journal("id", 0, [encode(START)], list(map(encode, shuffled)))
    assert list(journal.messages) == expected


@pytest.mark.parametrize(
    ("steps", "messages"),
    [
        ([], []),
        ([b"\xc1"], []),
        ([encode(_step(Begin()))], []),
        ([encode(START), encode(START)], []),
        ([encode(START), b""], []),
        ([encode(START)], [b"\x93\x01"]),
    ],
    ids=["no start", "garbage", "step as start", "start as step", "empty step", "cut message"],
)
def test_rows_that_cannot_be_read_name_their_flow(
    steps: list[bytes], messages: list[bytes]
) -> None:
    with pytest.raises(DecodeError, match="journal of flow abc"):
        decode_journal("abc", 0, steps, messages)


def test_a_digest_is_over_the_request_and_each_payload_with_its_session() -> None:
    by_hand = sha256(b"receive" + (5).to_bytes(8, "big") + sha256(b"hello").digest()).digest()
    assert step_digest("receive", [(5, b"hello")]) == by_hand


def test_a_digest_shows_every_change_of_what_a_step_does() -> None:
    variants = [
        step_digest("receive", []),
        step_digest("sleep", []),
        step_digest("receive", [(1, b"a")]),
        step_digest("receive", [(2, b"a")]),
        step_digest("receive", [(1, b"a"), (1, b"b")]),
        step_digest("receive", [(1, b"b"), (1, b"a")]),
        step_digest("receive", [(1, b"ab")]),
    ]
    assert len(set(variants)) == len(variants)


def rows(steps: list[bytes], messages: list[bytes]) -> JournalRows:
    return JournalRows("abc", 3, steps, messages)


def salvaged(steps: list[bytes], messages: list[bytes]) -> FlowJournal:
    with pytest.raises(DecodeError) as why:
        decode_journal("abc", 3, steps, messages)
    return salvage_journal(rows(steps, messages), STAND_IN, why.value)


def test_what_is_left_of_a_journal_ends_before_its_first_unreadable_step() -> None:
    good = [encode(_step(Value(bytes((n,))))) for n in range(4)]
    left = salvaged([encode(START), *good[:2], b"\xc1", *good[2:]], [])
    assert left.start == START
    assert left.steps == (_step(Value(b"\0")), _step(Value(b"\1")))
    assert left.status == 3
    assert "journal of flow abc" in left.unreadable


def test_a_start_that_cannot_be_read_has_a_stand_in() -> None:
    left = salvaged([b"\xc1", encode(_step(Begin()))], [])
    assert left.start == STAND_IN
    assert left.steps == (_step(Begin()),)
    assert salvaged([], []).start == STAND_IN


def test_messages_that_can_be_read_are_left_in_order() -> None:
    records = [MessageRecord(1, seq, DataSessionMessage(b"d")) for seq in (2, 0)]
    left = salvaged([encode(START)], [encode(records[0]), b"", encode(records[1])])
    assert list(left.messages) == [records[1], records[0]]
