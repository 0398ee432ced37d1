"""The sans-IO state machine manager: events in, steps to commit and effects out.

The node, MockNetwork and the simulator feed it and carry out what it returns; it reads no clock,
opens no file and waits for nothing (Corda's SingleThreadedStateMachineManager).
"""

from collections.abc import Iterable, Sequence

from corda_sim.flow import rows
from corda_sim.flow.effects import Effect, Notification, Step
from corda_sim.flow.errors import KilledFlowException, UnknownFlowIdException
from corda_sim.flow.journal import FlowJournal
from corda_sim.flow.live import LiveFlow, Wanted
from corda_sim.flow.state import FlowStatus
from corda_sim.flow.ward import Ward


class StateMachineManager(Ward):
    """Flows of one node, from their start to the confirmation of their last message."""

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
                flow.in_flight, flow.discharges = None, 0
                effects.extend(self._after_commit(flow))
        self.try_conditions()
        return effects

    def _after_commit(self, flow: LiveFlow) -> list[Effect]:
        if flow.finished:
            self.forget_if_done(flow)
            return []
        if flow.wanted is not Wanted.NOTHING:
            return self.after_step(flow)
        reload = self.settings.reload_checkpoint_after_suspend and flow.machine is not None
        if reload and flow.is_idle:
            self.reload(flow)
        return self.arm(flow)

    def after_step(self, flow: LiveFlow) -> list[Effect]:
        """Nothing of the flow is being committed any more: what was wanted meanwhile."""
        wanted, flow.wanted = flow.wanted, Wanted.NOTHING
        if wanted is Wanted.KILL:
            self.kill(flow.flow_id)
        elif wanted is Wanted.RETRY and flow.machine is None:
            return self.retry(flow.flow_id)
        return []

    def kill(self, flow_id: str) -> None:
        """End a flow from outside, as soon as what is being committed of it is settled.

        Raises:
            UnknownFlowIdException: no such flow runs.
        """
        flow = self._known(flow_id)
        flow.wanted = Wanted.KILL
        if flow.in_flight is not None:
            return
        if flow.pending is not None:
            self._drop_unsettled(flow)
        self.end(flow, FlowStatus.KILLED, KilledFlowException(f"Flow {flow_id} was killed"))

    def _drop_unsettled(self, flow: LiveFlow) -> None:
        """Back to what the journal has: what is killed does nothing more."""
        self.discard_pending(flow)
        machine, flow.machine = flow.machine, None
        if machine is not None:
            machine.stop()

    def pause(self, flow_id: str) -> None:
        """Stop a flow until it is resumed, over restarts too.

        Raises:
            UnknownFlowIdException: no such flow runs.
        """
        flow = self._known(flow_id)
        self.discard_pending(flow)
        self.park(flow, FlowStatus.PAUSED, None)

    def retry(self, flow_id: str) -> list[Effect]:
        """Run a parked flow again from its journal, once nothing of it is being committed.

        Raises:
            UnknownFlowIdException: no such flow runs.
        """
        flow = self._known(flow_id)
        if flow.machine is not None:
            return []
        if not flow.is_idle:
            flow.wanted = Wanted.RETRY
            return []
        self._runs_again(flow)
        self.rebuild(flow, self.journal_of(flow), resend=True)
        return self._armed(flow)

    def discharge(self, flow_id: str) -> list[Effect]:
        """The delay of a RetryEffect is over: retry, unless something else became of the flow."""
        flow = self.flows.get(flow_id)
        if flow is None or flow.finished or flow.status is not FlowStatus.HOSPITALIZED:
            return []
        return self.retry(flow_id)

    def _runs_again(self, flow: LiveFlow) -> None:
        batch = self.shared_step().batch
        rows.exception_cleared(batch, flow.flow_id)
        rows.status_changed(batch, flow.flow_id, FlowStatus.RUNNABLE)
        flow.status, flow.error = FlowStatus.RUNNABLE, None

    def _known(self, flow_id: str) -> LiveFlow:
        flow = self.flows.get(flow_id)
        if flow is None or flow.finished:
            raise UnknownFlowIdException(f"No running flow has the id {flow_id}")
        return flow

    def recover(self, journal: FlowJournal) -> list[Effect]:
        """After a restart: bring a flow back from its journal and send its messages again."""
        flow = LiveFlow(journal.flow_id, journal.start, FlowStatus(journal.status))
        flow.waiting_since = self.services.now_ns()
        self.flows[flow.flow_id] = flow
        if journal.start.client_id is not None:
            self.by_client_id[journal.start.client_id] = flow.flow_id
        self.register_sessions(flow, journal)
        if flow.status is FlowStatus.PAUSED:
            return []
        if flow.status is FlowStatus.HOSPITALIZED:
            self._runs_again(flow)
        self.counters.replayed += 1
        flow.replayed = True
        self.rebuild(flow, journal, resend=True)
        return self._armed(flow)

    def _armed(self, flow: LiveFlow) -> list[Effect]:
        effects = [*self.take_effects(), *self.arm(flow)]
        self.try_conditions()
        return effects

    def purge_message_ids(self, message_ids: Iterable[str]) -> None:
        """Forget session-inits older than `message_retention`; one of that age is never run."""
        rows.inits_forgotten(self.shared_step().batch, message_ids)
