"""Canonical ABI: what decodes has to encode to the same bytes."""

from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from corda_sim.core.errors import DecodeError

MAX_SIZE = 1 << 16
"""Bytes of a message; pointers may repeat, so that reading can take the square of it."""


def encode_tuple(kind: str, value: tuple[Any, ...]) -> bytes:
    """``abi.encode`` of one struct."""
    return encode([kind], [value])


def decode_tuple(kind: str, data: bytes) -> Any:  # noqa: ANN401 - the struct's fields, as kind says
    """The struct that ``data`` is the only encoding of. Raises: DecodeError."""
    if len(data) > MAX_SIZE:
        raise DecodeError(f"{len(data)} bytes of ABI, more than {MAX_SIZE}")
    try:
        (value,) = decode([kind], data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise DecodeError(f"ABI: {error}") from error
    if encode_tuple(kind, value) != data:
        raise DecodeError("ABI: not the canonical encoding")
    return value
