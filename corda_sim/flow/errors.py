"""Exceptions of flows.

CordaError
├── FlowException                     travels to the peers of the flow that raises it
│   ├── UnexpectedFlowEndException    the peer ended, rejected or failed where data was expected
│   └── HospitalizeFlowException      keeps the flow for observation instead of failing it
├── FlowReplayError                   the code no longer does what the journal says it did
├── CheckpointIncompatibleException   a flow can't be brought back
│   ├── CannotBeDeserialisedException its journal can't be read
│   └── CordappNotInstalledException  its CorDapp is gone
├── StateTransitionException          the engine can't do what a flow asks of it
├── DatabaseException                 the database refused what a flow wrote or asked
│   ├── ConstraintViolationException  a row that breaks a constraint, as a second one with its key
│   └── TransientDatabaseException    the database can't be reached for now
├── FlowWaitTimeout                   a bounded wait (coins, session) ran out
├── FlowTimeoutException              a timed flow's attempt has had its time
├── ExternalOperationException        an external operation failed with something unexpected
├── StartFlowError                    a flow can't be started
│   ├── UnknownFlowException
│   ├── FlowArgumentsException
│   ├── FlowNotStartableException
│   └── RejectedCommandException      the node is draining or busy
├── ResultSerializationException      a result that can't be kept is the outcome instead
├── UnknownFlowIdException
├── FlowPayloadException              what a peer sent is not of the expected type
└── SessionException                  a session used against its protocol
FlowKilled (BaseException)            unwinds a killed flow's coroutine; flow code can't swallow it
"""

from contextlib import suppress
from functools import cache
from typing import ClassVar, Final

import msgspec

from corda_sim.core import errors as ledger_errors
from corda_sim.core.errors import CordaError, IllegalArgumentError, IllegalStateError
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow.messages import MAX_TEXT, FlowExceptionData

_EXCEPTIONS: dict[str, type["FlowException"]] = {}


