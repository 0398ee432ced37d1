"""The compact codec: canonical positional MessagePack (docs/wire.md, section Components)."""

import enum
import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

import msgspec

from corda_sim.core.errors import CordaError, DecodeError
from corda_sim.core.serialization.limits import check_allocation, check_nesting
from corda_sim.core.serialization.registry import (
    INSTALLED,
    PLATFORM,
    NotSerializableException,
    Registry,
    TypeCodec,
)
from corda_sim.core.serialization.shapes import shape_of

T = TypeVar("T")

MAGIC = b"csim\x01\x00"
"""First bytes of every blob of this codec."""
MAX_DEPTH = 32
"""Arrays and objects inside one another, the outermost counted as 1."""
DEFAULT_MAX_SIZE = 16 * 1024 * 1024
"""Bytes that ``deserialize`` accepts unless told otherwise."""
OBJECT_CODE = 1

_pack = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode
_Ext = msgspec.msgpack.Ext
_PLAIN = frozenset((str, bytes, bool, int, type(None)))
_INTERN_DEPTH = MAX_DEPTH - 8
"""Where the depth of interned types starts: they nest a fixed, small number of others."""
_BAD_INPUT = (
    CordaError,
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)


_own_forms: dict[type, Callable[[Any], bytes | None]] = {}


def register_own_form(kind: type[T], encode: Callable[[T], bytes | None]) -> None:
    """Let values of ``kind`` be written in another format, where ``encode`` gives its bytes."""
    _own_forms[kind] = encode


def serialize(obj: object) -> bytes:
    """The canonical bytes of ``obj``, magic included; of another format where it has one.

    Raises: NotSerializableException for a value of an unregistered type, a map, a float, an
    integer outside -2⁶³…2⁶⁴-1, text that is not Unicode, or nesting beyond ``MAX_DEPTH``.
    """
    own = _own_forms.get(type(obj))
    if own is not None and (data := own(obj)) is not None:
        return data
    try:
        return MAGIC + _pack(_to_wire(obj, 0))
    except (OverflowError, UnicodeEncodeError) as error:
        raise NotSerializableException(f"{type(obj).__qualname__}: {error}") from error


def _to_wire(value: Any, depth: int) -> object:  # noqa: ANN401 - whatever is to travel
    kind = type(value)
    if kind in _PLAIN:
        return value
    if depth >= MAX_DEPTH:
        raise NotSerializableException(f"nested deeper than {MAX_DEPTH}")
    codec = Registry.by_type(kind)
    if codec is not None:
        return _object_to_wire(codec, value, depth + 1)
    if kind is tuple or kind is list:
        return _all_to_wire(value, depth + 1)
    if kind is frozenset or kind is set:
        return sorted(_all_to_wire(value, depth + 1), key=_pack)
    if isinstance(value, enum.Enum):
        return _to_wire(value.value, depth)
    raise NotSerializableException(f"{kind.__module__}.{kind.__qualname__} is not registered")


def _all_to_wire(values: Iterable[Any], depth: int) -> list[object]:
    return [item if type(item) in _PLAIN else _to_wire(item, depth) for item in values]


def _object_to_wire(codec: TypeCodec, value: object, depth: int) -> object:
    values = codec.values(value)
    if codec.intern and depth <= _INTERN_DEPTH:
        return _interned_to_wire(codec, tuple(values))
    return _pack_object(codec, values, depth)


def _pack_object(codec: TypeCodec, values: Iterable[object], depth: int) -> object:
    if not codec.ready:
        codec.prepare()
    fields = [
        codec.name,
        *[item if type(item) in _PLAIN else _to_wire(item, depth) for item in values],
    ]
    if codec.droppable:
        _drop_defaults(codec, fields)
    return _Ext(OBJECT_CODE, _pack(fields))


@functools.lru_cache(maxsize=8192)
def _interned_to_wire(codec: TypeCodec, values: tuple[object, ...]) -> object:
    return _pack_object(codec, values, _INTERN_DEPTH)


