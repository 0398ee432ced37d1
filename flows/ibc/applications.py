"""Applications of Cross: what their part in a bridge transaction is.

A CorDapp registers its application when its package is imported. The builder asks each in turn; the
one whose call it is answers with the parts that its contract wants beside the bridge's.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from corda_sim.core.contracts import Command, ContractState, StateAndRef
from corda_sim.cross.contract.module import CallId, ContractCall
from corda_sim.cross.tx.types import ContractCallResult
from corda_sim.flow.services import NodeServices


class Action(Enum):
    """What Cross wants of a contract."""

    CALL = "call"
    PREPARE = "prepare"
    COMMIT = "commit"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class ApplicationParts:
    """Components that a transaction has beside the bridge's; all at the bridge's notary."""

    inputs: tuple[StateAndRef[Any], ...] = ()
    outputs: tuple[ContractState, ...] = ()
    commands: tuple[Command[Any], ...] = ()
    references: tuple[StateAndRef[Any], ...] = ()

    def __add__(self, other: "ApplicationParts") -> "ApplicationParts":
        return ApplicationParts(
            self.inputs + other.inputs,
            self.outputs + other.outputs,
            self.commands + other.commands,
            self.references + other.references,
        )


NO_PARTS = ApplicationParts()


@dataclass(frozen=True, slots=True)
class Fragment:
    """An application's answer; ``result`` is what a call or its preparation returns."""

    parts: ApplicationParts
    result: ContractCallResult = field(default_factory=ContractCallResult)


class Application(Protocol):
    """The flow side of contracts that Cross can call."""

    def fragment(
        self, action: Action, call_id: CallId, call: ContractCall | None, services: NodeServices
    ) -> Fragment | None:
        """The parts for a call, None when it isn't this application's.

        ``call`` is given with CALL and PREPARE. Raises: CallRefused, which refuses the call.
        """


_registered: dict[str, Application] = {}


def register_application(name: str, application: Application) -> None:
    """Let the builder ask ``application``; a name stands for one."""
    _registered[name] = application


def fragment_of(
    action: Action, call_id: CallId, call: ContractCall | None, services: NodeServices
) -> Fragment | None:
    """The answer of the application whose call it is."""
    asked = (one.fragment(action, call_id, call, services) for one in _registered.values())
    return next((answer for answer in asked if answer is not None), None)
