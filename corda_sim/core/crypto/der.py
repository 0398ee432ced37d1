"""The little DER that composite keys need."""

from corda_sim.core.errors import DecodeError

_INTEGER, _BIT_STRING, _OID, _SEQUENCE = 0x02, 0x03, 0x06, 0x30


def _tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def sequence(body: bytes) -> bytes:
    """A SEQUENCE of encoded elements."""
    return _tlv(_SEQUENCE, body)


def integer(value: int) -> bytes:
    """An INTEGER."""
    return _tlv(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def bit_string(body: bytes) -> bytes:
    """A BIT STRING of whole bytes."""
    return _tlv(_BIT_STRING, b"\0" + body)


def oid(arcs: tuple[int, ...]) -> bytes:
    """An OBJECT IDENTIFIER."""
    body = b"".join(_base128(arc) for arc in (arcs[0] * 40 + arcs[1], *arcs[2:]))
    return _tlv(_OID, body)


def _base128(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


class Reader:
    """Takes elements off a DER value; DecodeError when the next one isn't what is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __bool__(self) -> bool:
        return bool(self._data)

    def expect(self, encoded: bytes) -> None:
        """Take these very bytes."""
        if not self._data.startswith(encoded):
            raise DecodeError("DER: another element than expected")
        self._data = self._data[len(encoded) :]

    def only_sequence(self) -> "Reader":
        """The elements of the SEQUENCE that is all there is."""
        inner = self.sequence()
        if self._data:
            raise DecodeError("DER: trailing bytes")
        return inner

    def sequence(self) -> "Reader":
        """The elements of a SEQUENCE."""
        return Reader(self._take(_SEQUENCE))

    def integer(self) -> int:
        """An INTEGER."""
        return int.from_bytes(self._take(_INTEGER), "big", signed=True)

    def bit_string(self) -> bytes:
        """A BIT STRING of whole bytes."""
        body = self._take(_BIT_STRING)
        if body[:1] != b"\0":
            raise DecodeError("DER: a bit string with unused bits")
        return body[1:]

    def _take(self, tag: int) -> bytes:
        data = self._data
        if len(data) < 2 or data[0] != tag:
            raise DecodeError("DER: another element than expected")
        size, start = data[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[2:start], "big")
        if start + size > len(data):
            raise DecodeError("DER: an element longer than its bytes")
        self._data = data[start + size :]
        return data[start : start + size]
