"""Checks of decoded values against type annotations.

A shape takes what the codec decoded and gives the value to hand to the constructor (a list turned
into the annotated container, an enum's value into its member), or raises ValueError.
"""

import enum
import functools
import types
import typing
from collections.abc import Callable
from collections.abc import Sequence as AbstractSequence
from collections.abc import Set as AbstractSet
from typing import Any

Shape = Callable[[Any], Any]
_SCALARS = (str, bytes, int, bool, type(None))


def _accept(value: object) -> object:
    return value


@functools.lru_cache(maxsize=4096)
def shape_of(annotation: Any) -> Shape:  # noqa: ANN401 - annotations have no common type
    """The shape of an annotation. Raises: TypeError for an annotation without wire form."""
    if annotation is Any or annotation is object or isinstance(annotation, typing.TypeVar):
        return _accept
    if annotation is None:
        annotation = type(None)
    origin = typing.get_origin(annotation)
    if origin is None:
        return _plain(annotation)
    if origin is typing.Annotated or origin in (typing.ClassVar, typing.Final):
        return shape_of(typing.get_args(annotation)[0])
    if origin is typing.Literal:
        return _literal(typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        return _union(typing.get_args(annotation))
    return _container(origin, typing.get_args(annotation))


def _plain(cls: Any) -> Shape:  # noqa: ANN401 - as shape_of
    if isinstance(cls, typing.NewType):
        return shape_of(cls.__supertype__)
    if isinstance(cls, typing.TypeAliasType if hasattr(typing, "TypeAliasType") else ()):
        return shape_of(cls.__value__)
    if not isinstance(cls, type):
        raise TypeError(f"{cls!r} has no wire form")
    if cls in _SCALARS:
        return _exact(cls)
    if issubclass(cls, enum.Enum):
        return _enum(cls)
    if cls in (tuple, list, frozenset, set):
        return _container(cls, (Any, ...) if cls is tuple else (Any,))
    return _instance(cls)


def _exact(cls: type) -> Shape:
    def check(value: object) -> object:
        if type(value) is not cls:
            raise ValueError(f"expected {cls.__name__}, got {type(value).__name__}")
        return value

    return check


def _instance(cls: type) -> Shape:
    def check(value: object) -> object:
        if not isinstance(value, cls):
            raise ValueError(  # noqa: TRY004 - as all shapes
                f"expected {cls.__qualname__}, got {type(value).__qualname__}"
            )
        return value

    return check


def _enum(cls: type[enum.Enum]) -> Shape:
    def check(value: object) -> object:
        member = cls(value)
        if type(member.value) is not type(value):
            raise ValueError(f"{value!r} is no value of {cls.__qualname__}")
        return member

    return check


def _literal(allowed: tuple[object, ...]) -> Shape:
    def check(value: object) -> object:
        if not any(type(value) is type(one) and value == one for one in allowed):
            raise ValueError(f"{value!r} is not one of {allowed!r}")
        return value

    return check


def _union(args: tuple[Any, ...]) -> Shape:
    shapes = tuple(shape_of(arg) for arg in args)

    def check(value: object) -> object:
        for shape in shapes:
            try:
                return shape(value)
            except ValueError:
                continue
        raise ValueError(f"{type(value).__qualname__} fits no member of the union")

    return check


def _container(origin: Any, args: tuple[Any, ...]) -> Shape:  # noqa: ANN401 - as shape_of
    if origin is tuple and not (len(args) == 2 and args[1] is ...):
        return _fixed_tuple(tuple(shape_of(arg) for arg in args))
    if origin in (tuple, list, frozenset, set, AbstractSequence, AbstractSet):
        make: Any = origin
        if origin is AbstractSequence:
            make = tuple
        elif origin is AbstractSet:
            make = frozenset
        return _many(make, shape_of(args[0]))
    if isinstance(origin, type) and origin is not dict:
        return shape_of(origin)
    raise TypeError(f"{origin!r} has no wire form")


def _fixed_tuple(shapes: tuple[Shape, ...]) -> Shape:
    def check(value: object) -> object:
        if not isinstance(value, tuple) or len(value) != len(shapes):
            raise ValueError(f"expected an array of {len(shapes)}")
        return tuple(shape(item) for shape, item in zip(shapes, value, strict=True))

    return check


def _many(make: Callable[[Any], Any], shape: Shape) -> Shape:
    def check(value: object) -> object:
        if not isinstance(value, tuple):
            raise ValueError(  # noqa: TRY004 - as all shapes
                f"expected an array, got {type(value).__qualname__}"
            )
        if shape is _accept and make is tuple:
            return value
        return make([shape(item) for item in value])

    return check
