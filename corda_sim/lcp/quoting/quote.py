"""Quotes: the 432 bytes that a report repeats, signed by the platform (solidity_stack 4.4)."""

from dataclasses import dataclass
from typing import Final

QUOTE_SIZE: Final = 432
DEBUG: Final = 0x02
_FLAGS, _MRENCLAVE, _REPORT_DATA = 96, 112, 368
_VERSION = b"\x02\0"
_INITIALISED, _MODE_64 = 0x01, 0x04


@dataclass(frozen=True, slots=True)
class Quote:
    """A body with the platform's ed25519 key (32 bytes) and signature over the body."""

    body: bytes
    platform: bytes
    signature: bytes


def quote_body(mrenclave: bytes, report_data: bytes) -> bytes:
    """The body of an enclave's quote; always a debug enclave, because it is simulated."""
    body = bytearray(QUOTE_SIZE)
    body[: len(_VERSION)] = _VERSION
    body[_FLAGS] = _INITIALISED | DEBUG | _MODE_64
    body[_MRENCLAVE : _MRENCLAVE + len(mrenclave)] = mrenclave
    body[_REPORT_DATA : _REPORT_DATA + len(report_data)] = report_data
    return bytes(body)


def is_debug(body: bytes) -> bool:
    """Whether a quote's body is of a debug enclave."""
    return bool(body[_FLAGS] & DEBUG)
