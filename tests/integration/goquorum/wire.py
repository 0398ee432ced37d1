"""Protobuf by hand: the tests' own judge of the contracts' bytes."""


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out, value = out + bytes((value & 0x7F | 0x80,)), value >> 7
    return out + bytes((value,))


def text(field_number: int, value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return message(field_number, data) if data else b""


def message(field_number: int, value: bytes) -> bytes:
    return bytes((field_number << 3 | 2,)) + varint(len(value)) + value


def number(field_number: int, value: int) -> bytes:
    return bytes((field_number << 3,)) + varint(value) if value else b""