def _drop_defaults(codec: TypeCodec, fields: list[object]) -> None:
    defaults = codec.defaults
    if defaults is None:
        defaults = codec.defaults = [
            codec if spec.required else _to_wire(spec.default_value(), 0) for spec in codec.specs
        ]
    while len(fields) > 1:
        default, last = defaults[len(fields) - 2], fields[-1]
        # False == 0 in Python, not on the wire
        if default is codec or type(default) is not type(last) or default != last:
            return
        if type(last) is list and _pack(default) != _pack(last):
            return
        fields.pop()


def _unpack(data: bytes) -> Any:  # noqa: ANN401 - what msgspec decoded
    check_nesting(data)
    return _decode(data)


def _from_wire(
    raw: Any,  # noqa: ANN401 - what msgspec decoded
    registry: Registry,
    depth: int,
) -> object:
    kind = type(raw)
    if kind in _PLAIN:
        return raw
    if depth >= MAX_DEPTH:
        raise DecodeError(f"nested deeper than {MAX_DEPTH}")
    if kind is _Ext:
        return _object_from_wire(raw, registry, depth + 1)
    if kind is list:
        return tuple(_all_from_wire(raw, registry, depth + 1))
    raise DecodeError(f"{kind.__name__} is not part of the format")


def _all_from_wire(items: Iterable[Any], registry: Registry, depth: int) -> list[object]:
    return [item if type(item) in _PLAIN else _from_wire(item, registry, depth) for item in items]


def _object_from_wire(
    raw: Any,  # noqa: ANN401 - what msgspec decoded
    registry: Registry,
    depth: int,
) -> object:
    if raw.code != OBJECT_CODE:
        raise DecodeError(f"extension type {raw.code} is unknown")
    data = bytes(raw.data)
    fields = _unpack(data)
    if type(fields) is not list or not fields or type(fields[0]) is not str:
        raise DecodeError("an object is an array that starts with its wire name")
    codec = registry.by_name(fields[0])
    if codec is None:
        raise DecodeError(f"type {fields[0][:128]!r} is not registered")
    if codec.intern:
        return _interned(codec, data)
    return _build(codec, fields, registry, depth)


def _build(codec: TypeCodec, fields: list[Any], registry: Registry, depth: int) -> object:
    if not codec.ready:
        codec.prepare()
    return codec.build(_all_from_wire(fields[1:], registry, depth))


@functools.lru_cache(maxsize=8192)
def _interned(codec: TypeCodec, data: bytes) -> object:
    return _build(codec, _unpack(data), PLATFORM, _INTERN_DEPTH)


def _decode_compact(data: bytes, registry: Registry) -> object:
    body = data[len(MAGIC) :]
    check_allocation(body)
    return _from_wire(_unpack(body), registry, 0)


def _other_format(data: bytes, registry: Registry) -> object:
    decode = registry.format_of(data)
    if decode is None:
        raise DecodeError("no known codec's magic at the start")
    return decode(data, registry)


def deserialize(
    data: bytes,
    expected: type[T],
    registry: Registry | None = None,
    *,
    max_size: int = DEFAULT_MAX_SIZE,
) -> T:
    """The value that ``data`` encodes, checked to be an ``expected``.

    ``expected`` is a type or an annotation such as ``tuple[StateRef, ...]``; ``registry`` is where
    wire names are looked up (what installed packages registered, by default); ``max_size`` is in
    bytes.

    Raises: DecodeError, and nothing else, for bytes that are no canonical encoding of a registered
    type that fits ``expected``.
    """
    if len(data) > max_size:
        raise DecodeError(f"{len(data)} bytes, more than the limit of {max_size}")
    shape = shape_of(cast("Any", expected))
    try:
        return cast("T", _decode_checked(data, shape, registry or INSTALLED))
    except DecodeError:
        raise
    except _BAD_INPUT as error:
        raise DecodeError(f"{type(error).__name__}: {error}") from error


def _decode_checked(data: bytes, shape: Callable[[Any], Any], registry: Registry) -> object:
    if not data.startswith(MAGIC):
        return shape(_other_format(data, registry))
    value = shape(_decode_compact(data, registry))
    if serialize(value) != data:
        raise DecodeError("not the canonical encoding of its value")
    return cast("object", value)
