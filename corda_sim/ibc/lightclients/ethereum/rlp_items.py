"""RLP in its one canonical form, over the ``rlp`` package."""

from collections.abc import Callable
from typing import TypeAlias

from rlp import codec
from rlp.exceptions import DecodingError

from corda_sim.core.errors import DecodeError

Item: TypeAlias = "bytes | list[Item]"
_MAX_SIZE = 1 << 20
# the package has no types
_decode: Callable[..., Item] = codec.decode
_encode: Callable[[Item], bytes] = codec.encode
_prefix: Callable[[bytes, int], tuple[bytes, type, int, int]] = codec.consume_length_prefix


def decode_item(data: bytes) -> Item:
    """The bytes or nested lists that ``data`` encodes. Raises: DecodeError."""
    if len(data) > _MAX_SIZE:
        raise DecodeError(f"{len(data)} bytes of RLP, more than {_MAX_SIZE}")
    try:
        return _decode(data, strict=True)
    except (DecodingError, RecursionError) as error:
        raise DecodeError(f"RLP: {error}") from error


def decode_list(data: bytes) -> list[Item]:
    """The items of a list. Raises: DecodeError."""
    item = decode_item(data)
    if isinstance(item, bytes):
        raise DecodeError("RLP: bytes where a list is expected")
    return item


def split_list(data: bytes) -> list[bytes]:
    """The items of a list as they are encoded. Raises: DecodeError."""
    try:
        _, kind, size, at = _prefix(data, 0)
        end, items = at + size, list[bytes]()
        if kind is not list or end != len(data):
            raise DecodeError("RLP: not exactly one list")
        while at < end:
            _, _, length, start = _prefix(data, at)
            items.append(data[at : start + length])
            at = start + length
    except (DecodingError, IndexError) as error:
        raise DecodeError(f"RLP: {error}") from error
    if at != end:
        raise DecodeError("RLP: a list that ends early")
    return items


def encode_item(item: Item) -> bytes:
    """The encoding of bytes or nested lists."""
    return _encode(item)


def bytes_of(item: Item, size: int | None = None) -> bytes:
    """The item, which has to be bytes, of a given size if one is given. Raises: DecodeError."""
    if not isinstance(item, bytes) or size not in (None, len(item)):
        raise DecodeError(f"RLP: not {'bytes' if size is None else f'{size} bytes'}")
    return item


def uint_of(item: Item, max_size: int) -> int:
    """An unsigned integer of at most ``max_size`` bytes, without zeros in front.

    Raises: DecodeError.
    """
    raw = bytes_of(item)
    if len(raw) > max_size or raw[:1] == b"\0":
        raise DecodeError("RLP: an integer that is too long or starts with a zero")
    return int.from_bytes(raw, "big")


def uint_item(number: int) -> bytes:
    """An unsigned integer as an item: big-endian without zeros in front, nothing for zero."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
