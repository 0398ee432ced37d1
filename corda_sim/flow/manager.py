"""The whole manager: messages from peers, failures, and the life cycle of flows."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from corda_sim.core.errors import DecodeError
from corda_sim.core.identity import Party
from corda_sim.flow import rows
from corda_sim.flow.effects import AckEffect, Effect, FlowEnded, RetryEffect, SendEffect, Step
from corda_sim.flow.errors import (
    FlowException,
    FlowReplayError,
    KilledFlowException,
    UnknownFlowIdException,
)
from corda_sim.flow.events import (
    Accept,
    Duplicate,
    Early,
    MessageArrived,
    Raised,
    Refuse,
    ResumeWith,
    Send,
)
from corda_sim.flow.hospital import Outcome, Patient, back_off_seconds, diagnose
from corda_sim.flow.journal import (
    Begin,
    FlowJournal,
    MessageRecord,
    SessionOrigin,
    StartRecord,
)
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.machine import Finished, FlowMachine, error_message
from corda_sim.flow.messages import (
    ConfirmSessionMessage,
    ErrorSessionMessage,
    ExistingSessionMessage,
    InitialSessionMessage,
    RejectCode,
    RejectSessionMessage,
    decode,
    encode,
)
from corda_sim.flow.registry import FlowRegistry
from corda_sim.flow.replay import Replayer
from corda_sim.flow.responder import (
    UnboundSession,
    open_responder,
    origin_party,
    responder_session_id,
)
from corda_sim.flow.runner import FlowRunner
from corda_sim.flow.services import EngineServices
from corda_sim.flow.sessions import arrive
from corda_sim.flow.settings import EngineSettings
from corda_sim.flow.state import FlowStatus, Outgoing
from corda_sim.flow.transitions import transition
from corda_sim.flow.wire_message import WireMessage

_EarlyMessage = tuple[Party, WireMessage, object]


class StateMachineManager(FlowRunner):
    """Flows of one node, from their start to the confirmation of their last message."""

    def __init__(
        self, services: EngineServices, registry: FlowRegistry, settings: EngineSettings
    ) -> None:
        super().__init__(services, registry, settings)
        self._early: dict[tuple[int, int], _EarlyMessage] = {}
        self._taken: set[str] = set()
        self.on_crash = self._crashed

    # --- messages -----------------------------------------------------------------------------

    def on_message(self, sender: Party, wire: WireMessage, delivery: object) -> None:
        """Take a message of an authenticated sender; it is acknowledged after its commit."""
        try:
            message = decode(wire)
        except DecodeError:
            self.counters.refused += 1
            self._immediate.append(AckEffect(delivery))
            return
        if isinstance(message, InitialSessionMessage):
            self._on_init(sender, wire, message, delivery)
        else:
            self._on_existing(sender, wire, message, delivery)

    def _on_init(
        self, sender: Party, wire: WireMessage, message: InitialSessionMessage, delivery: object
    ) -> None:
        if self.services.message_seen(wire.message_id) or wire.message_id in self._taken:
            self._duplicate(delivery)
            return
        now = self.services.now_ns()
        step = self.shared_step()
        step.effects.append(AckEffect(delivery))
        if message.time < now - self.settings.message_retention:
            text = "The session-init is older than this node remembers"
            self._reject(sender, message, text, RejectCode.TOO_OLD)
        elif not self.draining and self.registry.responder_to(message.initiator_flow_class_name):
            self._start_responder(sender, wire, message)
        elif not self.draining and self.registry.knows(message.initiator_flow_class_name):
            rows.init_taken(step.batch, wire.message_id, sender, now)
            text = f"{message.initiator_flow_class_name} is not registered"
            self._reject(sender, message, text, RejectCode.NOT_REGISTERED)
        else:
            reason = "draining" if self.draining else "unknown flow"
            rows.init_taken(step.batch, wire.message_id, sender, now)
            rows.init_kept(step.batch, wire, sender, reason, now)

    def take_kept_init(self, sender: Party, wire: WireMessage) -> None:
        """Run a session-init that was kept while the node drained or lacked the CorDapp."""
        message = decode(wire)
        if not isinstance(message, InitialSessionMessage):
            return
        if self.registry.responder_to(message.initiator_flow_class_name):
            key = {"message_id": wire.message_id}
            self.shared_step().batch.delete("node_session_inits", key)
            self._start_responder(sender, wire, message)

    def _start_responder(
        self, sender: Party, wire: WireMessage, message: InitialSessionMessage
    ) -> None:
        responder = self.registry.responder_to(message.initiator_flow_class_name)
        if responder is None:
            raise AssertionError("checked by the caller")
        seed, now = self.services.entropy(32), self.services.now_ns()
        origin = SessionOrigin(
            wire.message_id,
            responder_session_id(seed),
            str(sender.name),
            sender.owning_key.encoded,
            message.initiator_session_id,
            message.initiation_entropy,
            message.flow_version,
            message.app_name,
            message.first_payload,
        )
        start = StartRecord(responder.flow_name, b"", seed, now, str(sender), None, origin)
        self._taken.add(wire.message_id)
        step = self.shared_step()
        rows.init_taken(step.batch, wire.message_id, sender, now)
        step.on_commit.append(lambda: self._taken.discard(wire.message_id))
        flow = self._admit(_flow_id(self.services.entropy(16)), start)
        self._begin(flow, self._logic_of(start))

    def _logic_of(self, start: StartRecord) -> FlowLogic[Any]:
        if start.origin is None:
            return self.registry.create(start.flow_class, start.arguments)
        session = UnboundSession(start.origin.session_id, origin_party(start.origin))
        return self.registry.find(start.flow_class)(session)

    def _reject(
        self, sender: Party, message: InitialSessionMessage, text: str, code: RejectCode
    ) -> None:
        error_id = int.from_bytes(self.services.entropy(8), "big") >> 1
        payload = RejectSessionMessage(text, error_id, code)
        answer = ExistingSessionMessage(message.initiator_session_id, 0, payload)
        name = f"E-{error_id}-{message.initiator_session_id}"
        self._post(Outgoing(sender, name, answer), self.shared_step())

    def _post(self, outgoing: Outgoing, step: Step) -> None:
        """Send a message that belongs to no flow: a row until it is confirmed."""
        wire = encode(outgoing.message_id, outgoing.message)
        rows.to_outbox(step.batch, wire, outgoing.recipient, self.services.now_ns())
        step.effects.append(SendEffect(outgoing.recipient, wire, wire.message_id))

    def resend_outbox(self, messages: Iterable[tuple[Party, WireMessage]]) -> None:
        """After a restart: send the outbox again."""
        for recipient, wire in messages:
            self.counters.resent += 1
            self._immediate.append(SendEffect(recipient, wire, wire.message_id))

    def _duplicate(self, delivery: object) -> None:
        self.counters.duplicates += 1
        self._immediate.append(AckEffect(delivery))

    def _on_existing(
        self, sender: Party, wire: WireMessage, message: ExistingSessionMessage, delivery: object
    ) -> None:
        session_id = message.recipient_session_id
        flow = self.flows.get(self.by_session.get(session_id, ""))
        if flow is None:
            self._unknown_session(sender, message)
            self._duplicate(delivery)
        elif flow.machine is None or session_id not in flow.machine.state.sessions:
            self._accept_parked(flow, sender, message, delivery)
        elif not self._may_speak(flow, session_id, sender):
            self.counters.refused += 1
            self._immediate.append(AckEffect(delivery))
        else:
            self._accept(flow, sender, wire, message, delivery)
            self._take_early(session_id)

    def _unknown_session(self, sender: Party, message: ExistingSessionMessage) -> None:
        """A session whose flow is gone: its responder, if one begins, is told so."""
        confirm = message.payload
        if isinstance(confirm, ConfirmSessionMessage):
            error_id = confirm.initiated_session_id >> 1
            error = ErrorSessionMessage(None, error_id)
            answer = ExistingSessionMessage(confirm.initiated_session_id, 1, error)
            name = f"E-{error_id}-{confirm.initiated_session_id}"
            self._post(Outgoing(sender, name, answer), self.shared_step())

    def _may_speak(self, flow: LiveFlow, session_id: int, sender: Party) -> bool:
        session = flow.machine.state.sessions[session_id]  # type: ignore[union-attr]
        return session.peer == sender or (
            session.peer_session_id is None and self.services.acts_for(sender, session.peer)
        )

    def _accept(
        self,
        flow: LiveFlow,
        sender: Party,
        wire: WireMessage,
        message: ExistingSessionMessage,
        delivery: object,
    ) -> None:
        machine = flow.machine
        if machine is None:
            return
        event = MessageArrived(
            message.recipient_session_id,
            message.seq,
            message.payload,
            sender,
            self.services.now_ns(),
        )
        if self.settings.reload_checkpoint_after_suspend and not flow.is_idle:
            state, actions = arrive(machine.state, event)
        else:
            state, actions = transition(machine.state, event)
        machine.state = state
        for action in actions:
            match action:
                case Accept(record):
                    machine.senders[sender.owning_key.encoded] = sender
                    self._journal_message(flow, record, delivery)
                case Duplicate():
                    self._duplicate(delivery)
                case Refuse():
                    self.counters.refused += 1
                    self._immediate.append(AckEffect(delivery))
                case Early():
                    self._keep_early(sender, wire, message, delivery)
        self.run(flow, self._perform(flow, actions))
        self.forget_if_done(flow)

    def _journal_message(self, flow: LiveFlow, record: MessageRecord, delivery: object) -> None:
        step = self.shared_step()
        rows.message_accepted(step.batch, flow.flow_id, record)
        flow.uncommitted.append(record)
        step.on_commit.append(lambda: flow.uncommitted.remove(record))
        step.effects.append(AckEffect(delivery))

    def _accept_parked(
        self, flow: LiveFlow, sender: Party, message: ExistingSessionMessage, delivery: object
    ) -> None:
        session_id, seq = message.recipient_session_id, message.seq
        expected = flow.next_seq.get(session_id, 0)
        if seq != expected:
            self._duplicate(delivery)
            return
        flow.next_seq[session_id] = seq + 1
        now, key = self.services.now_ns(), sender.owning_key.encoded
        record = MessageRecord(session_id, seq, message.payload, now, key)
        self._journal_message(flow, record, delivery)

    def _keep_early(
        self, sender: Party, wire: WireMessage, message: ExistingSessionMessage, delivery: object
    ) -> None:
        if len(self._early) < self.settings.max_early_messages:
            key = (message.recipient_session_id, message.seq)
            self._early[key] = (sender, wire, delivery)

    def _take_early(self, session_id: int) -> None:
        flow = self.flows.get(self.by_session.get(session_id, ""))
        if flow is None or flow.machine is None or not self._early:
            return
        session = flow.machine.state.sessions.get(session_id)
        kept = None if session is None else self._early.pop((session_id, session.receive_seq), None)
        if kept is not None:
            self.on_message(*kept)

    # --- failures -----------------------------------------------------------------------------

    def failed(self, step: Step, error: Exception) -> list[Effect]:
        """The database refused a flow's step: undo it, and let the hospital decide."""
        for undo in reversed(step.on_rollback):
            undo()
        flow = None if step.flow_id is None else self.flows.get(step.flow_id)
        if flow is None:
            return []
        flow.in_flight = None
        self._unsend(flow, step)
        self._discard_pending(flow)
        flow.finished = False
        self._treat(
            flow, Patient(flow.start.flow_class, error, flow.discharges, from_database=True)
        )
        return self.take_effects()

    def _discard_pending(self, flow: LiveFlow) -> None:
        if flow.pending is not None:
            for undo in reversed(flow.pending.on_rollback):
                undo()
            self._queue.remove(flow.pending)
            self._unsend(flow, flow.pending)
            flow.pending = None

    def _unsend(self, flow: LiveFlow, step: Step) -> None:
        """The messages of a step that is undone never leave."""
        for effect in step.effects:
            if isinstance(effect, SendEffect):
                flow.unconfirmed.pop(effect.token, None)
                self._sent_by.pop(effect.token, None)

    def _crashed(self, flow: LiveFlow, error: BaseException) -> None:
        from_peer = isinstance(error, FlowException) and error.original_error_id is not None
        receiving = bool(
            getattr(flow.machine and flow.machine.context, "receiving_finality", False)
        )
        patient = Patient(
            flow.start.flow_class,
            error,
            flow.discharges,
            receiving_finality=receiving,
            from_peer=from_peer,
        )
        self._treat(flow, patient)

    def _treat(self, flow: LiveFlow, patient: Patient) -> None:
        outcome = diagnose(patient)
        if outcome is Outcome.DISCHARGE:
            delay = back_off_seconds(flow.discharges)
            flow.discharges += 1
            self._park(flow, FlowStatus.HOSPITALIZED, patient.error)
            self._immediate.append(RetryEffect(flow.flow_id, delay))
        elif outcome is Outcome.OVERNIGHT_OBSERVATION:
            self.counters.hospitalized += 1
            self._park(flow, FlowStatus.HOSPITALIZED, patient.error)
        else:
            self._end(flow, FlowStatus.FAILED, patient.error)

    def _park(self, flow: LiveFlow, status: FlowStatus, error: BaseException | None) -> None:
        """Keep the flow without its code; messages for it are journaled all the same."""
        machine, flow.machine = flow.machine, None
        if machine is not None:
            flow.next_seq = {i: s.receive_seq for i, s in machine.state.sessions.items()}
            machine.stop()
        flow.status, flow.error, flow.armed_step = status, error, -1
        batch = self.shared_step().batch
        rows.status_changed(batch, flow.flow_id, status)
        if error is not None:
            rows.exception_kept(batch, flow.flow_id, error, self.services.now_ns())

    def _end(self, flow: LiveFlow, status: FlowStatus, error: BaseException) -> None:
        """A flow fails or is killed: tell its peers, release what it holds, forget it."""
        step = self.step_of(flow)
        machine = flow.machine or self._last_state(flow)
        if machine is not None:
            self._tell_peers(flow, machine, step, error)
            machine.stop()
        flow.unconfirmed.clear()
        flow.finished, flow.status, flow.error, flow.machine = True, status, error, None
        self.counters.failed += 1
        self.services.release_locks(step)
        if flow.start.client_id is not None:
            rows.exception_kept(step.batch, flow.flow_id, error, self.services.now_ns())
        rows.status_changed(step.batch, flow.flow_id, status)
        step.effects.append(FlowEnded(flow.flow_id, None, error))

    def _tell_peers(
        self, flow: LiveFlow, machine: FlowMachine, step: Step, error: BaseException
    ) -> None:
        """What the flow has sent and what its peers have to know outlives it in the outbox."""
        now = self.services.now_ns()
        for recipient, wire in flow.unconfirmed.values():
            rows.to_outbox(step.batch, wire, recipient, now)
            self._sent_by.pop(wire.message_id, None)
        error_id = int.from_bytes(self.services.entropy(8), "big") >> 1
        _, actions = transition(machine.state, Raised(error_message(error, error_id)))
        for action in actions:
            if isinstance(action, Send):
                self._post(action.outgoing, step)

    def _last_state(self, flow: LiveFlow) -> FlowMachine | None:
        """The sessions of a parked flow, as far as its code can still be replayed."""
        journal = self.services.load_journal(flow.flow_id)
        if journal is None:
            return None
        machine = self.machine_for(flow, self._logic_of(journal.start))
        open_responder(machine)
        with suppress(Exception):
            Replayer(machine, journal).run()
        return machine

    # --- life cycle ---------------------------------------------------------------------------

    def kill(self, flow_id: str) -> None:
        """End a flow from outside."""
        flow = self._known(flow_id)
        self._end(flow, FlowStatus.KILLED, KilledFlowException(f"Flow {flow_id} was killed"))

    def pause(self, flow_id: str) -> None:
        """Stop a flow until it is resumed, over restarts too."""
        flow = self._known(flow_id)
        self._discard_pending(flow)
        self._park(flow, FlowStatus.PAUSED, None)

    def retry(self, flow_id: str) -> list[Effect]:
        """Run a parked flow again from its journal."""
        flow = self._known(flow_id)
        if flow.machine is not None or not flow.is_idle:
            return []
        batch = self.shared_step().batch
        rows.exception_cleared(batch, flow_id)
        rows.status_changed(batch, flow_id, FlowStatus.RUNNABLE)
        flow.status, flow.error = FlowStatus.RUNNABLE, None
        self.reload(flow)
        return [*self.take_effects(), *self.arm(flow)]

    def _known(self, flow_id: str) -> LiveFlow:
        flow = self.flows.get(flow_id)
        if flow is None or flow.finished:
            raise UnknownFlowIdException(f"No running flow has the id {flow_id}")
        return flow

    def recover(self, journal: FlowJournal) -> list[Effect]:
        """After a restart: bring a flow back from its journal and send its messages again."""
        flow = LiveFlow(journal.flow_id, journal.start, FlowStatus(journal.status))
        self.flows[flow.flow_id] = flow
        if journal.start.client_id is not None:
            self.by_client_id[journal.start.client_id] = flow.flow_id
        self._register_sessions(flow, journal)
        if flow.status is FlowStatus.PAUSED:
            return []
        self._rebuild(flow, journal, resend=True)
        return [*self.take_effects(), *self.arm(flow)]

    def _register_sessions(self, flow: LiveFlow, journal: FlowJournal) -> None:
        flow.sessions.update(i for step in journal.steps for i in step.opened)
        if journal.start.origin is not None:
            flow.sessions.add(journal.start.origin.session_id)
            flow.next_seq[journal.start.origin.session_id] = 1
        for record in journal.messages:
            flow.next_seq[record.session_id] = record.seq + 1
        for session_id in flow.sessions:
            self.by_session[session_id] = flow.flow_id

    def reload(self, flow: LiveFlow) -> None:
        """Drop the flow's code and rebuild it from the database."""
        journal = self.services.load_journal(flow.flow_id)
        if journal is None:
            raise UnknownFlowIdException(f"Flow {flow.flow_id} has no journal")
        self._rebuild(flow, journal, resend=False)

    def _rebuild(self, flow: LiveFlow, journal: FlowJournal, *, resend: bool) -> None:
        if flow.machine is not None:
            flow.machine.stop()
        known = {(record.session_id, record.seq) for record in journal.messages}
        late = [r for r in flow.uncommitted if (r.session_id, r.seq) not in known]
        merged = FlowJournal(
            journal.flow_id,
            journal.start,
            journal.steps,
            (*journal.messages, *late),
            journal.status,
        )
        try:
            self._replay(flow, merged, resend=resend)
        except Exception as error:  # noqa: BLE001 - a flow that can't be rebuilt waits for its operator
            self._park(flow, FlowStatus.HOSPITALIZED, _replay_error(flow, error))
            self.counters.hospitalized += 1

    def _replay(self, flow: LiveFlow, journal: FlowJournal, *, resend: bool) -> None:
        machine = self.machine_for(flow, self._logic_of(journal.start))
        for record in journal.messages:
            party = self.services.party_of_key(record.sender_key)
            if party is not None:
                machine.senders[record.sender_key] = party
        replayer = Replayer(machine, journal)
        replayer.sends.extend(open_responder(machine))
        outcome = replayer.run()
        flow.machine, flow.armed_step = machine, -1
        self._opened(flow)
        if resend:
            self.counters.replayed += 1
            flow.replayed = True
            self._resend(flow, replayer.sends)
        if outcome is None:
            self.run(flow, ResumeWith(Begin()))
        elif isinstance(outcome, Finished):
            flow.finished, flow.status = True, FlowStatus.COMPLETED
            self.forget_if_done(flow)

    def _resend(self, flow: LiveFlow, sends: list[Outgoing]) -> None:
        for outgoing in sends:
            wire = encode(outgoing.message_id, outgoing.message)
            flow.unconfirmed[wire.message_id] = (outgoing.recipient, wire)
            self._sent_by[wire.message_id] = flow.flow_id
            self.counters.resent += 1
            self._immediate.append(SendEffect(outgoing.recipient, wire, wire.message_id))


def _replay_error(flow: LiveFlow, error: Exception) -> Exception:
    if isinstance(error, FlowReplayError):
        return error
    return FlowReplayError(
        flow.flow_id, -1, "a flow that can be rebuilt", f"{type(error).__name__}: {error}"
    )


def _flow_id(drawn: bytes) -> str:
    return str(UUID(bytes=drawn, version=4))
