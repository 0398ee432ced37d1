"""Messages from peers: session-inits are passed on, what follows on open sessions is taken."""

from collections.abc import Sequence
from functools import partial

from corda_sim.core.errors import DecodeError
from corda_sim.core.identity import Party
from corda_sim.flow import rows
from corda_sim.flow.effects import AckEffect, SendEffect, Step
from corda_sim.flow.events import Accept, Duplicate, Early, MessageArrived, Refuse
from corda_sim.flow.farewells import Farewell, Farewells
from corda_sim.flow.inits import SessionInits
from corda_sim.flow.journal import LAST_SEQ, REOPEN_SEQ, MessageRecord
from corda_sim.flow.live import LiveFlow
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
from corda_sim.flow.runner import machine_of
from corda_sim.flow.services import EngineServices
from corda_sim.flow.sessions import arrive
from corda_sim.flow.settings import EngineSettings
from corda_sim.flow.state import Buffered, Outgoing, SessionState
from corda_sim.flow.transitions import transition
from corda_sim.flow.wire_message import WireMessage

_EarlyMessage = tuple[Party, WireMessage, ExistingSessionMessage, object]


class Inbound(SessionInits):
    """Journals each message once, in the commit that precedes its acknowledgement."""

    def __init__(
        self, services: EngineServices, registry: FlowRegistry, settings: EngineSettings
    ) -> None:
        super().__init__(services, registry, settings)
        self.farewells = Farewells()
        self._early: dict[int, dict[int, list[_EarlyMessage]]] = {}

    def on_message(self, sender: Party, wire: WireMessage, delivery: object) -> None:
        """Take a message of an authenticated sender; it is acknowledged after its commit."""
        try:
            message = decode(wire)
        except DecodeError:
            self._refuse(delivery)
            return
        if isinstance(message, InitialSessionMessage):
            self.on_init(sender, wire, message, delivery)
        else:
            self._on_existing(sender, wire, message, delivery)

    def _on_existing(
        self, sender: Party, wire: WireMessage, message: ExistingSessionMessage, delivery: object
    ) -> None:
        if self._take(sender, wire, message, delivery):
            self.take_early(message.recipient_session_id)

    def _take(
        self, sender: Party, wire: WireMessage, message: ExistingSessionMessage, delivery: object
    ) -> bool:
        """Whether the message was accepted, so that one kept early may follow it."""
        session_id = message.recipient_session_id
        farewell = self.farewells.find(session_id)
        if farewell is not None:
            self._answered(farewell, sender, wire, message, delivery)
            return False
        flow = self.flows.get(self.by_session.get(session_id, ""))
        if flow is None or (flow.finished and flow.machine is None):
            self._unknown_session(sender, message)
            self.duplicate(delivery)
            return False
        if flow.machine is None or session_id not in flow.machine.state.sessions:
            return self._accept_parked(flow, sender, wire, message, delivery)
        if not self._may_speak(flow, session_id, sender):
            self._refuse(delivery)
            return False
        return self._accept(flow, sender, wire, message, delivery)

    def _answered(
        self,
        farewell: Farewell,
        sender: Party,
        wire: WireMessage,
        message: ExistingSessionMessage,
        delivery: object,
    ) -> None:
        """A peer answers the session-init of a flow that has ended."""
        if not self._is_peer(sender, farewell.peer):
            self._refuse(delivery)
        elif not farewell.committed:
            self._keep_early((sender, wire, message, delivery))
        else:
            self.shared_step().effects.append(AckEffect(delivery))
            self._take_leave(farewell, sender, message)

    def _take_leave(
        self, farewell: Farewell, sender: Party, message: ExistingSessionMessage
    ) -> None:
        session_id, step = message.recipient_session_id, self.shared_step()
        match message.payload:
            case ConfirmSessionMessage(peer_session_id):
                for outgoing in self.farewells.address(session_id, sender, peer_session_id):
                    wire = encode(outgoing.message_id, outgoing.message)
                    rows.outbox_addressed(step.batch, wire, sender)
                    step.effects.append(SendEffect(sender, wire, wire.message_id))
            case RejectSessionMessage():
                for message_id in farewell.messages:
                    rows.from_outbox(step.batch, message_id)
                self.farewells.remove(session_id)
            case _:
                pass  # nobody is there to hear more

    def say_farewell(self, session: SessionState, words: Sequence[Buffered], step: Step) -> None:
        """Keep messages of a flow that ends with `step` until their peer confirms the session."""
        session_id, peer, now = session.session_id, session.peer, self.services.now_ns()
        for one in words:
            message = ExistingSessionMessage(session_id, one.seq, one.payload)
            wire = encode(one.message_id, message)
            rows.to_outbox(step.batch, wire, peer, now, session_id)
            self.farewells.add(session_id, peer, one.message_id, message, committed=False)
        if words:
            step.on_commit.append(partial(self._farewell_committed, session_id))
            step.on_rollback.append(partial(self.farewells.remove, session_id))

    def _farewell_committed(self, session_id: int) -> None:
        farewell = self.farewells.find(session_id)
        if farewell is not None:
            farewell.committed = True
            self.take_early(session_id)

    def resend_outbox(self, recipient: Party, wire: WireMessage, session_id: int | None) -> None:
        """After a restart: send a message of the outbox again, unless it waits for its session."""
        message = None if session_id is None else decode(wire)
        if session_id is not None and isinstance(message, ExistingSessionMessage):
            add, token = self.farewells.add, wire.message_id
            if not add(session_id, recipient, token, message, committed=True).is_addressed:
                return
        self.counters.resent += 1
        self._immediate.append(SendEffect(recipient, wire, wire.message_id))

    def confirmed(self, token: str) -> None:
        """The receiver's side has the message."""
        super().confirmed(token)
        self.farewells.delivered(token)

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
        if session.peer_session_id is None:
            return self._is_peer(sender, session.peer)
        return session.peer == sender

    def _is_peer(self, sender: Party, peer: Party) -> bool:
        return sender == peer or self.services.acts_for(sender, peer)

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
                    self.duplicate(delivery)
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
        flow.had_messages = True
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
            self.duplicate(delivery)
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

    def take_early(self, session_id: int) -> None:
        """Take the messages that came early and whose turn it is now."""
        while copies := self._next_early(session_id):
            self._take(*copies[0])
            # Not before: to its sender the acknowledgement of any copy is that of the message.
            for copy in copies[1:]:
                self.duplicate(copy[3])

    def _next_early(self, session_id: int) -> list[_EarlyMessage]:
        kept = self._early.get(session_id)
        farewell = self.farewells.find(session_id)
        if kept and farewell is not None:
            return kept.pop(0, []) if farewell.committed else []
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
                    self.duplicate(early[3])
