"""What suspended flows wait for: timers, operations, recorded transactions, conditions."""

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.effects import Effect, ExternalEffect, Step, TimerEffect
from corda_sim.flow.errors import FlowException
from corda_sim.flow.events import LedgerCommitted, OperationDone, TimerFired
from corda_sim.flow.journal import Failure, Value
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.messages import FlowExceptionData
from corda_sim.flow.registry import FlowRegistry
from corda_sim.flow.requests import (
    AwaitCondition,
    ExecuteAsyncOperation,
    FlowIORequest,
    ForceCheckpoint,
    Receive,
    Sleep,
    WaitForLedgerCommit,
    WaitForSessionConfirmations,
    WaitForStateConsumption,
    deadline_of,
)
from corda_sim.flow.runner import FlowRunner, machine_of
from corda_sim.flow.services import EngineServices
from corda_sim.flow.settings import EngineSettings
from corda_sim.flow.transitions import resume as resume_state
from corda_sim.flow.transitions import satisfied


class FlowWaits(FlowRunner):
    """Sets up what a committed suspension waits for, and resumes the flow when it is there."""

    def __init__(
        self, services: EngineServices, registry: FlowRegistry, settings: EngineSettings
    ) -> None:
        super().__init__(services, registry, settings)
        self._ledger_waits: dict[bytes, list[str]] = {}
        self._consumption_waits: dict[str, frozenset[StateRef]] = {}
        self._conditions: dict[str, dict[str, int]] = {}
        self._changed: dict[str, None] = {}

    def arm(self, flow: LiveFlow) -> list[Effect]:
        """Set up what a committed suspension waits for; once for each suspension.

        The caller lets conditions be tried by `try_conditions` once it has armed all flows.
        """
        machine = flow.machine
        if machine is None or machine.state.waiting is None or not flow.is_idle:
            return []
        if flow.armed_step == machine.state.step:
            self._attempt_again(flow, machine.state.waiting)
            return []
        flow.armed_step = machine.state.step
        request = machine.state.waiting
        how = satisfied(machine.state, request)
        if how is not None:
            machine.state, actions = resume_state(machine.state, how)
            self.run(flow, self.perform(flow, actions))
            return []
        return self._arm(flow, machine.state.step, request)

    def _arm(self, flow: LiveFlow, step: int, request: FlowIORequest) -> list[Effect]:
        match request:
            case Receive() | WaitForSessionConfirmations() | Sleep():
                deadline = request.deadline
                return [] if deadline is None else [TimerEffect(flow.flow_id, step, deadline)]
            case ExecuteAsyncOperation(operation):
                name = f"{flow.flow_id}:{step}"
                return [ExternalEffect(flow.flow_id, step, operation, name)]
            case ForceCheckpoint():
                self.dispatch(flow, OperationDone(step, Value(b"")))
                return []
            case WaitForLedgerCommit(tx_id):
                self._await_ledger(flow, tx_id)
                return []
            case WaitForStateConsumption(refs):
                self._await_consumption(flow, refs)
                return []
            case AwaitCondition():
                self._conditions.setdefault(request.topic, {})[flow.flow_id] = step
                self.changed(request.topic)
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
        if self._consumption_waits:
            self._consumed_by(tx_id)

    def _consumed_by(self, tx_id: SecureHash) -> None:
        transaction = self.services.load_verified(tx_id)
        spent = () if transaction is None else transaction.inputs
        for flow_id, refs in list(self._consumption_waits.items()):
            if refs.isdisjoint(spent):
                continue
            flow = self.flows.get(flow_id)
            state = None if flow is None or flow.machine is None else flow.machine.state
            del self._consumption_waits[flow_id]
            if flow is not None and state and isinstance(state.waiting, WaitForStateConsumption):
                self._await_consumption(flow, state.waiting.refs)

    def _await_consumption(self, flow: LiveFlow, refs: tuple[StateRef, ...]) -> None:
        if self.services.are_consumed(refs):
            step = machine_of(flow).state.step
            self.dispatch(flow, OperationDone(step, Value(b"")))
        else:
            self._consumption_waits[flow.flow_id] = frozenset(refs)

    def changed(self, topic: str) -> None:
        """Note that something changed that conditions of `topic` wait for, or that one waits newly.

        `try_conditions` follows, once for all that has changed together.
        """
        self._changed[topic] = None

    def try_conditions(self) -> None:
        """Try all conditions of the topics that changed, in their order."""
        topics, self._changed = self._changed, {}
        for topic in topics:
            self._try(topic)

    def _try(self, topic: str) -> None:
        waiting = self._conditions.get(topic, {})
        for flow_id, step in list(waiting.items()):
            flow = self.flows.get(flow_id)
            if (
                flow is None
                or flow.machine is None
                or flow.machine.state.step != step
                or (flow.is_idle and self._attempt(flow, step))
            ):
                waiting.pop(flow_id, None)

    def _attempt(self, flow: LiveFlow, step: int) -> bool:
        machine = machine_of(flow)
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

    def _attempt_again(self, flow: LiveFlow, request: FlowIORequest) -> None:
        """Conditions are only tried while nothing of the flow waits for a commit: catch up."""
        if isinstance(request, AwaitCondition) and self._attempt(flow, flow.armed_step):
            self._conditions.get(request.topic, {}).pop(flow.flow_id, None)

    def timer_fired(self, flow_id: str, step: int) -> None:
        """A deadline has passed; a timer that is early by this clock is set again."""
        flow = self.flows.get(flow_id)
        if flow is None or flow.machine is None:
            return
        now, state = self.services.now_ns(), flow.machine.state
        deadline = deadline_of(state.waiting)
        if deadline is not None and now < deadline and state.step == step:
            self._immediate.append(TimerEffect(flow_id, step, deadline))
        else:
            self.dispatch(flow, TimerFired(step, now))

    def operation_done(self, flow_id: str, step: int, data: bytes | Exception) -> None:
        """An external operation has its result (serialized) or its exception."""
        flow = self.flows.get(flow_id)
        if flow is None or flow.machine is None:
            return
        how = Value(data) if isinstance(data, bytes) else _failure(data)
        self.dispatch(flow, OperationDone(step, how))


def _failure(error: Exception) -> Failure:
    if isinstance(error, FlowException):
        return Failure("flow", error.to_wire())
    return Failure("error", FlowExceptionData("", f"{type(error).__name__}: {error}"))
