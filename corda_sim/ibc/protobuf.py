"""Protobuf messages as frozen dataclasses, with one encoding for each value.

A field is an annotation with its number: ``revision_number: Annotated[int, Field(1)] = 0``. Its
kind follows from its type: ``int``, ``bool``, an ``IntEnum``, ``str``, ``bytes``, a message; a
``tuple`` of one of them is repeated. A message is always written, as gogoproto's ``nullable=false``
and Solidity's codec write it; ``X | None`` is left out when it is None.

Why not the protobuf library: docs/decisions/0007-protobuf-without-descriptors.md.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from enum import IntEnum
from types import NoneType, UnionType
from typing import (
    Any,
    ClassVar,
    NamedTuple,
    Self,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from corda_sim.core.errors import DecodeError, IllegalArgumentError

_VARINT, _LENGTH = 0, 2
_SMALL = tuple(bytes((value,)) for value in range(0x80))
"""The varints of one byte: nearly all."""
_FIXED_SIZES = {1: 8, 5: 4}
_MAX_VARINT = 10
_MAX_FIELDS = 4096
"""In a message and all within it, values of packed fields counted: decoding takes bounded time."""
_KEPT, _KEPT_BYTES = 1024, 8192
"""Decoded messages that are kept, up to this size: all that handle one read it again."""


class Field(NamedTuple):
    """A field's number, and for an ``int`` its width in bits."""

    number: int
    bits: int = 64


