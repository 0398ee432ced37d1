"""Session messages, as Corda has them (net.corda.node.services.statemachine.SessionMessage).

Beside Corda's fields an existing-session message carries `seq`, its place in its direction of the
session: the receiver journals each place once, whatever the transport delivers twice or late.
"""

from enum import IntEnum
from typing import Annotated

import msgspec

from corda_sim.core.errors import DecodeError
from corda_sim.flow.wire_message import WireMessage

SessionId = Annotated[int, msgspec.Meta(ge=0)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Name = Annotated[str, msgspec.Meta(max_length=256)]
MAX_TEXT = 16_384
"""The longest message of an exception or a reject, in characters."""

Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]


class _Message(msgspec.Struct, frozen=True, array_like=True, tag=True, forbid_unknown_fields=True):
    pass


class FlowExceptionData(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A FlowException on the wire: declared name, message, serialized payload."""

    name: Name
    message: Text
    payload: bytes | None = None


class FlowInfo(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Version and CorDapp of the other side's flow (net.corda.core.flows.FlowInfo)."""

    flow_version: int
    app_name: Name


class ConfirmSessionMessage(_Message, frozen=True, tag="C"):
    """The responder runs; from now on address it as `initiated_session_id`."""

    initiated_session_id: SessionId
    initiated_flow_info: FlowInfo


class DataSessionMessage(_Message, frozen=True, tag="D"):
    """A payload."""

    payload: bytes


class ErrorSessionMessage(_Message, frozen=True, tag="E"):
    """The other side failed; without `flow_exception` the cause is private to it."""

    flow_exception: FlowExceptionData | None
    error_id: int


class RejectCode(IntEnum):
    """Why a session-init was refused; TOO_OLD lets the initiator's engine open the session anew."""

    NOT_REGISTERED = 1
    KILLED = 2
    TOO_OLD = 3
    MALFORMED = 4


class RejectSessionMessage(_Message, frozen=True, tag="R"):
    """The session was never opened."""

    message: Text
    error_id: int
    code: RejectCode


class EndSessionMessage(_Message, frozen=True, tag="N"):
    """The other side has ended its flow or closed the session."""


ExistingPayload = (
    ConfirmSessionMessage
    | DataSessionMessage
    | ErrorSessionMessage
    | RejectSessionMessage
    | EndSessionMessage
)


class InitialSessionMessage(_Message, frozen=True, tag="I"):
    """Opens a session; `time` (ns since the epoch) bounds for how long it may be run."""

    initiator_session_id: SessionId
    initiation_entropy: SessionId
    initiator_flow_class_name: Name
    flow_version: int
    app_name: Name
    time: int
    first_payload: bytes | None = None


class ExistingSessionMessage(_Message, frozen=True, tag="X"):
    """Everything after the session-init."""

    recipient_session_id: SessionId
    seq: Seq
    payload: ExistingPayload


SessionMessage = InitialSessionMessage | ExistingSessionMessage

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(SessionMessage)


def encode(message_id: str, message: SessionMessage) -> WireMessage:
    """The message as transports carry it."""
    is_init = isinstance(message, InitialSessionMessage)
    return WireMessage(message_id, is_init, _encoder.encode(message))


def decode(wire: WireMessage) -> SessionMessage:
    """The message inside `wire`; DecodeError for anything malformed or mislabelled."""
    try:
        message: SessionMessage = _decoder.decode(wire.body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise DecodeError(f"Session message {wire.message_id} is malformed: {error}") from error
    if isinstance(message, InitialSessionMessage) != wire.is_init:
        raise DecodeError(f"Session message {wire.message_id} has a wrong session-init mark")
    return message


def normal_id(role: str, session_id: int, entropy: int, step: int, index: int) -> str:
    """The de-duplication id `N-<seed>-<suspends>-<index>` (DeduplicationId.createForNormal).

    `role` is R for the session's initiator and D for its responder; ids are initiator's in both.
    """
    return f"N-{role}-{session_id}-{entropy}-{step}-{index}"


def error_id_of(error_id: int, recipient_session_id: int) -> str:
    """The de-duplication id of an error message (DeduplicationId.createForError)."""
    return f"E-{error_id}-{recipient_session_id}"
