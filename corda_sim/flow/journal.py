"""The journal of a flow: what it was told, never what it computed.

A row for each step (`node_flow_journal`) and one for each accepted message (`node_flow_messages`).
Step 0 is the start; step n tells how the flow was resumed, which non-deterministic inputs it then
took, and what it asked for when it suspended again, with the digest of what it sent.
"""

from contextlib import suppress
from hashlib import sha256
from typing import TypeVar

import msgspec

from corda_sim.core.errors import DecodeError
from corda_sim.flow.messages import ExistingPayload, FlowExceptionData

R = TypeVar("R")

REOPEN_SEQ = 1 << 30
"""Journal places of re-openings: beyond those of messages, which no session reaches."""

LAST_SEQ = 2**31 - 1
"""The place of an error whose sender no longer knows how many messages it has sent."""


class _Tagged(msgspec.Struct, frozen=True, array_like=True, tag=True, forbid_unknown_fields=True):
    pass


class Begin(_Tagged, frozen=True, tag="B"):
    """The first run of `call()`."""


class Received(_Tagged, frozen=True, tag="M"):
    """The next unread message of each session, in this order."""

    session_ids: tuple[int, ...]


class SessionFailed(_Tagged, frozen=True, tag="S"):
    """The error that ended this session is raised."""

    session_id: int


class Value(_Tagged, frozen=True, tag="V"):
    """A value: of an external operation, a condition, a confirmation."""

    data: bytes


class Failure(_Tagged, frozen=True, tag="F"):
    """An exception: `kind` names it, see `flow.outcomes`."""

    kind: str
    error: FlowExceptionData


Resume = Begin | Received | SessionFailed | Value | Failure


class Input(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A non-deterministic answer: clock, fresh key, signature, query result, chosen states."""

    kind: str
    data: bytes


class StepRecord(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One step: `digest` is SHA-256 over the request and the payloads sent since the last one.

    `opened` are the sessions that the step opened, so that their messages find the flow even when
    its code can't be replayed.
    """

    resume: Resume
    inputs: tuple[Input, ...]
    request: str
    digest: bytes
    opened: tuple[int, ...] = ()


class SessionOrigin(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The session-init that started a responder."""

    message_id: str
    session_id: int
    peer_name: str
    peer_key: bytes
    peer_session_id: int
    entropy: int
    flow_version: int
    app_name: str
    first_payload: bytes | None


class StartRecord(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """How a flow came to be: class, arguments (serialized), its random seed, and who asked."""

    flow_class: str
    arguments: bytes
    seed: bytes
    start_time: int
    started_by: str
    client_id: str | None = None
    origin: SessionOrigin | None = None
    parameters_hash: bytes = b""


class MessageRecord(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One accepted message of a session, in the order of arrival within it."""

    session_id: int
    seq: int
    payload: ExistingPayload
    time: int = 0
    sender_key: bytes = b""


class FlowJournal(msgspec.Struct, frozen=True):
    """All that is needed to rebuild a flow; with `unreadable` set, what is left of that."""

    flow_id: str
    start: StartRecord
    steps: tuple[StepRecord, ...]
    messages: tuple[MessageRecord, ...]
    status: int = 0
    unreadable: str = ""


class JournalRows(msgspec.Struct, frozen=True):
    """A flow's rows as they are stored: steps in order, messages in any."""

    flow_id: str
    status: int
    steps: list[bytes]
    messages: list[bytes]


_encoder = msgspec.msgpack.Encoder()
_step = msgspec.msgpack.Decoder(StepRecord)
_start = msgspec.msgpack.Decoder(StartRecord)
_message = msgspec.msgpack.Decoder(MessageRecord)


def encode(record: StepRecord | StartRecord | MessageRecord) -> bytes:
    """The row's `data`."""
    return _encoder.encode(record)


def decode_journal(
    flow_id: str, status: int, steps: list[bytes], messages: list[bytes]
) -> FlowJournal:
    """The rows of one flow, steps in order; DecodeError when one can't be read."""
    try:
        return FlowJournal(
            flow_id,
            _start.decode(steps[0]),
            tuple(_step.decode(data) for data in steps[1:]),
            tuple(sorted((_message.decode(data) for data in messages), key=_order)),
            status,
        )
    except (msgspec.DecodeError, IndexError, ValueError) as error:
        raise DecodeError(f"The journal of flow {flow_id} can't be read: {error}") from error


def salvage_journal(rows: JournalRows, start: StartRecord, why: DecodeError) -> FlowJournal:
    """What is left of a journal that `decode_journal` refused, up to its first unreadable step.

    `start` stands in for a start that can't be read.
    """
    (first,) = _readable(_start, rows.steps[:1]) or [start]
    messages = sorted(_readable(_message, rows.messages), key=_order)
    steps: list[StepRecord] = []
    for data in rows.steps[1:]:
        if not (found := _readable(_step, [data])):
            break
        steps += found
    return FlowJournal(rows.flow_id, first, tuple(steps), tuple(messages), rows.status, str(why))


def _readable(decoder: msgspec.msgpack.Decoder[R], rows: list[bytes]) -> list[R]:
    found: list[R] = []
    for data in rows:
        with suppress(msgspec.DecodeError, ValueError):
            found.append(decoder.decode(data))
    return found


def _order(record: MessageRecord) -> tuple[int, bool, int]:
    reopening = REOPEN_SEQ <= record.seq < LAST_SEQ
    return record.session_id, not reopening, record.seq


def step_digest(request: str, sent: list[tuple[int, bytes]]) -> bytes:
    """SHA-256 over what a step asks for and sends, so that a replay shows a changed flow."""
    digest = sha256(request.encode())
    for session_id, payload in sent:
        digest.update(session_id.to_bytes(8, "big"))
        digest.update(sha256(payload).digest())
    return digest.digest()
