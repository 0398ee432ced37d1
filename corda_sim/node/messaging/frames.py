"""Frames of the embedded transport (pure).

A frame is a length (four bytes, big endian, of what follows), a kind (one byte) and a payload.
"""

from enum import IntEnum
from typing import Annotated, TypeVar

import msgspec

from corda_sim.core.errors import DecodeError
from corda_sim.node.messaging.pack import MAX_NAME_LENGTH, Hash, max_pack_size

PROTOCOL_VERSION = 1
HEADER_LENGTH = 5
SEQUENCE_LENGTH = 8
MAX_CONTROL_PAYLOAD = 4096
"""Bound of every payload but a pack's, in bytes."""


class Kind(IntEnum):
    """HELLO opens both directions; PACK goes to the acceptor, CONFIRM and REFUSED come back."""

    HELLO = 0
    PACK = 1
    CONFIRM = 2
    REFUSED = 3


class Hello(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """First frame of either side: whom the connecting side is and whom it wants to reach."""

    version: int
    network_id: Hash
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)]
    inbox: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)]


class Refused(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Last frame before the accepting side closes."""

    reason: Annotated[str, msgspec.Meta(max_length=1024)]


ControlT = TypeVar("ControlT", Hello, Refused)


def encode_control(kind: Kind, message: Hello | Refused) -> bytes:
    """The frame of a HELLO or REFUSED."""
    return encode_frame(kind, msgspec.msgpack.encode(message))


def decode_control(payload: bytes, expected: type[ControlT]) -> ControlT:
    """Raises DecodeError, and nothing else."""
    try:
        return msgspec.msgpack.decode(payload, type=expected)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"not a {expected.__name__} frame: {error}") from error


def encode_frame(kind: Kind, payload: bytes) -> bytes:
    """Length, kind and payload."""
    return (1 + len(payload)).to_bytes(4, "big") + bytes((kind,)) + payload


def encode_pack_frame(sequence: int, pack: bytes) -> bytes:
    """A pack with its number on this connection, counted from 1."""
    return encode_frame(Kind.PACK, sequence.to_bytes(SEQUENCE_LENGTH, "big") + pack)


def encode_confirm(sequence: int) -> bytes:
    """Every pack of this connection up to `sequence` is committed."""
    return encode_frame(Kind.CONFIRM, sequence.to_bytes(SEQUENCE_LENGTH, "big"))


def decode_header(header: bytes, max_message_size: int) -> tuple[Kind, int]:
    """Kind and payload length. Raises DecodeError for an unknown kind or a length out of bounds."""
    length = int.from_bytes(header[:4], "big") - 1
    try:
        kind = Kind(header[4])
    except ValueError as error:
        raise DecodeError(f"unknown frame kind {header[4]}") from error
    bound = MAX_CONTROL_PAYLOAD
    if kind is Kind.PACK:
        bound = max_pack_size(max_message_size) + SEQUENCE_LENGTH
    if not 0 <= length <= bound:
        raise DecodeError(f"frame of {length} bytes, at most {bound} for {kind.name}")
    return kind, length


def decode_sequence(payload: bytes) -> int:
    """The number of a CONFIRM. Raises DecodeError."""
    if len(payload) != SEQUENCE_LENGTH:
        raise DecodeError(f"sequence of {len(payload)} bytes")
    return int.from_bytes(payload, "big")


def decode_pack_payload(payload: bytes) -> tuple[int, bytes]:
    """Number and encoded pack of a PACK. Raises DecodeError."""
    return decode_sequence(payload[:SEQUENCE_LENGTH]), payload[SEQUENCE_LENGTH:]
