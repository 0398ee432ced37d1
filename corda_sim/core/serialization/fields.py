"""The positional fields of a dataclass, a msgspec Struct or a pydantic model."""

import dataclasses
import functools
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import msgspec
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from corda_sim.core.errors import IllegalArgumentError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_MISSING = object()


@dataclasses.dataclass(frozen=True, slots=True)
class FieldSpec:
    """One wire field: its name, type annotation and, where it has one, its default."""

    name: str
    annotation: Any
    default: object = _MISSING
    default_factory: Callable[[], object] | None = None
    alias: str = ""

    @property
    def required(self) -> bool:
        """Whether the field has no default."""
        return self.default is _MISSING and self.default_factory is None

    def default_value(self) -> object:
        """The default, made by its factory where it has one."""
        return self.default_factory() if self.default_factory is not None else self.default


def is_pydantic_model(cls: type) -> bool:
    """Whether ``cls`` is a pydantic model class."""
    return issubclass(cls, BaseModel)


@functools.cache
def field_specs(cls: type) -> tuple[FieldSpec, ...]:
    """Fields in order of declaration.

    Raises: IllegalArgumentError for a class that is none of the three kinds.
    """
    if is_pydantic_model(cls):
        return _pydantic_specs(cls)
    if issubclass(cls, msgspec.Struct):
        return _struct_specs(cls)
    if dataclasses.is_dataclass(cls):
        return _dataclass_specs(cls)
    raise IllegalArgumentError(f"{cls!r} is no dataclass, Struct or pydantic model")


def _pydantic_specs(cls: type[BaseModel]) -> tuple[FieldSpec, ...]:
    # pydantic validates its own fields, so the wire shape accepts whatever decodes
    return tuple(
        FieldSpec(
            name,
            Any,
            _MISSING if info.default is PydanticUndefined else info.default,
            cast("Callable[[], object] | None", info.default_factory),
            info.alias or name,
        )
        for name, info in cls.model_fields.items()
    )


def _struct_specs(cls: type[msgspec.Struct]) -> tuple[FieldSpec, ...]:
    hints = typing.get_type_hints(cls)
    return tuple(
        FieldSpec(
            field.name,
            hints[field.name],
            _MISSING if field.default is msgspec.NODEFAULT else field.default,
            None if field.default_factory is msgspec.NODEFAULT else field.default_factory,
        )
        for field in msgspec.structs.fields(cls)
    )


def _dataclass_specs(cls: type["DataclassInstance"]) -> tuple[FieldSpec, ...]:
    hints = typing.get_type_hints(cls)
    missing = dataclasses.MISSING
    return tuple(
        FieldSpec(
            field.name,
            hints[field.name],
            _MISSING if field.default is missing else field.default,
            None if field.default_factory is missing else field.default_factory,
        )
        for field in dataclasses.fields(cls)
        if field.init
    )
