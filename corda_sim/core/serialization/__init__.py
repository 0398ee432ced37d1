"""Compact, canonical serialization of registered types (docs/wire.md, section Components)."""

from corda_sim.core.serialization import platform as _platform
from corda_sim.core.serialization.compact import (
    DEFAULT_MAX_SIZE,
    MAGIC,
    MAX_DEPTH,
    deserialize,
    register_own_form,
    serialize,
)
from corda_sim.core.serialization.registry import (
    INSTALLED,
    PLATFORM,
    NotSerializableException,
    Registry,
    current_registry,
    serializable,
    using_registry,
)

_platform.register_platform_types(PLATFORM)

__all__ = [
    "DEFAULT_MAX_SIZE",
    "INSTALLED",
    "MAGIC",
    "MAX_DEPTH",
    "PLATFORM",
    "NotSerializableException",
    "Registry",
    "current_registry",
    "deserialize",
    "register_own_form",
    "serializable",
    "serialize",
    "using_registry",
]
