"""Which types may travel, under which wire name.

Only a registered type is ever written or read. Platform types live in ``PLATFORM``; what installed
packages declare with ``@serializable`` lives in ``INSTALLED``; a contract archive loaded for
verification has a registry of its own whose parent is ``PLATFORM``, so that two versions of one
state can be decoded side by side.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

from corda_sim.core.errors import CordaError, IllegalArgumentError
from corda_sim.core.serialization.fields import FieldSpec, field_specs, is_pydantic_model
from corda_sim.core.serialization.shapes import Shape, shape_of

T = TypeVar("T")


class NotSerializableException(CordaError):
    """A value holds something that has no wire form (after java.io.NotSerializableException)."""


class TypeCodec:
    """How one registered type becomes ``[wire_name, *fields]`` and comes back."""

    __slots__ = (
        "_bind",
        "_build",
        "cls",
        "defaults",
        "droppable",
        "intern",
        "name",
        "ready",
        "shapes",
        "specs",
        "values",
    )

    def __init__(
        self,
        cls: type,
        name: str,
        values: Callable[[Any], Sequence[object]],
        build: Callable[..., Any],
        specs: Callable[[], tuple[FieldSpec, ...]],
        intern: bool = False,
    ) -> None:
        self.cls = cls
        self.name = name
        self.intern = intern
        self.values = values
        """The field values of an instance in wire order."""
        self._build = build
        self._bind = specs
        self.ready = self.droppable = False
        self.specs: tuple[FieldSpec, ...] = ()
        self.shapes: tuple[Shape, ...] = ()
        self.defaults: list[object] | None = None

    def prepare(self) -> None:
        """Resolve annotations, before anything but ``values`` is used.

        That is on first use, not at once, when every name that they mention exists.
        """
        if not self.ready:
            self.specs = self._bind()
            self.shapes = tuple(shape_of(spec.annotation) for spec in self.specs)
            self.droppable = bool(self.specs) and not self.specs[-1].required
            self.ready = True

    def build(self, raw: Sequence[object]) -> object:
        """An instance from decoded fields; missing trailing fields take their defaults.

        Raises: ValueError or TypeError when a field is of the wrong kind or is missing.
        """
        specs = self.specs
        if len(raw) > len(specs):
            raise ValueError(f"{self.name}: {len(raw)} fields, at most {len(specs)} are known")
        if len(raw) < len(specs) and specs[len(raw)].required:
            raise ValueError(f"{self.name}: field {specs[len(raw)].name} is missing")
        checked = [shape(value) for shape, value in zip(self.shapes, raw, strict=False)]
        return self._build(*checked)


class Registry:
    """Wire names to types; parents are consulted, in order, for names not held here."""

    _by_type: ClassVar[dict[type, TypeCodec]] = {}

    def __init__(self, label: str, *parents: "Registry") -> None:
        self.label = label
        self.parents = parents
        self._by_name: dict[str, TypeCodec] = {}
        self._formats: dict[bytes, Callable[[bytes, Registry], object]] = {}

    def register(self, cls: type, name: str, *, intern: bool = False) -> None:
        """Register a frozen dataclass, ``msgspec.Struct`` or pydantic model under ``name``.

        ``intern`` is that of ``register_custom``.

        Raises: IllegalArgumentError when the name is already another type's.
        """
        names, build = _reader(cls), _builder(cls)
        self._add(TypeCodec(cls, name, names, build, lambda: field_specs(cls), intern))

    def register_custom(
        self,
        cls: type[T],
        name: str,
        fields: Sequence[FieldSpec],
        values: Callable[[T], Sequence[object]],
        build: Callable[..., T],
        intern: bool = False,
        aliases: Sequence[type] = (),
    ) -> None:
        """Register a type whose wire fields differ from its attributes.

        ``aliases`` are subclasses that share the wire form; with ``intern`` equal encodings share
        one decoded instance (immutable types made of platform types only).

        Raises: IllegalArgumentError when the name is already another type's.
        """
        specs = tuple(fields)
        codec = TypeCodec(cls, name, values, build, lambda: specs, intern)
        self._add(codec)
        for alias in aliases:
            Registry._by_type[alias] = codec

    def _add(self, codec: TypeCodec) -> None:
        held = self._by_name.get(codec.name)
        if held is not None and _identity(held.cls) != _identity(codec.cls):
            raise IllegalArgumentError(
                f"wire name {codec.name!r} belongs to {held.cls.__module__}.{held.cls.__qualname__}"
            )
        self._by_name[codec.name] = codec
        Registry._by_type[codec.cls] = codec

    def add_format(self, magic: bytes, decode: "Callable[[bytes, Registry], object]") -> None:
        """Read blobs that start with ``magic`` by ``decode``, which may raise DecodeError only.

        It is given the registry whose types are wanted, which may be a child of this one.
        """
        self._formats[magic] = decode

    def format_of(self, data: bytes) -> "Callable[[bytes, Registry], object] | None":
        """What reads ``data``, by its magic, here or in the first parent that knows it."""
        for magic, decode in self._formats.items():
            if data.startswith(magic):
                return decode
        return next((one for p in self.parents if (one := p.format_of(data)) is not None), None)

    def by_name(self, name: str) -> TypeCodec | None:
        """The codec of a wire name here or in the first parent that knows it."""
        found = self._by_name.get(name)
        if found is not None:
            return found
        for parent in self.parents:
            found = parent.by_name(name)
            if found is not None:
                return found
        return None

    @staticmethod
    def by_type(kind: type) -> TypeCodec | None:
        """The codec of a Python type; a type belongs to exactly one registry."""
        return Registry._by_type.get(kind)

    def wire_name_of(self, cls: type) -> str:
        """The wire name of a registered type. Raises: NotSerializableException."""
        codec = Registry._by_type.get(cls)
        if codec is None:
            raise NotSerializableException(f"{cls.__module__}.{cls.__qualname__} is not registered")
        return codec.name

    def names(self) -> tuple[str, ...]:
        """Wire names registered here, sorted, without the parent's."""
        return tuple(sorted(self._by_name))


