"""Flows that failed: diagnosis, the hospital's beds, and what the peers are told."""

from abc import abstractmethod
from collections.abc import Sequence

from corda_sim.flow import rows
from corda_sim.flow.effects import Effect, RetryEffect, Step
from corda_sim.flow.errors import FlowEngineError
from corda_sim.flow.events import FlowOp, Raised, Send
from corda_sim.flow.farewells import last_words
from corda_sim.flow.hospital import Outcome, Patient, back_off_seconds, diagnose
from corda_sim.flow.journal import LAST_SEQ
from corda_sim.flow.live import LiveFlow, Wanted
from corda_sim.flow.machine import FlowMachine, error_message
from corda_sim.flow.messages import (
    ConfirmSessionMessage,
    ErrorSessionMessage,
    ExistingSessionMessage,
    encode,
    error_id_of,
)
from corda_sim.flow.revival import LastState, Revival
from corda_sim.flow.state import FlowStatus, Outgoing
from corda_sim.flow.steps import Mark
from corda_sim.flow.transitions import transition


class Ward(Revival):
    """The flow hospital as the engine runs it (StaffedFlowHospital)."""

    @abstractmethod
    def after_step(self, flow: LiveFlow) -> list[Effect]:
        """Nothing of the flow is being committed any more: what was wanted meanwhile."""

    def failed(self, step: Step, error: Exception) -> list[Effect]:
        """The database refused a flow's step: undo it, and let the hospital decide.

        Raises:
            FlowEngineError: it refused the engine's own rows; memory and database have parted, so
                that the process must start again from the database.
        """
        for undo in reversed(step.on_rollback):
            undo()
        if step.flow_id is None:
            raise FlowEngineError(f"The database refuses the engine's rows: {error}") from error
        flow = self.flows.get(step.flow_id)
        if flow is None:
            return []
        flow.in_flight, flow.finished = None, False
        self.unsend(flow, step)
        self.discard_pending(flow)
        if flow.status is FlowStatus.PAUSED:
            return self.take_effects()
        self._treat(flow, Patient(flow.start.flow_class, error, flow.discharges))
        for session_id in flow.sessions:
            self.take_early(session_id)
        return [*self.after_step(flow), *self.take_effects()]

    def crashed(self, flow: LiveFlow, error: BaseException, marks: Sequence[Mark]) -> None:
        """The flow's code raised.

        As in Corda, where each send is a checkpoint, what a failing flow did up to its last send
        counts. A flow that will run this step again does all of it again.
        """
        context = None if flow.machine is None else flow.machine.context
        patient = Patient(
            flow.start.flow_class,
            error,
            flow.discharges,
            receiving_finality=context is not None and context.at_stake is error,
        )
        if diagnose(patient) is not Outcome.UNTREATABLE:
            marks[0].rollback()
            if flow.pending is not None and not flow.pending.batch:
                # nothing to commit: an empty step would count as progress since the last discharge
                self.discard_pending(flow)
            self._treat(flow, patient)
            return
        marks[-1].rollback()
        ops = () if flow.machine is None else flow.machine.ops
        self.end(flow, FlowStatus.FAILED, error, ops)

    def _treat(self, flow: LiveFlow, patient: Patient) -> None:
        outcome = diagnose(patient)
        if outcome is Outcome.DISCHARGE:
            delay = back_off_seconds(flow.discharges)
            flow.discharges += 1
            self.park(flow, FlowStatus.HOSPITALIZED, patient.error)
            self._immediate.append(RetryEffect(flow.flow_id, delay))
        elif outcome is Outcome.OVERNIGHT_OBSERVATION:
            self.counters.hospitalized += 1
            self.park(flow, FlowStatus.HOSPITALIZED, patient.error)
        else:
            self.end(flow, FlowStatus.FAILED, patient.error)

    def park(self, flow: LiveFlow, status: FlowStatus, error: BaseException | None) -> None:
        """Keep the flow without its code; messages for it are journaled all the same."""
        machine, flow.machine = flow.machine, None
        if machine is not None:
            _remember_sessions(flow, machine)
            machine.stop()
        flow.status, flow.error, flow.armed_step = status, error, -1
        step = self.shared_step()
        batch = step.batch
        self.services.end_fetches(step, flow.flow_id)
        rows.status_changed(batch, flow.flow_id, status)
        if error is not None:
            rows.exception_kept(batch, flow.flow_id, error, self.services.now_ns())

    def end(
        self,
        flow: LiveFlow,
        status: FlowStatus,
        error: BaseException,
        ops: tuple[FlowOp, ...] = (),
    ) -> None:
        """A flow fails or is killed: tell its peers, release what it holds, remove its journal.

        `ops` is what its code did to its sessions since its last suspension.
        """
        step = self.step_of(flow)
        if flow.machine is not None:
            machine = flow.machine
            last = LastState(
                self.journal_of(flow), machine.state, machine.senders, (), complete=True
            )
        else:
            last = self.last_state(flow)
        error_id = int.from_bytes(self.services.entropy(8), "big") >> 1
        self._tell_peers(flow, last, step, Raised(error_message(error, error_id), ops))
        if flow.machine is not None:
            flow.machine.stop()
        flow.unconfirmed.clear()
        flow.finished, flow.status, flow.error, flow.machine = True, status, error, None
        flow.wanted = Wanted.NOTHING
        self.counters.failed += 1
        self.services.release_locks(step)
        keep = flow.start.client_id is not None
        if keep:
            rows.exception_kept(step.batch, flow.flow_id, error, self.services.now_ns())
        else:
            rows.exception_cleared(step.batch, flow.flow_id)
        rows.status_changed(step.batch, flow.flow_id, status)
        rows.forgotten(step.batch, flow.flow_id, keep_outcome=keep)
        step.effects.append(self.ended(flow, None, error))

    def _tell_peers(self, flow: LiveFlow, last: LastState, step: Step, raised: Raised) -> None:
        """What the flow has sent and what its peers have to know outlives it in the outbox."""
        for recipient, wire in flow.unconfirmed.values():
            self.move_to_outbox(step, wire, recipient)
        for outgoing in last.sends:
            if encode(outgoing.message_id, outgoing.message).message_id not in flow.unconfirmed:
                self.post(outgoing, step)
        state, actions = transition(last.state, raised)
        for action in actions:
            if isinstance(action, Send):
                outgoing = action.outgoing
                self.post(outgoing if last.complete else _placeless(outgoing), step)
        for session in state.sessions.values():
            # of an unreadable journal nobody knows whether the peer has confirmed already
            if not last.journal.unreadable:
                self.say_farewell(session, last_words(session, complete=last.complete), step)
        for outgoing in _unreplayed(last, raised.error):
            self.post(outgoing, step)


