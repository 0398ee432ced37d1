"""Bounds on what a blob may make the decoder allocate, checked before anything is."""

from corda_sim.core.errors import DecodeError

MAX_ELEMENTS = 1 << 18
"""Values in one blob, those inside objects included."""
MAX_OBJECT_BYTES = 1 << 26
"""Bytes of all objects' contents together: a decoder holds those of each level it is in."""
UNCHECKED_SIZE = 1 << 16
"""Blobs up to this many bytes can't hold enough values to matter."""

MAX_NESTING = 1 << 10
"""Arrays within arrays that the decoder may recurse into: what a C stack bears."""

# heads of arrays and of maps, which the decoder would recurse into as well
_NESTING = bytes(range(0x80, 0xA0)) + b"\xdc\xdd\xde\xdf"
# bytes after the head byte that belong to it, and how many of them give a length to skip
_FIXED = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
_FIXED |= {0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_ARRAYS = {0xDC: 2, 0xDD: 4}
# an extension's content is scanned as well: only its head is skipped
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4, 0xD4: 0, 0xD5: 0, 0xD6: 0, 0xD7: 0, 0xD8: 0}


def check_allocation(data: bytes) -> None:
    """Refuse a blob of more than ``MAX_ELEMENTS`` values or ``MAX_OBJECT_BYTES`` in objects.

    Raises: DecodeError, for a value of a kind that the format doesn't have as well.
    """
    if len(data) <= UNCHECKED_SIZE:
        return
    at, end, count, inside = 0, len(data), 0, 0
    while at < end:
        count += 1
        if count > MAX_ELEMENTS:
            raise DecodeError(f"more than {MAX_ELEMENTS} values")
        if data[at] in _EXTENSIONS:
            inside += _content_size(data, at)
            if inside > MAX_OBJECT_BYTES:
                raise DecodeError(f"objects of more than {MAX_OBJECT_BYTES} bytes together")
        at += _length(data, at)


def check_nesting(data: bytes) -> None:
    """Refuse arrays nested deeper than ``MAX_NESTING``.

    The decoder recurses in C, where only Python's recursion limit stops it, and any library may
    have raised that beyond what the stack bears. Most blobs have too few array heads to nest so
    deep; the others are walked.

    Raises: DecodeError, for a value of a kind that the format doesn't have as well.
    """
    if len(data) > MAX_NESTING < len(data) - len(data.translate(None, _NESTING)):
        _walk(data)


def _walk(data: bytes) -> None:
    at, left = 0, list[int]()
    while at < len(data):
        while left and left[-1] == 0:
            left.pop()
        if left:
            left[-1] -= 1
        size = _array_size(data, at)
        if size:
            left.append(size)
            if len(left) > MAX_NESTING:
                raise DecodeError(f"nested deeper than {MAX_NESTING}")
        at += _length(data, at) + _extension_size(data, at)


def _array_size(data: bytes, at: int) -> int:
    head = data[at]
    if 0x90 <= head <= 0x9F:
        return head & 0x0F
    width = _ARRAYS.get(head, 0)
    return int.from_bytes(data[at + 1 : at + 1 + width], "big")


def _extension_size(data: bytes, at: int) -> int:
    """Bytes of an extension's content, which is decoded by itself; 0 for other values."""
    head = data[at]
    if 0xD4 <= head <= 0xD8:
        return 1 << (head - 0xD4)
    return _content_size(data, at) if head in _EXTENSIONS else 0


def _content_size(data: bytes, at: int) -> int:
    size = _EXTENSIONS[data[at]]
    return int.from_bytes(data[at + 1 : at + 1 + size], "big")


def _length(data: bytes, at: int) -> int:
    head = data[at]
    if head < 0x80 or head >= 0xE0 or 0x90 <= head <= 0x9F:
        return 1
    if 0xA0 <= head <= 0xBF:
        return 1 + (head & 0x1F)
    if head in _FIXED:
        return 1 + _FIXED[head]
    if head in _SIZED:
        size = _SIZED[head]
        return 1 + size + int.from_bytes(data[at + 1 : at + 1 + size], "big")
    if head in _EXTENSIONS:
        return 2 + _EXTENSIONS[head]
    if head in _ARRAYS:
        size = _ARRAYS[head]
        if int.from_bytes(data[at + 1 : at + 1 + size], "big") > MAX_ELEMENTS:
            raise DecodeError(f"an array of more than {MAX_ELEMENTS} values")
        return 1 + size
    raise DecodeError(f"type byte {head:#04x} is not part of the format")