def _identity(cls: type) -> tuple[str, str]:
    return cls.__module__, cls.__qualname__


def _reader(cls: type) -> Callable[[Any], Sequence[object]]:
    getter: Callable[[object], Sequence[object]] | None = None

    def read(obj: object) -> Sequence[object]:
        nonlocal getter
        if getter is None:
            getter = _getter([spec.name for spec in field_specs(cls)])
        return getter(obj)

    return read


def _getter(names: Sequence[str]) -> Callable[[object], Sequence[object]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda obj: [getattr(obj, name) for name in names]


def _builder(cls: type) -> Callable[..., Any]:
    if not is_pydantic_model(cls):
        return cls

    def build(*values: object) -> object:
        specs = field_specs(cls)
        return cls(**{spec.alias: value for spec, value in zip(specs, values, strict=False)})

    return build


PLATFORM = Registry("platform")
INSTALLED = Registry("installed", PLATFORM)
_current: ContextVar[Registry] = ContextVar("corda_sim_registry", default=INSTALLED)


def current_registry() -> Registry:
    """The registry that ``@serializable`` fills at this moment."""
    return _current.get()


@contextmanager
def using_registry(registry: Registry) -> Iterator[None]:
    """Within the block ``@serializable`` registers into ``registry``."""
    token = _current.set(registry)
    try:
        yield
    finally:
        _current.reset(token)


def serializable(
    name: str, *, registry: Registry | None = None, intern: bool = False
) -> Callable[[type[T]], type[T]]:
    """Class decorator that lets a frozen dataclass, Struct or pydantic model travel as ``name``.

    Fields are positional on the wire, in order of declaration; later versions may only append
    fields, each with a default that never changes. ``intern`` is that of
    ``Registry.register_custom``.

    Raises: IllegalArgumentError when the name is already another type's.
    """

    def mark(cls: type[T]) -> type[T]:
        (registry or _current.get()).register(cls, name, intern=intern)
        return cls

    return mark
