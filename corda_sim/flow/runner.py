"""The sans-IO state machine manager: events in, steps to commit and effects out.

The node, MockNetwork and the simulator feed it and carry out what it returns; it reads no clock,
opens no file and waits for nothing (Corda's SingleThreadedStateMachineManager).
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow import rows
from corda_sim.flow.context import FlowContext
from corda_sim.flow.effects import (
    Effect,
    ExternalEffect,
    FlowEnded,
    Notification,
    SendEffect,
    Step,
    TimerEffect,
)
from corda_sim.flow.errors import FlowException, RejectedCommandException
from corda_sim.flow.events import (
    FlowAction,
    LedgerCommitted,
    OperationDone,
    ResumeWith,
    Returned,
    Send,
    TimerFired,
    Yielded,
)
from corda_sim.flow.journal import Begin, Failure, StartRecord, Value
from corda_sim.flow.live import Counters, LiveFlow
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.machine import FINISH, Crashed, Finished, FlowMachine, Outcome, Suspended
from corda_sim.flow.messages import FlowExceptionData, encode
from corda_sim.flow.registry import FlowRegistry, arguments_of
from corda_sim.flow.requests import (
    AwaitCondition,
    ExecuteAsyncOperation,
    FlowIORequest,
    ForceCheckpoint,
    Receive,
    Sleep,
    WaitForLedgerCommit,
    WaitForSessionConfirmations,
)
from corda_sim.flow.responder import attach, open_responder
from corda_sim.flow.services import EngineServices
from corda_sim.flow.settings import EngineSettings
from corda_sim.flow.state import FlowStatus, Outgoing
from corda_sim.flow.transitions import resume as resume_state
from corda_sim.flow.transitions import satisfied, suspend, transition


class FlowRunner:
    """Runs flows and collects their steps; `StateMachineManager` adds messages and life cycle."""

    def __init__(
        self, services: EngineServices, registry: FlowRegistry, settings: EngineSettings
    ) -> None:
        self.services = services
        self.registry = registry
        self.settings = settings
        self.flows: dict[str, LiveFlow] = {}
        self.by_session: dict[int, str] = {}
        self.by_client_id: dict[str, str] = {}
        self.counters = Counters()
        self.draining = False
        self._queue: list[Step] = []
        self._shared: Step | None = None
        self._immediate: list[Effect] = []
        self._ledger_waits: dict[bytes, list[str]] = {}
        self._conditions: dict[str, dict[str, int]] = {}
        self._sent_by: dict[str, str] = {}
        self.on_crash: Callable[[LiveFlow, BaseException], None] = self._fail_flow

    # --- starting -----------------------------------------------------------------------------

    def start_flow(
        self, logic: FlowLogic[Any], started_by: str, client_id: str | None = None
    ) -> str:
        """Begin a flow with the next commit; its id. With a known client id, that flow's."""
        known = None if client_id is None else self._flow_of(client_id)
        if known is not None:
            return known
        if self.draining:
            raise RejectedCommandException(
                "Node is draining before shutdown. Cannot start new flows through RPC."
            )
        if len(self.flows) >= self.settings.max_flows:
            raise RejectedCommandException("The node has as many flows as it takes.", 1.0)
        start = StartRecord(
            flow_class=logic.flow_name,
            arguments=arguments_of(logic),
            seed=self.services.entropy(32),
            start_time=self.services.now_ns(),
            started_by=started_by,
            client_id=client_id,
        )
        flow = self._admit(str(UUID(bytes=self.services.entropy(16), version=4)), start)
        if client_id is not None:
            self.by_client_id[client_id] = flow.flow_id
        self._begin(flow, logic)
        return flow.flow_id

    def _flow_of(self, client_id: str) -> str | None:
        return self.by_client_id.get(client_id) or self.services.flow_of_client_id(client_id)

    def _admit(self, flow_id: str, start: StartRecord) -> LiveFlow:
        flow = LiveFlow(flow_id, start, waiting_since=start.start_time)
        self.flows[flow_id] = flow
        self.counters.started += 1
        rows.started(
            self.shared_step().batch, flow_id, start, self.registry.app_of(start.flow_class)
        )
        return flow

    def _begin(self, flow: LiveFlow, logic: FlowLogic[Any]) -> None:
        flow.machine = self.machine_for(flow, logic)
        self._opened(flow)
        for outgoing in open_responder(flow.machine):
            self._send(flow, outgoing)
        self._opened(flow)
        self.run(flow, ResumeWith(Begin()))

    def machine_for(self, flow: LiveFlow, logic: FlowLogic[Any]) -> FlowMachine:
        """A machine for `logic`, its code not yet begun."""
        services = self.services
        limit = services.network_parameters.max_message_size
        context = FlowContext(flow.flow_id, flow.start.seed, services.our_identity, limit)
        context.on_progress = lambda label: self._immediate.append(
            Notification(flow.flow_id, label)
        )
        attach(logic, context, services, self.registry)
        return FlowMachine(flow.flow_id, flow.start, logic, context)

    # --- steps --------------------------------------------------------------------------------

    def shared_step(self) -> Step:
        """The step of rows that belong to no flow's progress: starts, arrivals, housekeeping."""
        if self._shared is None:
            self._shared = Step(None)
            self._queue.insert(0, self._shared)
        return self._shared

    def step_of(self, flow: LiveFlow) -> Step:
        """The flow's step in the making."""
        if flow.pending is None:
            flow.pending = Step(flow.flow_id)
            self._queue.append(flow.pending)
        return flow.pending

    def take_steps(self) -> list[Step]:
        """Everything that waits to be committed; one transaction is to take it all."""
        steps, self._queue, self._shared = self._queue, [], None
        for step in steps:
            if step.flow_id is not None:
                flow = self.flows[step.flow_id]
                flow.in_flight, flow.pending = step, None
        return steps

    def take_effects(self) -> list[Effect]:
        """Effects that wait for no commit: progress, duplicates' acknowledgements."""
        effects, self._immediate = self._immediate, []
        return effects

    @property
    def has_steps(self) -> bool:
        """Whether something waits to be committed."""
        return bool(self._queue)

    def committed(self, steps: Sequence[Step]) -> list[Effect]:
        """The steps are durable: what may leave now."""
        effects: list[Effect] = []
        for step in steps:
            for action in step.on_commit:
                action()
            effects.extend(step.effects)
            effects.extend(Notification(step.flow_id, value) for value in step.notifications)
            flow = None if step.flow_id is None else self.flows.get(step.flow_id)
            if flow is not None and flow.in_flight is step:
                flow.in_flight = None
                effects.extend(self._after_commit(flow))
        return effects

    def _after_commit(self, flow: LiveFlow) -> list[Effect]:
        if flow.finished:
            self.forget_if_done(flow)
            return []
        reload = self.settings.reload_checkpoint_after_suspend and flow.machine is not None
        if reload and flow.is_idle:
            self.reload(flow)
        return self.arm(flow)

    def reload(self, flow: LiveFlow) -> None:
        """Rebuild the flow from its journal (reloadCheckpointAfterSuspend)."""

    # --- running ------------------------------------------------------------------------------

    def run(self, flow: LiveFlow, how: ResumeWith | None) -> None:
        """Drive a flow until it waits for something that isn't there."""
        while how is not None and flow.machine is not None:
            step = self.step_of(flow)
            mark = _Mark(step)
            flow.machine.context.staged = step
            number = flow.machine.state.step
            outcome = flow.machine.drive(how)
            if isinstance(outcome, Crashed):
                mark.rollback()
                self.on_crash(flow, outcome.error)
                return
            how = self._completed_step(flow, step, number, outcome)
        flow.waiting_since = self.services.now_ns()

    def _completed_step(
        self, flow: LiveFlow, step: Step, number: int, outcome: Outcome
    ) -> ResumeWith | None:
        machine = _machine(flow)
        request = outcome.request if isinstance(outcome, Suspended) else None
        record = machine.record(FINISH if request is None else request.describe())
        rows.stepped(step.batch, flow.flow_id, number + 1, record)
        if isinstance(outcome, Finished):
            machine.state, actions = transition(machine.state, Returned(machine.ops))
            self._perform(flow, actions)
            self._finish(flow, step, outcome.result)
            return None
        if request is None:
            raise AssertionError("a crash is handled before")
        return self._suspended(flow, request)

    def _suspended(self, flow: LiveFlow, request: FlowIORequest) -> ResumeWith | None:
        machine = _machine(flow)
        event = Yielded(request, machine.ops)
        if self.settings.reload_checkpoint_after_suspend:
            machine.state, sends = suspend(machine.state, event)
            return self._perform(flow, sends)
        machine.state, actions = transition(machine.state, event)
        return self._perform(flow, actions)

    def _perform(self, flow: LiveFlow, actions: Sequence[FlowAction]) -> ResumeWith | None:
        """Stage what a transition asks for; the resumption, if it has one."""
        self._opened(flow)
        how = None
        for action in actions:
            if isinstance(action, Send):
                self._send(flow, action.outgoing)
            elif isinstance(action, ResumeWith):
                how = action
        return how

    def _opened(self, flow: LiveFlow) -> None:
        for session_id in _machine(flow).state.sessions:
            if session_id not in flow.sessions:
                flow.sessions.add(session_id)
                self.by_session[session_id] = flow.flow_id

    def _send(self, flow: LiveFlow, outgoing: Outgoing) -> None:
        wire = encode(outgoing.message_id, outgoing.message)
        flow.unconfirmed[wire.message_id] = (outgoing.recipient, wire)
        self._sent_by[wire.message_id] = flow.flow_id
        effect = SendEffect(outgoing.recipient, wire, wire.message_id)
        self.step_of(flow).effects.append(effect)

    def dispatch(self, flow: LiveFlow, event: Any) -> None:  # noqa: ANN401 - any FlowEvent
        """Give a flow an event; it runs on if that is what it waited for."""
        machine = _machine(flow)
        machine.state, actions = transition(machine.state, event)
        self.run(flow, self._perform(flow, actions))

    # --- ending -------------------------------------------------------------------------------

    def _finish(self, flow: LiveFlow, step: Step, result: object) -> None:
        flow.finished, flow.status = True, FlowStatus.COMPLETED
        self.counters.finished += 1
        batch, now = step.batch, self.services.now_ns()
        self.services.release_locks(step)
        if flow.start.client_id is not None:
            rows.result_kept(batch, flow.flow_id, result, now)
        rows.status_changed(batch, flow.flow_id, FlowStatus.COMPLETED, pending_sends=True)
        step.effects.append(FlowEnded(flow.flow_id, result, None))

    def _fail_flow(self, flow: LiveFlow, error: BaseException) -> None:
        raise NotImplementedError

    def forget_if_done(self, flow: LiveFlow) -> None:
        """Remove a finished flow's journal once its last messages are confirmed."""
        if not flow.finished or flow.unconfirmed or flow.has_buffered or not flow.is_idle:
            return
        keep = flow.start.client_id is not None
        rows.forgotten(self.shared_step().batch, flow.flow_id, keep_outcome=keep)
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
        if flow_id is None:
            rows.from_outbox(self.shared_step().batch, token)
            return
        flow = self.flows.get(flow_id)
        if flow is not None:
            flow.unconfirmed.pop(token, None)
            self.forget_if_done(flow)

    # --- waiting ------------------------------------------------------------------------------

    def arm(self, flow: LiveFlow) -> list[Effect]:
        """Set up what a committed suspension waits for; once for each suspension."""
        machine = flow.machine
        if machine is None or machine.state.waiting is None or not flow.is_idle:
            return []
        if flow.armed_step == machine.state.step:
            return []
        flow.armed_step = machine.state.step
        request = machine.state.waiting
        how = satisfied(machine.state, request)
        if how is not None:
            machine.state, actions = resume_state(machine.state, how)
            self.run(flow, self._perform(flow, actions))
            return []
        return self._arm(flow, machine.state.step, request)

    def _arm(self, flow: LiveFlow, step: int, request: FlowIORequest) -> list[Effect]:
        match request:
            case Receive() | WaitForSessionConfirmations():
                return []
            case Sleep(deadline):
                return [TimerEffect(flow.flow_id, step, deadline)]
            case ExecuteAsyncOperation(operation):
                name = f"{flow.flow_id}:{step}"
                return [ExternalEffect(flow.flow_id, step, operation, name)]
            case ForceCheckpoint():
                self.dispatch(flow, OperationDone(step, Value(b"")))
                return []
            case WaitForLedgerCommit(tx_id):
                self._await_ledger(flow, tx_id)
                return []
            case AwaitCondition():
                flow.condition_order += 1
                self._conditions.setdefault(request.topic, {})[flow.flow_id] = step
                self.notify(request.topic)
                return [TimerEffect(flow.flow_id, step, request.deadline)]

    def _await_ledger(self, flow: LiveFlow, tx_id: SecureHash) -> None:
        if self.services.is_verified(tx_id):
            self.dispatch(flow, LedgerCommitted(tx_id))
        else:
            self._ledger_waits.setdefault(tx_id, []).append(flow.flow_id)

    def ledger_committed(self, tx_id: SecureHash) -> None:
        """A verified transaction is recorded."""
        for flow_id in self._ledger_waits.pop(tx_id, []):
            flow = self.flows.get(flow_id)
            if flow is not None and flow.machine is not None:
                self.dispatch(flow, LedgerCommitted(tx_id))

    def notify(self, topic: str) -> None:
        """Something changed that conditions of `topic` wait for: try them in their order."""
        waiting = self._conditions.get(topic, {})
        for flow_id, step in list(waiting.items()):
            flow = self.flows.get(flow_id)
            if flow is None or flow.machine is None or flow.machine.state.step != step:
                del waiting[flow_id]
            elif flow.is_idle and self._attempt(flow, step):
                waiting.pop(flow_id, None)

    def _attempt(self, flow: LiveFlow, step: int) -> bool:
        machine = _machine(flow)
        request = machine.state.waiting
        if not isinstance(request, AwaitCondition):
            return True
        machine.context.staged = staged = Step(flow.flow_id)
        try:
            data = request.attempt()
        except Exception as error:  # noqa: BLE001 - the attempt's verdict is the flow's to handle
            how: Value | Failure = _failure(error)
        else:
            if data is None:
                return False
            how = Value(data)
        flow.pending = staged
        self._queue.append(staged)
        self.dispatch(flow, OperationDone(step, how))
        return True

    def timer_fired(self, flow_id: str, step: int) -> None:
        """A deadline has passed."""
        flow = self.flows.get(flow_id)
        if flow is not None and flow.machine is not None:
            self.dispatch(flow, TimerFired(step, self.services.now_ns()))

    def operation_done(self, flow_id: str, step: int, data: bytes | Exception) -> None:
        """An external operation has its result (serialized) or its exception."""
        flow = self.flows.get(flow_id)
        if flow is None or flow.machine is None:
            return
        how = Value(data) if isinstance(data, bytes) else _failure(data)
        self.dispatch(flow, OperationDone(step, how))


class _Mark:
    """A place in a step to which a crashed flow's rows and reservations are rolled back."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._sizes = tuple(len(part) for part in self._parts())

    def _parts(self) -> tuple[list[Any], ...]:
        step = self._step
        return step.batch.ops, step.effects, step.notifications, step.on_commit, step.on_rollback

    def rollback(self) -> None:
        for undo in reversed(self._step.on_rollback[self._sizes[-1] :]):
            undo()
        for part, size in zip(self._parts(), self._sizes, strict=True):
            del part[size:]


def _machine(flow: LiveFlow) -> FlowMachine:
    if flow.machine is None:
        raise AssertionError(f"flow {flow.flow_id} is parked")
    return flow.machine


def _failure(error: Exception) -> Failure:
    if isinstance(error, FlowException):
        return Failure("flow", error.to_wire())
    return Failure("error", FlowExceptionData("", f"{type(error).__name__}: {error}"))