class _Codec(NamedTuple):
    """How one field is written and read."""

    name: str
    number: int
    wire: int
    tag: bytes
    put: Callable[[Any], bytes]
    take: Callable[[Any, "_Allowance"], Any]
    repeated: bool
    optional: bool
    zero: Callable[[], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """Base of all messages; ``TYPE_URL`` names it inside an ``Any``."""

    TYPE_URL: ClassVar[str] = ""

    def encode(self) -> bytes:
        """The bytes: fields in order of their numbers, defaults left out.

        Raises: IllegalArgumentError for an integer that doesn't fit its field.
        """
        return b"".join(
            _encode_field(codec, getattr(self, codec.name)) for codec in _schema(type(self)).codecs
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The message that ``data`` holds; fields that aren't known are skipped.

        Raises: DecodeError, also for a singular field that comes twice, and for more than 4096
        fields in all.
        """
        return _decode(cls, data, _Allowance())

    @classmethod
    def decode_strict(cls, data: bytes) -> Self:
        """As ``decode``, and refuses bytes that aren't what ``encode`` writes.

        Raises: DecodeError.
        """
        if len(data) > _KEPT_BYTES:
            return _decode_canonical(cls, data)
        return cast("Self", _kept(cast("Any", cls), data))


@dataclasses.dataclass(slots=True)
class _Allowance:
    """How many fields one decoding may still read, at all depths together."""

    left: int = _MAX_FIELDS

    def take(self) -> None:
        """Raises DecodeError where there is none left."""
        if not self.left:
            raise DecodeError(f"more than {_MAX_FIELDS} fields")
        self.left -= 1


class _Schema(NamedTuple):
    """How a type's fields are written, in order of their numbers, and found again."""

    codecs: tuple[_Codec, ...]
    by_number: dict[int, _Codec]


_schemas: dict[type[Message], _Schema] = {}


def _schema(cls: type[Message]) -> _Schema:
    found = _schemas.get(cls)
    if found is None:
        found = _schemas[cls] = _make_schema(cls)
    return found


def _make_schema(cls: type[Message]) -> _Schema:
    hints = get_type_hints(cls, include_extras=True)
    found = [_codec_of(field.name, hints[field.name]) for field in dataclasses.fields(cls)]
    codecs = tuple(sorted(found, key=lambda codec: codec.number))
    return _Schema(codecs, {codec.number: codec for codec in codecs})


def _codec_of(name: str, hint: Any) -> _Codec:  # noqa: ANN401 - any annotation
    kind, field = get_args(hint)
    repeated, optional = get_origin(kind) is tuple, isinstance(kind, UnionType)
    if repeated:
        kind = get_args(kind)[0]
    elif optional:
        (kind,) = (arg for arg in get_args(kind) if arg is not NoneType)
    wire, put, take = _kind(kind, field.bits)
    zero = functools.partial(_zero, kind, repeated, optional)
    tag = _varint(field.number << 3 | (_LENGTH if repeated else wire))
    return _Codec(name, field.number, wire, tag, put, take, repeated, optional, zero)


def _zero(kind: type, repeated: bool, optional: bool) -> Any:  # noqa: ANN401 - any field's
    if repeated:
        return ()
    if optional:
        return None
    if issubclass(kind, Message):
        return _empty(kind)
    return kind(0) if issubclass(kind, int) else kind()


def _kind(
    kind: type, bits: int
) -> tuple[int, Callable[[Any], bytes], Callable[[Any, _Allowance], Any]]:
    if issubclass(kind, Message):
        return _LENGTH, lambda value: value.encode(), functools.partial(_decode, kind)
    if kind is str:
        return _LENGTH, str.encode, lambda raw, _: raw.decode()
    if kind is bytes:
        return _LENGTH, bytes, lambda raw, _: raw
    if kind is bool:
        return _VARINT, _varint, functools.partial(_narrow, bool, 1)
    return (
        _VARINT,
        _varint,
        functools.partial(_narrow, kind, 32 if issubclass(kind, IntEnum) else bits),
    )


def _narrow(kind: Callable[[int], Any], bits: int, value: int, _: _Allowance) -> Any:  # noqa: ANN401 - what kind makes
    if value >> bits:
        raise DecodeError(f"{value} has more than {bits} bits")
    return kind(value)


def _varint(value: int) -> bytes:
    if 0 <= value < len(_SMALL):
        return _SMALL[value]
    if not 0 <= value < 1 << 64:
        raise IllegalArgumentError(f"{value} is no unsigned integer of 64 bits")
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _encode_field(codec: _Codec, value: Any) -> bytes:  # noqa: ANN401 - the field's value
    if codec.repeated:
        return _encode_repeated(codec, value)
    if value is None or not (value or codec.optional):
        return b""
    return _encode_one(codec, value)


def _encode_repeated(codec: _Codec, values: tuple[Any, ...]) -> bytes:
    if codec.wire == _VARINT and values:
        return _delimited(codec.tag, b"".join(map(_varint, values)))
    return b"".join(_encode_one(codec, value) for value in values)


def _encode_one(codec: _Codec, value: Any) -> bytes:  # noqa: ANN401 - the field's value
    if codec.wire == _VARINT:
        return codec.tag + _varint(value)
    return _delimited(codec.tag, codec.put(value))


def _delimited(tag: bytes, body: bytes) -> bytes:
    return tag + _varint(len(body)) + body


M = TypeVar("M", bound=Message)


def _decode_canonical(cls: type[M], data: bytes) -> M:
    message = cls.decode(data)
    if message.encode() != data:
        raise DecodeError(f"{cls.__name__}: not the canonical encoding of its value")
    return message


@functools.lru_cache(_KEPT)
def _kept(cls: Any, data: bytes) -> Message:  # noqa: ANN401 - a type of messages
    return cast("Message", _decode_canonical(cls, data))


def _decode(cls: type[M], data: bytes, allowance: _Allowance) -> M:
    if not data:
        return _empty(cls)
    try:
        return _decode_fields(cls, data, allowance)
    except (ValueError, OverflowError) as error:
        raise DecodeError(f"{cls.__name__}: {error}") from error


_empties: dict[type[Message], Message] = {}


def _empty(cls: type[M]) -> M:
    found = _empties.get(cls)
    if found is None:
        found = _empties[cls] = _decode_fields(cls, b"", _Allowance())
    return cast("M", found)


def _decode_fields(cls: type[M], data: bytes, allowance: _Allowance) -> M:
    known = _schema(cls).by_number
    values: dict[str, Any] = {}
    for number, wire, raw in _fields(data):
        allowance.take()
        codec = known.get(number)
        if codec is None:
            continue
        items = _items(codec, wire, raw, allowance)
        if codec.repeated:
            values.setdefault(codec.name, []).extend(items)
        elif codec.name in values:
            raise DecodeError(f"{cls.__name__}: field {number} comes twice")
        else:
            (values[codec.name],) = items
    return cls(**{codec.name: _field_value(codec, values) for codec in known.values()})


def _field_value(codec: _Codec, values: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    if codec.name not in values:
        return codec.zero()
    return tuple(values[codec.name]) if codec.repeated else values[codec.name]


def _items(codec: _Codec, wire: int, raw: int | bytes, allowance: _Allowance) -> list[Any]:
    if codec.repeated and codec.wire == _VARINT and isinstance(raw, bytes):
        return [codec.take(value, allowance) for value in _packed(raw, allowance)]
    if wire != codec.wire:
        raise DecodeError(f"field {codec.number} has wire type {wire}")
    return [codec.take(raw, allowance)]


def _packed(data: bytes, allowance: _Allowance) -> Iterator[int]:
    at = 0
    while at < len(data):
        allowance.take()
        value, at = _read_varint(data, at)
        yield value


def _fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise DecodeError(f"{number} is no field number")
        if wire == _VARINT:
            value, at = _read_varint(data, at)
            yield number, wire, value
            continue
        size, at = (
            (_FIXED_SIZES[wire], at) if wire in _FIXED_SIZES else _read_length(data, at, wire)
        )
        if at + size > len(data):
            raise DecodeError("a message that ends early")
        yield number, wire, data[at : at + size]
        at += size


def _read_length(data: bytes, at: int, wire: int) -> tuple[int, int]:
    if wire != _LENGTH:
        raise DecodeError(f"wire type {wire} is not supported")
    return _read_varint(data, at)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    if at < len(data) and data[at] < 0x80:
        return data[at], at + 1
    value = 0
    for place, byte in enumerate(data[at : at + _MAX_VARINT]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            if value >> 64 or (byte == 0 and place):
                raise DecodeError("a varint that is too long or not in its shortest form")
            return value, at + place + 1
    raise DecodeError("a varint without end")
