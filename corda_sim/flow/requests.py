"""What a flow may ask of the engine when it suspends (net.corda.core.internal.FlowIORequest)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash


class FlowExternalOperation(Protocol):
    """Work outside the flow, at least once; `deduplication_id` is the same at every attempt.

    Source: net.corda.core.flows.FlowExternalAsyncOperation. The result must be serializable. It may
    have `blocked_by() -> str`, which says for `flow explain` what has to happen first.
    """

    def execute(self, deduplication_id: str) -> Awaitable[object]:
        """Do the work; called on the node's event loop after the flow's step has committed."""
        ...


@dataclass(frozen=True, slots=True)
class Receive:
    """Wait until each of these sessions has a message, at most until `deadline` (ns)."""

    session_ids: tuple[int, ...]
    deadline: int | None = None

    def describe(self) -> str:
        """Stable text for digest and explain."""
        return "receive:" + ",".join(map(str, self.session_ids))


@dataclass(frozen=True, slots=True)
class WaitForSessionConfirmations:
    """Wait until the other sides have confirmed the sessions, at most until `deadline` (ns)."""

    session_ids: tuple[int, ...]
    deadline: int | None = None

    def describe(self) -> str:
        """Stable text for digest and explain."""
        return "confirm:" + ",".join(map(str, self.session_ids))


@dataclass(frozen=True, slots=True)
class WaitForLedgerCommit:
    """Wait until a verified transaction is recorded."""

    tx_id: SecureHash

    def describe(self) -> str:
        """Stable text for digest and explain."""
        return f"ledger:{self.tx_id}"


@dataclass(frozen=True, slots=True)
class WaitForStateConsumption:
    """Wait until recorded transactions have consumed all these states of the vault."""

    refs: tuple[StateRef, ...]

    def describe(self) -> str:
        """Stable text for digest and explain."""
        return "consumption:" + ",".join(map(str, self.refs))


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait until `deadline` (ns since the epoch)."""

    deadline: int

    def describe(self) -> str:
        """Stable text for digest and explain."""
        return f"sleep:{self.deadline}"


@dataclass(frozen=True, slots=True)
class ExecuteAsyncOperation:
    """Run an external operation once the step has committed."""

    operation: FlowExternalOperation

    def describe(self) -> str:
        """Stable text for digest and explain."""
        return f"external:{type(self.operation).__qualname__}"


@dataclass(frozen=True, slots=True)
class ForceCheckpoint:
    """Wait until the step has committed."""

    def describe(self) -> str:
        """Stable text for digest and explain."""
        return "checkpoint"


@dataclass(frozen=True, slots=True)
class AwaitCondition:
    """Wait, at most until `deadline` (ns), for `attempt` to give a value.

    `attempt` is tried in order of arrival each time `topic` is notified; what it stages goes into
    the step that journals its value. `blocked_by` tells explain what stands in the way.
    """

    topic: str
    description: str
    deadline: int
    attempt: Callable[[], bytes | None]
    blocked_by: Callable[[], str]

    def describe(self) -> str:
        """Stable text for digest and explain."""
        return f"condition:{self.topic}:{self.description}"


FlowIORequest = (
    Receive
    | WaitForSessionConfirmations
    | WaitForLedgerCommit
    | WaitForStateConsumption
    | Sleep
    | ExecuteAsyncOperation
    | ForceCheckpoint
    | AwaitCondition
)


def deadline_of(request: FlowIORequest | None) -> int | None:
    """When the clock (ns) ends the wait; None where it doesn't."""
    match request:
        case Receive() | WaitForSessionConfirmations() | Sleep() | AwaitCondition():
            return request.deadline
        case _:
            return None
