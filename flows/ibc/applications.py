"""Applications of Cross: what their part in a bridge transaction is.

A CorDapp registers its application when its package is imported. The builder asks each in turn; the
one whose call it is answers with the parts that its contract wants beside the bridge's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from corda_sim.core.contracts import Command, ContractState, StateAndRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.cross.contract.module import CallId, ContractCall
from corda_sim.cross.tx.types import ContractCallResult
from corda_sim.flow.context import StagedStep
from corda_sim.flow.services import NodeServices
from corda_sim.ibc.context import Context
from states.ibc import Host


class Action(Enum):
    """What Cross wants of a contract."""

    CALL = "call"
    PREPARE = "prepare"
    COMMIT = "commit"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class ApplicationParts:
    """Components that a transaction has beside the bridge's; all at the bridge's notary.

    ``keys`` are this node's keys that sign for them, beside its legal identity's.
    """

    inputs: tuple[StateAndRef[Any], ...] = ()
    outputs: tuple[ContractState, ...] = ()
    commands: tuple[Command[Any], ...] = ()
    references: tuple[StateAndRef[Any], ...] = ()
    keys: tuple[PublicKey, ...] = ()

    def __add__(self, other: "ApplicationParts") -> "ApplicationParts":
        return ApplicationParts(
            self.inputs + other.inputs,
            self.outputs + other.outputs,
            self.commands + other.commands,
            self.references + other.references,
            self.keys + other.keys,
        )


NO_PARTS = ApplicationParts()


@dataclass(frozen=True, slots=True)
class Fragment:
    """An application's answer; ``result`` is what a call or its preparation returns.

    With ``refused``, a reason, the parts are those of a refusal to prepare.
    """

    parts: ApplicationParts
    result: ContractCallResult = field(default_factory=ContractCallResult)
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What Cross wants of a contract, and all that an application may look at for its answer.

    ``call`` is given with CALL and PREPARE. ``staged`` is the flow's step, which locks of states
    belong to.
    """

    action: Action
    call_id: CallId
    call: ContractCall | None
    ctx: Context
    host: StateAndRef[Host]
    services: NodeServices
    staged: StagedStep

    @property
    def contracts(self) -> Mapping[str, str]:
        """The contracts that may be called: wire names by the host's ids."""
        return {one.name: one.target for one in self.host.state.data.config.contracts}

    @property
    def signing(self) -> tuple[PublicKey, ...]:
        """The keys of the validators that will sign."""
        return tuple(one.owning_key for one in self.host.state.data.asked_validators)


class Application(Protocol):
    """The flow side of contracts that Cross can call."""

    def fragment(self, asked: Asked) -> Fragment | None:
        """The parts for a call, None when it isn't this application's.

        Raises: CallRefused for a call to no contract; StatesNotAvailableException while other flows
        hold what is needed.
        """


_registered: dict[str, Application] = {}


def register_application(name: str, application: Application) -> None:
    """Let the builder ask ``application``; a name stands for one."""
    _registered[name] = application


def fragment_of(asked: Asked) -> Fragment | None:
    """The answer of the application whose call it is."""
    answers = (one.fragment(asked) for one in _registered.values())
    return next((answer for answer in answers if answer is not None), None)
