"""Starting flows, driving their code from suspension to suspension, and their normal end."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from corda_sim.core.errors import CordaError, IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow import rows
from corda_sim.flow.context import FlowContext
from corda_sim.flow.effects import FlowEnded, Notification, Step
from corda_sim.flow.errors import (
    RejectedCommandException,
    ResultSerializationException,
    StateTransitionException,
)
from corda_sim.flow.events import (
    FlowAction,
    FlowEvent,
    ResumeWith,
    Returned,
    Send,
    Withdraw,
    Yielded,
)
from corda_sim.flow.journal import Begin, StartRecord
from corda_sim.flow.live import Counters, LiveFlow
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.machine import FINISH, Crashed, Finished, FlowMachine, Outcome, Suspended
from corda_sim.flow.registry import FlowRegistry, arguments_of
from corda_sim.flow.requests import FlowIORequest
from corda_sim.flow.responder import attach, open_responder
from corda_sim.flow.services import EngineServices
from corda_sim.flow.settings import EngineSettings
from corda_sim.flow.state import FlowStatus
from corda_sim.flow.steps import Mark, StepQueue
from corda_sim.flow.transitions import suspend, transition
from corda_sim.flow.wire_message import WireMessage

MAX_CLIENT_ID = 512
"""The longest client id, in characters."""


class FlowRunner(StepQueue, ABC):
    """Runs flows and collects their steps."""

    def __init__(
        self, services: EngineServices, registry: FlowRegistry, settings: EngineSettings
    ) -> None:
        super().__init__()
        self.services = services
        self.registry = registry
        self.settings = settings
        self.by_session: dict[int, str] = {}
        self.by_client_id: dict[str, str] = {}
        self._removed_client_ids: set[str] = set()
        self.counters = Counters()
        self.draining = False
        self._to_outbox: dict[str, bool] = {}

    @abstractmethod
    def crashed(self, flow: LiveFlow, error: BaseException, marks: Sequence[Mark]) -> None:
        """The flow's code raised; `marks` are its step's beginning and each of its sends."""

    # --- starting -----------------------------------------------------------------------------

    def start_flow(
        self,
        logic: FlowLogic[Any],
        started_by: str,
        client_id: str | None = None,
        *,
        by_service: bool = False,
    ) -> str:
        """Begin a flow with the next commit; its id. With a known client id, that flow's.

        What a service of the node starts (`by_service`), draining doesn't stop.

        Raises:
            IllegalArgumentError: the client id is too long.
            RejectedCommandException: the node drains or is busy; `eta_seconds` says when to ask
                again.
        """
        known = None if client_id is None else self.flow_of_client_id(client_id)
        if known is not None:
            return known
        if not by_service:
            self._require_capacity()
        start = StartRecord(
            flow_class=logic.flow_name,
            arguments=arguments_of(logic),
            seed=self.services.entropy(32),
            start_time=self.services.now_ns(),
            started_by=started_by,
            client_id=client_id,
        )
        started_type = rows.START_SERVICE if by_service else rows.START_RPC
        flow_id = str(UUID(bytes=self.services.entropy(16), version=4))
        flow = self.admit(flow_id, start, started_type)
        if client_id is not None:
            self.by_client_id[client_id] = flow.flow_id
        self.begin(flow, logic)
        return flow.flow_id

    def flow_of_client_id(self, client_id: str) -> str | None:
        """The flow that was started with a client id, running or finished.

        Raises:
            IllegalArgumentError: the client id is too long.
        """
        if len(client_id) > MAX_CLIENT_ID:
            raise IllegalArgumentError(f"A client id has at most {MAX_CLIENT_ID} characters")
        running = self.by_client_id.get(client_id)
        if running is not None or client_id in self._removed_client_ids:
            return running
        return self.services.flow_of_client_id(client_id)

    def remove_client_id(self, client_id: str) -> bool:
        """Forget the outcome of a finished flow, so that its client id is free again.

        False, and nothing done, where the flow runs or there is none (removeClientId).

        Raises:
            IllegalArgumentError: the client id is too long.
        """
        flow_id = self.flow_of_client_id(client_id)
        if flow_id is None:
            return False
        step, flow = self.shared_step(), self.flows.get(flow_id)
        if flow is not None:
            if not (flow.finished and flow.is_idle):
                return False
            flow.start = replace(flow.start, client_id=None)
            self.by_client_id.pop(client_id, None)
        start = None if flow is None else flow.start
        rows.client_id_removed(step.batch, flow_id, start)
        self._removed_client_ids.add(client_id)
        step.on_commit.append(partial(self._removed_client_ids.discard, client_id))
        return True

    def _require_capacity(self) -> None:
        if self.draining:
            raise RejectedCommandException(
                "Node is draining before shutdown. Cannot start new flows through RPC."
            )
        if len(self.flows) >= self.settings.max_flows:
            eta = self.settings.busy_eta_seconds
            text = f"The node has as many flows as it takes; try again in {eta:g} s."
            raise RejectedCommandException(text, eta)

    def admit(self, flow_id: str, start: StartRecord, started_type: int) -> LiveFlow:
        """Stage the rows of a new flow."""
        flow = LiveFlow(flow_id, start, waiting_since=start.start_time)
        self.flows[flow_id] = flow
        self.counters.started += 1
        app_name = self.registry.app_of(start.flow_class)
        rows.started(self.shared_step().batch, flow_id, start, app_name, started_type)
        return flow

    def begin(self, flow: LiveFlow, logic: FlowLogic[Any]) -> None:
        """Run a new flow's code for the first time; a responder confirms its session."""
        flow.machine = self.machine_for(flow, logic)
        self.note_sessions(flow)
        for outgoing in open_responder(flow.machine):
            self.send(flow, outgoing)
        self.note_sessions(flow)
        self.run(flow, ResumeWith(Begin()))

    def machine_for(self, flow: LiveFlow, logic: FlowLogic[Any]) -> FlowMachine:
        """A machine for `logic`, its code not yet begun."""
        services = self.services
        limit = services.network_parameters.max_message_size
        context = FlowContext(flow.flow_id, flow.start.seed, services.our_identity, limit)
        context.is_committing = lambda: flow.in_flight is not None
        context.is_killed = lambda: flow.is_killed
        context.timeouts = self.settings.flow_timeout
        context.large_transaction = self.settings.large_transaction
        context.on_progress = lambda progress: self._immediate.append(
            Notification(flow.flow_id, progress)
        )
        attach(logic, context, services, self.registry)
        return FlowMachine(flow.flow_id, flow.start, logic, context)

    def move_to_outbox(self, step: Step, wire: WireMessage, recipient: Party) -> None:
        """A message outlives its flow; a confirmation may come before the row is committed."""
        token = wire.message_id
        rows.to_outbox(step.batch, wire, recipient, self.services.now_ns())
        self._sent_by.pop(token, None)
        self._to_outbox[token] = False
        step.on_commit.append(partial(self._in_outbox, token))
        step.on_rollback.append(partial(self._not_in_outbox, token))

    def _not_in_outbox(self, token: str) -> None:
        self._to_outbox.pop(token, None)

    def _in_outbox(self, token: str) -> None:
        if self._to_outbox.pop(token, False):
            rows.from_outbox(self.shared_step().batch, token)

    # --- running ------------------------------------------------------------------------------

    def run(self, flow: LiveFlow, how: ResumeWith | None) -> None:
        """Drive a flow until it waits for something that isn't there."""
        while how is not None and flow.machine is not None and not flow.is_killed:
            step = self.step_of(flow)
            marks = [Mark(step)]
            flow.machine.context.on_send = partial(_mark, marks, step)
            flow.machine.context.staged = step
            number = flow.machine.state.step
            outcome = flow.machine.drive(how)
            if isinstance(outcome, Crashed):
                self.crashed(flow, outcome.error, marks)
                return
            try:
                how = self._completed_step(flow, step, number, outcome)
            except Exception as error:  # noqa: BLE001 - one flow's fault is not the node's end
                text = f"Flow {flow.flow_id}, step {number}: {type(error).__name__}: {error}"
                self.crashed(flow, StateTransitionException(text), marks)
                return
        flow.waiting_since = self.services.now_ns()

    def _completed_step(
        self, flow: LiveFlow, step: Step, number: int, outcome: Outcome
    ) -> ResumeWith | None:
        machine = machine_of(flow)
        request = outcome.request if isinstance(outcome, Suspended) else None
        record = machine.record(FINISH if request is None else request.describe())
        rows.stepped(step.batch, flow.flow_id, number + 1, record)
        if isinstance(outcome, Finished):
            machine.state, actions = transition(machine.state, Returned(machine.ops))
            self.perform(flow, actions)
            self._finish(flow, step, outcome.result)
            return None
        if request is None:
            raise AssertionError("a crash is handled before")
        return self._suspended(flow, request)

    def _suspended(self, flow: LiveFlow, request: FlowIORequest) -> ResumeWith | None:
        machine = machine_of(flow)
        event = Yielded(request, machine.ops)
        if self.settings.reload_checkpoint_after_suspend:
            machine.state, sends = suspend(machine.state, event)
            return self.perform(flow, sends)
        machine.state, actions = transition(machine.state, event)
        return self.perform(flow, actions)

    def perform(self, flow: LiveFlow, actions: Sequence[FlowAction]) -> ResumeWith | None:
        """Stage what a transition asks for; the resumption, if it has one."""
        self.note_sessions(flow)
        how = None
        for action in actions:
            if isinstance(action, Send):
                self.send(flow, action.outgoing)
            elif isinstance(action, Withdraw):
                self.withdraw(flow, action.message_id)
            elif isinstance(action, ResumeWith):
                how = action
        return how

    def note_sessions(self, flow: LiveFlow) -> None:
        """Let messages of newly opened sessions find the flow."""
        for session_id in machine_of(flow).state.sessions:
            if session_id not in flow.sessions:
                flow.sessions.add(session_id)
                self.by_session[session_id] = flow.flow_id

    def dispatch(self, flow: LiveFlow, event: FlowEvent) -> None:
        """Give a flow an event; it runs on if that is what it waited for."""
        machine = machine_of(flow)
        machine.state, actions = transition(machine.state, event)
        self.run(flow, self.perform(flow, actions))

    # --- ending -------------------------------------------------------------------------------

    def _finish(self, flow: LiveFlow, step: Step, result: object) -> None:
        flow.finished, flow.status = True, FlowStatus.COMPLETED
        self.counters.finished += 1
        batch, now = step.batch, self.services.now_ns()
        self.services.release_locks(step)
        error = None
        if flow.start.client_id is not None:
            error = _keep_result(batch, flow.flow_id, result, now)
        rows.status_changed(batch, flow.flow_id, FlowStatus.COMPLETED, pending_sends=True)
        step.effects.append(self.ended(flow, None if error else result, error))

    def ended(self, flow: LiveFlow, result: object, error: BaseException | None) -> FlowEnded:
        """The outcome of a flow that ends now."""
        elapsed = (self.services.now_ns() - flow.start.start_time) / 1e9
        return FlowEnded(flow.flow_id, result, error, flow.start.flow_class, elapsed)

    def forget_if_done(self, flow: LiveFlow) -> None:
        """Remove a finished flow's journal once its last messages are confirmed."""
        if not flow.finished or flow.unconfirmed or flow.has_buffered or not flow.is_idle:
            return
        keep, batch = flow.start.client_id is not None, self.shared_step().batch
        rows.forgotten(batch, flow.flow_id, keep_outcome=keep, had_messages=flow.had_messages)
        self.drop(flow)

    def drop(self, flow: LiveFlow) -> None:
        """Take a flow out of memory."""
        self.flows.pop(flow.flow_id, None)
        for session_id in flow.sessions:
            self.by_session.pop(session_id, None)
        if flow.start.client_id is not None:
            self.by_client_id.pop(flow.start.client_id, None)

    def confirmed(self, token: str) -> None:
        """The receiver's side has the message."""
        flow_id = self._sent_by.pop(token, None)
        if token in self._to_outbox:
            self._to_outbox[token] = True
            return
        if flow_id is None:
            rows.from_outbox(self.shared_step().batch, token)
            return
        flow = self.flows.get(flow_id)
        if flow is not None:
            flow.unconfirmed.pop(token, None)
            self.forget_if_done(flow)


def _mark(marks: list[Mark], step: Step) -> None:
    marks.append(Mark(step))


def _keep_result(
    batch: WriteBatch, flow_id: str, result: object, now: int
) -> ResultSerializationException | None:
    """Corda's rule: a result that can't be serialized is stored as that exception."""
    try:
        rows.result_kept(batch, flow_id, result, now)
    except (CordaError, TypeError, ValueError) as why:
        error = ResultSerializationException(f"The flow's result can't be kept: {why}")
        rows.exception_kept(batch, flow_id, error, now)
        return error
    return None


def machine_of(flow: LiveFlow) -> FlowMachine:
    """The flow's machine, which it has unless it is parked."""
    if flow.machine is None:
        raise AssertionError(f"flow {flow.flow_id} is parked")
    return flow.machine
