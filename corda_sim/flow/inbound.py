"""Messages from peers: session-inits, and what follows on open sessions."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from corda_sim.core.errors import DecodeError
from corda_sim.core.identity import Party
from corda_sim.flow import rows
from corda_sim.flow.effects import AckEffect, SendEffect, Step
from corda_sim.flow.events import Accept, Duplicate, Early, MessageArrived, Refuse
from corda_sim.flow.journal import (
    LAST_SEQ,
    REOPEN_SEQ,
    MessageRecord,
    SessionOrigin,
    StartRecord,
)
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.logic import FlowLogic
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
from corda_sim.flow.responder import UnboundSession, origin_party, responder_session_id
from corda_sim.flow.runner import machine_of
from corda_sim.flow.services import EngineServices
from corda_sim.flow.sessions import arrive
from corda_sim.flow.settings import EngineSettings
from corda_sim.flow.state import Outgoing
from corda_sim.flow.transitions import transition
from corda_sim.flow.waits import FlowWaits
from corda_sim.flow.wire_message import WireMessage

_EarlyMessage = tuple[Party, WireMessage, ExistingSessionMessage, object]


class Inbound(FlowWaits):
    """Journals each message once, in the commit that precedes its acknowledgement."""

    def __init__(
        self, services: EngineServices, registry: FlowRegistry, settings: EngineSettings
    ) -> None:
        super().__init__(services, registry, settings)
        self._early: dict[int, dict[int, list[_EarlyMessage]]] = {}
        self._taken: set[str] = set()

    def on_message(self, sender: Party, wire: WireMessage, delivery: object) -> None:
        """Take a message of an authenticated sender; it is acknowledged after its commit."""
        try:
            message = decode(wire)
        except DecodeError:
            self._refuse(delivery)
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
        self._take_once(wire.message_id, step)
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

    def _take_once(self, message_id: str, step: Step) -> None:
        """Until its row is committed the session-init is known by memory."""
        self._taken.add(message_id)
        step.on_commit.append(lambda: self._taken.discard(message_id))

    def take_kept_init(self, sender: Party, wire: WireMessage) -> None:
        """Run a session-init that was kept while the node drained or lacked the CorDapp."""
        message = decode(wire)
        if not isinstance(message, InitialSessionMessage):
            return
        if wire.message_id in self._taken:
            return  # begun already; its row goes with the next commit
        if self.registry.responder_to(message.initiator_flow_class_name):
            step, key = self.shared_step(), {"message_id": wire.message_id}
            step.batch.delete("node_session_inits", key)
            self._take_once(wire.message_id, step)
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
        rows.init_taken(self.shared_step().batch, wire.message_id, sender, now)
        flow = self.admit(_flow_id(self.services.entropy(16)), start)
        self.begin(flow, self.logic_of(start))

    def logic_of(self, start: StartRecord) -> FlowLogic[Any]:
        """The flow's code, from its start as journaled."""
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
        self.post(Outgoing(sender, name, answer), self.shared_step())

    def post(self, outgoing: Outgoing, step: Step) -> None:
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
        """Acknowledge with the next commit: the first copy's own may still be under way."""
        self.counters.duplicates += 1
        self.shared_step().effects.append(AckEffect(delivery))

    def _on_existing(
        self, sender: Party, wire: WireMessage, message: ExistingSessionMessage, delivery: object
    ) -> None:
        if self._take(sender, wire, message, delivery):
            self._take_early(message.recipient_session_id)

    def _take(
        self, sender: Party, wire: WireMessage, message: ExistingSessionMessage, delivery: object
    ) -> bool:
        """Whether the message was accepted, so that one kept early may follow it."""
        session_id = message.recipient_session_id
        flow = self.flows.get(self.by_session.get(session_id, ""))
        if flow is None or (flow.finished and flow.machine is None):
            self._unknown_session(sender, message)
            self._duplicate(delivery)
            return False
        if flow.machine is None or session_id not in flow.machine.state.sessions:
            return self._accept_parked(flow, sender, wire, message, delivery)
        if not self._may_speak(flow, session_id, sender):
            self._refuse(delivery)
            return False
        return self._accept(flow, sender, wire, message, delivery)

    def _refuse(self, delivery: object) -> None:
        self.counters.refused += 1
        self._immediate.append(AckEffect(delivery))

    def _unknown_session(self, sender: Party, message: ExistingSessionMessage) -> None:
        """A session whose flow is gone: its responder, if one begins, is told so."""
        confirm = message.payload
        if isinstance(confirm, ConfirmSessionMessage):
            error_id = confirm.initiated_session_id >> 1
            error = ErrorSessionMessage(None, error_id)
            answer = ExistingSessionMessage(confirm.initiated_session_id, 1, error)
            name = f"E-{error_id}-{confirm.initiated_session_id}"
            self.post(Outgoing(sender, name, answer), self.shared_step())

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
    ) -> bool:
        machine = machine_of(flow)
        now, session_id = self.services.now_ns(), message.recipient_session_id
        event = MessageArrived(session_id, message.seq, message.payload, sender, now)
        if self.settings.reload_checkpoint_after_suspend and not flow.is_idle:
            machine.state, actions = arrive(machine.state, event)
        else:
            machine.state, actions = transition(machine.state, event)
        machine.senders[sender.owning_key.encoded] = sender
        accepted = False
        for action in actions:
            match action:
                case Accept(record):
                    self._journal_message(flow, record, delivery)
                    accepted = True
                case Duplicate():
                    self._duplicate(delivery)
                case Refuse():
                    self._refuse(delivery)
                case Early():
                    self._keep_early((sender, wire, message, delivery))
        self.run(flow, self.perform(flow, actions))
        self.forget_if_done(flow)
        return accepted

    def _journal_message(self, flow: LiveFlow, record: MessageRecord, delivery: object) -> None:
        step = self.shared_step()
        rows.message_accepted(step.batch, flow.flow_id, record)
        flow.uncommitted.append(record)
        step.on_commit.append(lambda: flow.uncommitted.remove(record))
        step.effects.append(AckEffect(delivery))

    def _accept_parked(
        self,
        flow: LiveFlow,
        sender: Party,
        wire: WireMessage,
        message: ExistingSessionMessage,
        delivery: object,
    ) -> bool:
        """Journal a message for a flow without its code: its replay will apply it."""
        session_id, key = message.recipient_session_id, sender.owning_key.encoded
        expected = flow.next_seq.get(session_id, 0)
        seq = self._parked_seq(flow, message)
        if flow.peers.get(session_id, key) != key:
            self._refuse(delivery)
        elif seq < expected:
            self._duplicate(delivery)
        elif expected < seq < REOPEN_SEQ:
            self._keep_early((sender, wire, message, delivery))
        elif expected <= LAST_SEQ:
            if seq in (expected, LAST_SEQ):
                flow.next_seq[session_id] = seq + 1
            record = MessageRecord(session_id, seq, message.payload, self.services.now_ns(), key)
            self._journal_message(flow, record, delivery)
            return True
        return False

    def _parked_seq(self, flow: LiveFlow, message: ExistingSessionMessage) -> int:
        payload, session_id = message.payload, message.recipient_session_id
        too_old = isinstance(payload, RejectSessionMessage) and payload.code is RejectCode.TOO_OLD
        if not too_old or flow.next_seq.get(session_id, 0):
            return message.seq
        generation = flow.reopened.get(session_id, 0)
        flow.reopened[session_id] = generation + 1
        return REOPEN_SEQ + generation

    def _keep_early(self, early: _EarlyMessage) -> None:
        message = early[2]
        kept = self._early.setdefault(message.recipient_session_id, {})
        if message.seq in kept or len(kept) < self.settings.max_early_messages:
            kept.setdefault(message.seq, []).append(early)

    def _take_early(self, session_id: int) -> None:
        while copies := self._next_early(session_id):
            self._take(*copies[0])
            # Not before: to its sender the acknowledgement of any copy is that of the message.
            for copy in copies[1:]:
                self._duplicate(copy[3])

    def _next_early(self, session_id: int) -> list[_EarlyMessage]:
        kept = self._early.get(session_id)
        flow = self.flows.get(self.by_session.get(session_id, ""))
        if not kept or flow is None:
            return []
        session = None if flow.machine is None else flow.machine.state.sessions.get(session_id)
        seq = flow.next_seq.get(session_id, 0) if session is None else session.receive_seq
        return kept.pop(seq, [])

    def drop(self, flow: LiveFlow) -> None:
        """Take a flow out of memory, with the messages that came too early for it."""
        super().drop(flow)
        for session_id in flow.sessions:
            for copies in self._early.pop(session_id, {}).values():
                for early in copies:
                    self._duplicate(early[3])


def _flow_id(drawn: bytes) -> str:
    return str(UUID(bytes=drawn, version=4))
