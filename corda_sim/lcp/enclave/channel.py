"""The one channel to the enclave: four bytes of length, one that names the type, and the message.

Only registered types decode, and only from the bytes that they encode to.
"""

from typing import IO, Final, TypeVar

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.protobuf import Message
from corda_sim.lcp.enclave.requests import (
    AggregateMessages,
    Answer,
    ClientFound,
    CreateClient,
    GenerateKey,
    KeyReport,
    Launch,
    QueryClient,
    Ready,
    Refused,
    ReportKey,
    Request,
    Signed,
    UpdateClient,
    VerifyMembership,
    VerifyNonMembership,
)
from corda_sim.lcp.errors import EnclaveProtocolException

LOADED: Final = b"L"
"""What the process writes before any frame: all is imported, so that it can be measured."""
MAX_FRAME: Final = 1 << 20
"""Bytes of a frame behind its length."""
M = TypeVar("M", bound=Message)
_LENGTH = 4
_REQUESTS: Final[dict[int, type[Request]]] = {
    1: Launch,
    2: GenerateKey,
    3: ReportKey,
    4: CreateClient,
    5: UpdateClient,
    6: AggregateMessages,
    7: VerifyMembership,
    8: VerifyNonMembership,
    9: QueryClient,
}
_ANSWERS: Final[dict[int, type[Answer]]] = {
    65: Ready,
    66: KeyReport,
    67: Signed,
    68: ClientFound,
    69: Refused,
}
_TAGS: Final[dict[type[Message], int]] = {
    kind: tag for tag, kind in (*_REQUESTS.items(), *_ANSWERS.items())
}


def encode(message: Request | Answer) -> bytes:
    """The frame of a message. Raises: EnclaveProtocolException for one that is too long."""
    body = bytes((_TAGS[type(message)],)) + message.encode()
    if len(body) > MAX_FRAME:
        raise EnclaveProtocolException(f"a message of {len(body)} bytes, more than {MAX_FRAME}")
    return len(body).to_bytes(_LENGTH, "big") + body


def decode_request(body: bytes) -> Request:
    """The request in a frame, its length taken off. Raises: EnclaveProtocolException."""
    return _decode(_REQUESTS, body)


def decode_answer(body: bytes) -> Answer:
    """The answer in a frame, its length taken off. Raises: EnclaveProtocolException."""
    return _decode(_ANSWERS, body)


def _decode(kinds: dict[int, type[M]], body: bytes) -> M:
    kind = kinds.get(body[0]) if body else None
    if kind is None:
        raise EnclaveProtocolException("a message of no registered type")
    try:
        return kind.decode_strict(body[1:])
    except DecodeError as error:
        raise EnclaveProtocolException(str(error)) from error


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame without its length; None where the stream ends before one.

    Raises: EnclaveProtocolException for a frame that is too long or ends early.
    """
    head = stream.read(_LENGTH)
    if not head:
        return None
    size = int.from_bytes(head, "big")
    if len(head) < _LENGTH or size > MAX_FRAME:
        raise EnclaveProtocolException("a frame that ends early or is too long")
    body = stream.read(size)
    if len(body) < size:
        raise EnclaveProtocolException("a frame that ends early")
    return body
