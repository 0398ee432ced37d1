"""Values of configuration files: names, addresses, durations, and the writer of TOML."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, PlainValidator

from corda_sim.core.identity import CordaX500Name

_ADDRESS: Final = re.compile(r"(\[[0-9a-fA-F:]+\]|[^\s:/\[\]]+):(\d{1,5})")
_DURATION: Final = re.compile(
    r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|millis|seconds?|minutes?|hours?|days?)"
)
_UNIT_SECONDS: Final = {"millis": 0.001, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_MAX_PORT: Final = 65535

TomlValue = str | bool | int | float | list["TomlValue"] | dict[str, "TomlValue"]


def _parse_name(value: object) -> CordaX500Name:
    if isinstance(value, CordaX500Name):
        return value
    return CordaX500Name.parse(f"{value}")


def _check_address(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not an address")  # noqa: TRY004 - pydantic reports it with its key
    if value.startswith("unix:"):
        return value
    found = _ADDRESS.fullmatch(value)
    if found is None or int(found[2]) > _MAX_PORT:
        raise ValueError("not an address")
    return value


def _parse_duration(value: object) -> timedelta:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    if isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())):
        unit = found[2] if found[2] in _UNIT_SECONDS else found[2][0]
        return timedelta(seconds=float(found[1]) * _UNIT_SECONDS[unit])
    if isinstance(value, timedelta):
        return value
    raise ValueError("not a duration")


LegalName = Annotated[
    CordaX500Name, PlainValidator(_parse_name), PlainSerializer(str, return_type=str)
]
"""An X.500 name, in the text form of `CordaX500Name`."""

NetworkAddress = Annotated[str, BeforeValidator(_check_address)]
"""`host:port`, `[v6]:port` or `unix:PATH`."""

Duration = Annotated[
    timedelta,
    BeforeValidator(_parse_duration),
    PlainSerializer(timedelta.total_seconds, return_type=float),
]
"""Seconds, or text with a unit: `"500ms"`, `"30s"`, `"30 seconds"`, `"1h"`."""


def to_toml(table: Mapping[str, TomlValue]) -> str:
    """A TOML document; nested tables become sections, tables in lists become inline tables."""
    return "\n".join(_sections(table, ())).lstrip("\n") + "\n"


def _sections(table: Mapping[str, TomlValue], path: tuple[str, ...]) -> list[str]:
    inner = {key: value for key, value in table.items() if isinstance(value, dict)}
    lines = [f"{_key(key)} = {_value(table[key])}" for key in table if key not in inner]
    if path and (lines or not inner):
        lines = ["", f"[{'.'.join(map(_key, path))}]", *lines]
    for key, value in inner.items():
        lines += _sections(value, (*path, key))
    return lines


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value: TomlValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            pairs = (f"{_key(key)} = {_value(inner)}" for key, inner in value.items())
            return f"{{ {', '.join(pairs)} }}"
        case _:
            return repr(value)
