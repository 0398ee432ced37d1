"""Flow arguments from text, by the type hints of the flow's constructor."""

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import CordaError
from corda_sim.core.identity import AbstractParty, CordaX500Name, Party
from corda_sim.flow.errors import FlowArgumentsException
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.registry import bind

FindParty = Callable[[str], Party]
_TRUE, _FALSE = frozenset(("true", "yes", "1")), frozenset(("false", "no", "0"))


def parse_flow(
    cls: type[FlowLogic[Any]], given: Mapping[str, str], find_party: FindParty
) -> FlowLogic[Any]:
    """The flow that `name=value` texts describe.

    Raises: FlowArgumentsException, which lists the expected arguments.
    """
    hints = get_type_hints(cls.__init__)
    parameters = {one.name: one for one in _parameters(cls)}
    unknown = sorted(set(given) - set(parameters))
    if unknown:
        raise FlowArgumentsException(f"Unknown argument {unknown[0]}; {describe(cls)}")
    missing = [one.name for one in parameters.values() if _is_required(one, given)]
    if missing:
        raise FlowArgumentsException(f"Missing argument {missing[0]}; {describe(cls)}")
    values = {}
    for name, text in given.items():
        try:
            values[name] = parse_value(text, hints.get(name, str), find_party)
        except (CordaError, ValueError) as error:
            raise FlowArgumentsException(f"{name}={text}: {error}; {describe(cls)}") from error
    return bind(cls, values)


def _parameters(cls: type[FlowLogic[Any]]) -> list[inspect.Parameter]:
    """Those that have a name; a flow without a constructor of its own has none."""
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    found = inspect.signature(cls).parameters.values()
    return [one for one in found if one.kind not in variadic]


def _is_required(parameter: inspect.Parameter, given: Mapping[str, str]) -> bool:
    return parameter.default is inspect.Parameter.empty and parameter.name not in given


def describe(cls: type[FlowLogic[Any]]) -> str:
    """The arguments that a flow takes, as a user writes them."""
    hints = get_type_hints(cls.__init__)
    parts = []
    for parameter in _parameters(cls):
        kind = _name(hints.get(parameter.name, str))
        optional = parameter.default is not inspect.Parameter.empty
        parts.append(f"[{parameter.name}={kind}]" if optional else f"{parameter.name}={kind}")
    return f"{cls.flow_name.rpartition('.')[2]} takes: {' '.join(parts) or 'no arguments'}"


def parse_value(text: str, hint: object, find_party: FindParty) -> object:
    """One value of type `hint`."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        choices = [one for one in get_args(hint) if one is not type(None)]
        return parse_value(text, choices[0], find_party)
    if origin in (tuple, list):
        return tuple(parse_value(one, get_args(hint)[0], find_party) for one in text.split(";"))
    kind = origin or hint
    if kind is Amount:
        return Amount.parse(text)
    if isinstance(kind, type) and issubclass(kind, AbstractParty):
        return find_party(text)
    if kind is bool:
        return _bool(text)
    if kind is StateRef:
        return StateRef.parse(text)
    simple: dict[object, Callable[[str], object]] = {
        int: int,
        str: str,
        UUID: UUID,
        bytes: bytes.fromhex,
        SecureHash: SecureHash.parse,
        CordaX500Name: CordaX500Name.parse,
    }
    if kind not in simple:
        raise FlowArgumentsException(f"values of type {_name(hint)} can't be given as text")
    return simple[kind](text)


def _bool(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise FlowArgumentsException("expected true or false")


def _name(hint: object) -> str:
    if get_origin(hint) in (Union, types.UnionType):
        return "|".join(_name(one) for one in get_args(hint) if one is not type(None))
    origin = get_origin(hint) or hint
    return getattr(origin, "__name__", str(origin))