def _remember_sessions(flow: LiveFlow, machine: FlowMachine) -> None:
    for session_id, session in machine.state.sessions.items():
        flow.next_seq[session_id] = session.receive_seq
        flow.reopened[session_id] = session.generation
        if session.peer_session_id is not None:
            flow.peers[session_id] = session.peer.owning_key.encoded


def _placeless(outgoing: Outgoing) -> Outgoing:
    """An error of a flow that can't be replayed: it doesn't know how much it has sent."""
    message = outgoing.message
    if not isinstance(message, ExistingSessionMessage):
        return outgoing
    moved = ExistingSessionMessage(message.recipient_session_id, LAST_SEQ, message.payload)
    return Outgoing(outgoing.recipient, outgoing.message_id, moved)


def _unreplayed(last: LastState, error: ErrorSessionMessage) -> list[Outgoing]:
    """The error for sessions that the replay didn't come to, where their peer has confirmed."""
    found = []
    for record in last.journal.messages:
        party = last.senders.get(record.sender_key)
        confirm = record.payload
        if not isinstance(confirm, ConfirmSessionMessage) or party is None:
            continue
        if record.session_id not in last.state.sessions:
            peer_id = confirm.initiated_session_id
            message = ExistingSessionMessage(peer_id, LAST_SEQ, error)
            found.append(Outgoing(party, error_id_of(error.error_id, peer_id), message))
    return found