class FlowException(CordaError):
    """Raised in flow code, it ends the flow and is raised again at every peer's next receive.

    A subclass that carries data declares `wire_name` and passes `payload`, a serializable value.
    Source: net.corda.core.flows.FlowException.
    """

    wire_name: ClassVar[str] = "corda.FlowException"

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "wire_name" in cls.__dict__:
            _EXCEPTIONS[cls.wire_name] = cls

    def __init__(self, message: str = "", payload: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.payload = payload
        self.original_error_id: int | None = None
        self.peer: str | None = None

    def to_wire(self) -> FlowExceptionData:
        """The form in which a peer or the journal gets it."""
        payload = None
        if self.payload is not None:
            with suppress(CordaError, TypeError, ValueError):
                payload = serialize(self.payload)
        return FlowExceptionData(self.wire_name, self.message[:MAX_TEXT], payload)

    @staticmethod
    def from_wire(data: FlowExceptionData) -> "FlowException":
        """The exception that `data` names; the base class where this node doesn't know the type."""
        cls = _EXCEPTIONS.get(data.name, FlowException)
        try:
            payload = None if data.payload is None else deserialize(data.payload, object)
            return cls.restore(data.message, payload)
        except Exception:  # noqa: BLE001 - a peer chose the payload; its message is still worth having
            return FlowException(data.message)

    @classmethod
    def restore(cls, message: str, payload: object) -> "FlowException":
        """Rebuild from the wire form; a subclass with another constructor overrides this."""
        return cls(message, payload)


_EXCEPTIONS[FlowException.wire_name] = FlowException


def keep_error(error: Exception) -> bytes:
    """An exception as the journal keeps it; of other types than FlowException, name and text."""
    if isinstance(error, FlowException):
        return msgspec.msgpack.encode(error.to_wire())
    return msgspec.msgpack.encode(FlowExceptionData("!" + type(error).__name__, str(error)))


def restore_error(data: bytes) -> CordaError:
    """The exception that `keep_error` kept: its type and text, and what a FlowException carries."""
    kept = msgspec.msgpack.decode(data, type=FlowExceptionData)
    if not kept.name.startswith("!"):
        return FlowException.from_wire(kept)
    # by __new__: constructors differ, and their texts are made already
    cls = _errors_by_name().get(kept.name[1:], CordaError)
    return cls.__new__(cls, kept.message)


@cache
def _errors_by_name() -> dict[str, type[CordaError]]:
    known = {**vars(ledger_errors), **globals()}.items()
    return {
        name: one for name, one in known if isinstance(one, type) and issubclass(one, CordaError)
    }


class UnexpectedFlowEndException(FlowException):
    """The other side ended, refused or failed (net.corda.core.flows.UnexpectedFlowEndException)."""

    wire_name = "corda.UnexpectedFlowEndException"


class HospitalizeFlowException(FlowException):
    """Sends the flow to overnight observation (net.corda.core.flows.HospitalizeFlowException)."""

    wire_name = "corda.HospitalizeFlowException"


class FlowReplayError(CordaError):
    """The flow's code asked for something else than its journal recorded."""

    def __init__(self, flow: str, step: int, expected: str, found: str) -> None:
        super().__init__(
            f"Flow {flow} can't be replayed: at step {step} its journal has {expected}, its code "
            f"now asks for {found}. Put the former CorDapp back and retry the flow, guard the "
            f"change with patch(), or kill the flow."
        )
        self.step, self.expected, self.found = step, expected, found


class CheckpointIncompatibleException(CordaError):
    """A flow can't be brought back from its journal (CheckpointIncompatibleException)."""


class CannotBeDeserialisedException(CheckpointIncompatibleException):
    """The journal of a flow can't be read, whole or in part; the message says what of it."""


class CordappNotInstalledException(CheckpointIncompatibleException):
    """No installed CorDapp has the flow's class any more."""


class StateTransitionException(CordaError):
    """The engine can't do what a flow asks, as with a session of another flow's."""


class DatabaseException(CordaError):
    """The database refused what a flow wrote or asked (SQLException, PersistenceException)."""


class ConstraintViolationException(DatabaseException):
    """A row breaks a constraint of the database (org.hibernate's exception of that name)."""


class TransientDatabaseException(DatabaseException):
    """The database can't be reached for now (SQLTransientConnectionException)."""


class FlowWaitTimeout(CordaError):
    """A bounded wait ended without what was waited for."""


class FlowTimeoutException(CordaError):
    """A timed flow's attempt has had its time (FlowTimeoutException); it begins again."""


class ExternalOperationException(CordaError):
    """An external operation raised what is not a FlowException; the message tells what."""


class StartFlowError(CordaError):
    """A flow can't be started."""


class UnknownFlowException(StartFlowError):
    """No CorDapp of this node has a flow of that name."""


class FlowArgumentsException(StartFlowError):
    """The arguments don't fit the flow's constructor."""


class FlowNotStartableException(StartFlowError):
    """The flow isn't annotated with `startable_by_rpc` (NonRPCStartableFlow)."""


class RejectedCommandException(StartFlowError):
    """The node drains, or has as many flows as it takes; come back in `eta_seconds`."""

    def __init__(self, message: str, eta_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.eta_seconds = eta_seconds


class ResultSerializationException(CordaError):
    """A flow's result can't be kept for its client id (ResultSerializationException)."""


class UnknownFlowIdException(CordaError):
    """No flow with that id."""


class FlowPayloadException(CordaError):
    """A peer's payload can't be decoded, or isn't of the type that was asked for."""


class SessionException(CordaError):
    """A session used against its protocol."""


class FlowKilled(BaseException):
    """Thrown into the coroutine of a killed flow."""


class FlowEngineError(CordaError):
    """The database refused what a flow staged."""


class KilledFlowException(CordaError):
    """The outcome of a killed flow (net.corda.core.flows.KilledFlowException)."""


PLATFORM_ERRORS: Final[dict[str, type[CordaError]]] = {
    cls.__name__: cls
    for cls in (
        IllegalArgumentError,
        IllegalStateError,
        KilledFlowException,
        ResultSerializationException,
    )
}
"""Errors that come back from a row as what they were, by their name."""
