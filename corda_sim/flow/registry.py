"""Flows by their declared wire names, and which responder answers which initiator."""

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TypeVar

from corda_sim.core.errors import IllegalStateError
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow.errors import FlowArgumentsException, UnknownFlowException
from corda_sim.flow.logic import FlowLogic

F = TypeVar("F", bound=type[FlowLogic[Any]])


@lru_cache(1024)
def _signature(of: Callable[..., object]) -> inspect.Signature:
    return inspect.signature(of)


def initiating_flow(name: str, version: int = 1) -> Callable[[F], F]:
    """Declare that a flow opens sessions, under this wire name and version (@InitiatingFlow)."""

    def decorate(cls: F) -> F:
        cls.flow_name, cls.flow_version, cls.is_initiating = name, version, True
        return cls

    return decorate


def flow_name(name: str) -> Callable[[F], F]:
    """Declare the wire name of a flow that opens no sessions of its own."""

    def decorate(cls: F) -> F:
        cls.flow_name = name
        return cls

    return decorate


def initiated_by(initiator: type[FlowLogic[Any]] | str) -> Callable[[F], F]:
    """Declare that a flow answers the sessions of `initiator` (@InitiatedBy)."""
    name = initiator if isinstance(initiator, str) else initiator.flow_name

    def decorate(cls: F) -> F:
        cls.answers = name
        if "flow_name" not in cls.__dict__:
            cls.flow_name = f"{name}.Responder"
        return cls

    return decorate


def startable_by_rpc(cls: F) -> F:
    """Allow RPC users to start the flow (@StartableByRPC)."""
    cls.is_startable_by_rpc = True
    return cls


class FlowRegistry:
    """The flows of the installed CorDapps."""

    def __init__(self) -> None:
        self._flows: dict[str, type[FlowLogic[Any]]] = {}
        self._responders: dict[str, type[FlowLogic[Any]]] = {}
        self._apps: dict[str, str] = {}

    def register(self, cls: type[FlowLogic[Any]], app_name: str) -> None:
        """Add a flow; IllegalStateError when another one has its name or answers the same."""
        name = cls.flow_name
        if self._flows.setdefault(name, cls) is not cls:
            raise IllegalStateError(f"Two flows are named {name}")
        self._apps[name] = app_name
        if cls.answers and self._responders.setdefault(cls.answers, cls) is not cls:
            raise IllegalStateError(f"Two flows answer {cls.answers}")

    @property
    def apps(self) -> dict[str, str]:
        """The CorDapp of each flow, by wire name."""
        return self._apps

    def app_of(self, name: str) -> str:
        """The CorDapp of a flow."""
        return self._apps.get(name, "corda")

    def startable(self) -> list[type[FlowLogic[Any]]]:
        """The flows that RPC users may start, by name."""
        return [cls for _, cls in sorted(self._flows.items()) if cls.is_startable_by_rpc]

    def knows(self, name: str) -> bool:
        """Whether a flow of that wire name is installed."""
        return name in self._flows

    def responder_to(self, name: str) -> type[FlowLogic[Any]] | None:
        """The flow that answers the initiator `name`."""
        return self._responders.get(name)

    def find(self, text: str) -> type[FlowLogic[Any]]:
        """The flow of that wire name or unambiguous class name; suggests the nearest otherwise."""
        if text in self._flows:
            return self._flows[text]
        found = [cls for name, cls in self._flows.items() if name.rpartition(".")[2] == text]
        if len(found) == 1:
            return found[0]
        raise UnknownFlowException(self._unknown(text))

    def _unknown(self, text: str) -> str:
        names = {cls.flow_name.rpartition(".")[2]: cls.flow_name for cls in self.startable()}
        near = get_close_matches(text, [*names, *names.values()], 1, 0.4)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"No flow is named {text}.{hint}"

    def create(self, name: str, arguments: bytes) -> FlowLogic[Any]:
        """A new instance from journaled arguments."""
        return bind(self.find(name), dict(deserialize(arguments, tuple)))


def arguments_of(logic: FlowLogic[Any]) -> bytes:
    """The constructor's arguments in the form that the journal keeps."""
    args, kwargs = logic.init_arguments
    bound = _signature(type(logic).__init__).bind(logic, *args, **kwargs)
    names = list(bound.arguments)[1:]
    return serialize(tuple((name, bound.arguments[name]) for name in names))


def bind(cls: type[FlowLogic[Any]], arguments: dict[str, Any]) -> FlowLogic[Any]:
    """An instance of `cls`; FlowArgumentsException names the expected arguments otherwise."""
    signature = _signature(cls)  # type: ignore[arg-type]  # a class is hashable
    try:
        signature.bind(**arguments)
    except TypeError as error:
        expected = ", ".join(map(str, signature.parameters.values())) or "none"
        short = cls.flow_name.rpartition(".")[2]
        raise FlowArgumentsException(f"{short}: {error}; it takes: {expected}") from error
    return cls(**arguments)
