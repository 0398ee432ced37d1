"""One live flow: its coroutine, driven by hand, and its state, moved by the pure transition."""

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import msgspec

from corda_sim.core.errors import (
    AttachmentResolutionException,
    IllegalStateError,
    TransactionResolutionException,
    TransactionVerificationException,
)
from corda_sim.core.identity import Party
from corda_sim.flow.context import FlowContext, StagedStep
from corda_sim.flow.errors import (
    ExternalOperationException,
    FlowException,
    FlowKilled,
    FlowTimeoutException,
    FlowWaitTimeout,
    UnexpectedFlowEndException,
)
from corda_sim.flow.events import FlowOp, Opened, ResumeWith, Sent
from corda_sim.flow.journal import (
    Begin,
    Failure,
    Input,
    Received,
    SessionFailed,
    StartRecord,
    StepRecord,
    Value,
    step_digest,
)
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.logs import running
from corda_sim.flow.messages import (
    MAX_TEXT,
    ErrorSessionMessage,
    FlowExceptionData,
    RejectSessionMessage,
)
from corda_sim.flow.requests import FlowIORequest
from corda_sim.flow.state import FlowState, SessionState

FINISH = "finish"
LEDGER_ERRORS = (
    AttachmentResolutionException,
    TransactionResolutionException,
    TransactionVerificationException,
)
MISMATCH = (
    "Received session end message instead of a data session message. Mismatched send and receive?"
)


class Suspended(msgspec.Struct, frozen=True):
    """The coroutine asks for `request`."""

    request: FlowIORequest


class Finished(msgspec.Struct, frozen=True):
    """The coroutine returned."""

    result: object


class Crashed(msgspec.Struct, frozen=True):
    """The coroutine raised."""

    error: Exception


Outcome = Suspended | Finished | Crashed


class FlowMachine:
    """A flow in memory. Whoever drives it decides where its inputs come from."""

    def __init__(
        self, flow_id: str, start: StartRecord, logic: FlowLogic[Any], context: FlowContext
    ) -> None:
        self.flow_id = flow_id
        self.start = start
        self.logic = logic
        self.context = context
        self.state = FlowState(flow_id, {})
        self.senders: dict[bytes, Party] = {}
        self.ops: tuple[FlowOp, ...] = ()
        self.inputs: tuple[Input, ...] = ()
        self.resumed: ResumeWith = ResumeWith(Begin())
        self._coroutine: Coroutine[FlowIORequest, object, object] | None = logic.call()

    def drive(self, how: ResumeWith, replayed: tuple[Input, ...] | None = None) -> Outcome:
        """Run the code to its next suspension; `replayed` inputs come from the journal."""
        if self._coroutine is None:
            raise RuntimeError(f"flow {self.flow_id} has no coroutine")
        self.resumed = how
        self.context.begin_step(self.state.step, replayed)
        with running(self.flow_id):
            outcome = self._run(self._coroutine, how)
        self.ops, self.inputs = self.context.end_step(crashed=isinstance(outcome, Crashed))
        return outcome

    def _run(self, coroutine: Coroutine[FlowIORequest, object, object], how: ResumeWith) -> Outcome:
        try:
            error = self._error_of(how)
            value = None if error else self._value_of(how)
            request: object = coroutine.throw(error) if error else coroutine.send(value)
        except StopIteration as stop:
            return Finished(stop.value)
        except Exception as caught:  # noqa: BLE001 - whatever the flow's code raises ends it
            return Crashed(caught)
        if not isinstance(request, FlowIORequest):
            text = f"A flow may not await {type(request).__name__}: it would block the node"
            return Crashed(IllegalStateError(text))
        return Suspended(request)

    def _value_of(self, how: ResumeWith) -> object:
        match how.resume:
            case Received():
                return how.payloads
            case Value(data):
                self._note_confirmations()
                return data
            case _:
                return None

    def _note_confirmations(self) -> None:
        for session in self.state.sessions.values():
            if session.peer_info is not None:
                self.context.confirmed[session.session_id] = session.peer_info

    def _error_of(self, how: ResumeWith) -> Exception | None:
        match how.resume:
            case SessionFailed(session_id):
                return session_error(self.state.sessions[session_id])
            case Failure("timeout", error):
                return FlowWaitTimeout(error.message)
            case Failure("expired", error):
                return FlowTimeoutException(error.message)
            case Failure("flow", error):
                return FlowException.from_wire(error)
            case Failure(_, error):
                return ExternalOperationException(error.message)
            case _:
                return None

    def record(self, request: str) -> StepRecord:
        """The journal's record of the step that `drive` just ran."""
        sent = [(op.session_id, op.payload) for op in self.ops if isinstance(op, Sent)]
        opened = tuple(op.session_id for op in self.ops if isinstance(op, Opened))
        digest = step_digest(request, sent)
        return StepRecord(self.resumed.resume, self.inputs, request, digest, opened)

    def stop(self) -> None:
        """Drop the coroutine without running any more of the flow's code than its cleanup."""
        coroutine, self._coroutine = self._coroutine, None
        if coroutine is None:
            return
        self.context.staged = StagedStep(self.flow_id)
        with suppress(FlowKilled, Exception):
            coroutine.throw(FlowKilled())
        with suppress(Exception):
            coroutine.close()


def session_error(session: SessionState) -> Exception:
    """What a receive on a failed or ended session raises."""
    failure = session.failure
    if isinstance(failure, ErrorSessionMessage):
        return _peer_error(failure, session.peer)
    if isinstance(failure, RejectSessionMessage):
        return _from_peer(
            UnexpectedFlowEndException(failure.message), failure.error_id, session.peer
        )
    return _from_peer(UnexpectedFlowEndException(MISMATCH), None, session.peer)


def _peer_error(failure: ErrorSessionMessage, peer: Party) -> FlowException:
    if failure.flow_exception is None:
        error: FlowException = UnexpectedFlowEndException("Counter-flow errored")
    else:
        error = FlowException.from_wire(failure.flow_exception)
    return _from_peer(error, failure.error_id, peer)


def _from_peer(error: FlowException, error_id: int | None, peer: Party) -> FlowException:
    error.original_error_id = error_id
    error.peer = str(peer)
    return error


def error_message(error: BaseException, error_id: int) -> ErrorSessionMessage:
    """What peers learn of a failure: a FlowException of this flow's own, else only that it failed.

    A transaction's failure to resolve or verify is a FlowException in Corda: the peer that sent it
    is told.
    """
    if isinstance(error, FlowException):
        data = error.to_wire() if error.original_error_id is None else None
    elif isinstance(error, LEDGER_ERRORS):
        data = FlowExceptionData(f"corda.{type(error).__name__}", str(error)[:MAX_TEXT])
    else:
        data = None
    return ErrorSessionMessage(data, error_id)
