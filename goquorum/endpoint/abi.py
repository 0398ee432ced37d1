"""Calls, results, events and errors of contracts, by their ABI."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_abi.abi import decode, encode

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.errors import GoQuorumError

Entry = Mapping[str, Any]


class AbiError(GoQuorumError):
    """The ABI has no such entry, or the data doesn't fit it."""


def type_of(parameter: Entry) -> str:
    """A parameter's canonical type: tuples in brackets."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(type_of(part) for part in parameter['components'])}){kind[5:]}"


def signature_of(entry: Entry) -> str:
    """`name(type,…)`, of which selectors and topics are the hash."""
    return f"{entry['name']}({','.join(type_of(part) for part in entry['inputs'])})"


@dataclass(frozen=True, slots=True)
class Decoded:
    """An event or error: its name and arguments by name."""

    name: str
    arguments: Mapping[str, Any]

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={_shown(value)}" for name, value in self.arguments.items())
        return f"{self.name}({inner})"


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


class Interface:
    """What a contract's ABI says. Several ABIs may be joined: one for each contract behind it."""

    def __init__(self, *abis: Iterable[Entry]) -> None:
        self._entries = tuple(entry for abi in abis for entry in abi)

    @cached_property
    def _functions(self) -> Mapping[str, Entry]:
        return {e["name"]: e for e in self._entries if e["type"] == "function"}

    @cached_property
    def _errors(self) -> Mapping[bytes, Entry]:
        kinds = (e for e in self._entries if e["type"] == "error")
        return {keccak256(signature_of(e).encode())[:4]: e for e in kinds}

    @cached_property
    def _events(self) -> Mapping[bytes, Entry]:
        kinds = (e for e in self._entries if e["type"] == "event")
        return {keccak256(signature_of(e).encode()): e for e in kinds}

    def function(self, name: str) -> Entry:
        """The entry of a function. Raises AbiError."""
        if name not in self._functions:
            raise AbiError(f"No function is named {name}")
        return self._functions[name]

    def call(self, name: str, *arguments: object) -> bytes:
        """The call data of a function. Raises AbiError."""
        entry = self.function(name)
        selector = keccak256(signature_of(entry).encode())[:4]
        return selector + _encode(name, entry["inputs"], arguments)

    def constructor(self, *arguments: object) -> bytes:
        """What follows the bytecode of a deployment. Raises AbiError."""
        return _encode("constructor", self.constructor_inputs(), arguments)

    def constructor_inputs(self) -> Sequence[Entry]:
        """What a contract is constructed from."""
        found = [e["inputs"] for e in self._entries if e["type"] == "constructor"]
        return found[0] if found else ()

    def result(self, name: str, data: bytes) -> tuple[Any, ...]:
        """What a function returned. Raises AbiError."""
        outputs = self.function(name).get("outputs", ())
        try:
            return tuple(decode([type_of(part) for part in outputs], data))
        except Exception as error:
            raise AbiError(f"{name} returned something else: {error}") from error

    def error(self, data: bytes) -> Decoded | None:
        """A revert's error; None where the ABI doesn't know it."""
        entry = self._errors.get(data[:4], _STANDARD_ERRORS.get(data[:4]))
        if entry is None:
            return None
        values = decode([type_of(part) for part in entry["inputs"]], data[4:])
        return Decoded(entry["name"], _named(entry["inputs"], values))

    def event(self, topics: Sequence[bytes], data: bytes) -> Decoded | None:
        """A log's event; None where the ABI doesn't know it. Indexed bytes come as their hash."""
        entry = self._events.get(topics[0]) if topics else None
        if entry is None:
            return None
        plain = [part for part in entry["inputs"] if not part["indexed"]]
        values = iter(decode([type_of(part) for part in plain], data))
        indexed = iter(topics[1:])
        arguments = {
            part["name"]: _indexed(part, next(indexed)) if part["indexed"] else next(values)
            for part in entry["inputs"]
        }
        return Decoded(entry["name"], arguments)


def _indexed(part: Entry, topic: bytes) -> object:
    kind = type_of(part)
    if kind in {"bytes", "string"} or kind[-1] in ")]":
        return topic
    return decode([kind], topic)[0]


def _encode(name: str, inputs: Sequence[Entry], arguments: Sequence[object]) -> bytes:
    try:
        return bytes(encode([type_of(part) for part in inputs], arguments))
    except Exception as error:
        raise AbiError(f"{name} doesn't take these arguments: {error}") from error


def _named(inputs: Sequence[Entry], values: Sequence[object]) -> dict[str, object]:
    return {part["name"]: value for part, value in zip(inputs, values, strict=True)}


_STANDARD_ERRORS: Mapping[bytes, Entry] = {
    bytes.fromhex("08c379a0"): {"name": "Error", "inputs": [{"name": "reason", "type": "string"}]},
    bytes.fromhex("4e487b71"): {"name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
}
