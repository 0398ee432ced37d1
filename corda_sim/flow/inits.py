"""Session-inits: run, rejected, or kept until their flow may run."""

from typing import Any
from uuid import UUID

from corda_sim.core.identity import Party
from corda_sim.flow import rows
from corda_sim.flow.effects import AckEffect, Notification, SendEffect, SessionInitKept, Step
from corda_sim.flow.errors import UnknownFlowIdException
from corda_sim.flow.journal import SessionOrigin, StartRecord
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.messages import (
    ExistingSessionMessage,
    InitialSessionMessage,
    RejectCode,
    RejectSessionMessage,
    decode,
    encode,
)
from corda_sim.flow.registry import FlowRegistry
from corda_sim.flow.responder import UnboundSession, origin_party, responder_session_id
from corda_sim.flow.services import EngineServices
from corda_sim.flow.settings import EngineSettings
from corda_sim.flow.state import Outgoing
from corda_sim.flow.waits import FlowWaits
from corda_sim.flow.wire_message import WireMessage

DRAINING = "draining"
UNKNOWN_FLOW = "unknown flow"


class SessionInits(FlowWaits):
    """Each session-init is taken once, in the commit that precedes its acknowledgement."""

    def __init__(
        self, services: EngineServices, registry: FlowRegistry, settings: EngineSettings
    ) -> None:
        super().__init__(services, registry, settings)
        self._taken: set[str] = set()

    def on_init(
        self, sender: Party, wire: WireMessage, message: InitialSessionMessage, delivery: object
    ) -> None:
        """Take a session-init of an authenticated sender."""
        if self.services.message_seen(wire.message_id) or wire.message_id in self._taken:
            self.duplicate(delivery)
            return
        now = self.services.now_ns()
        step = self.shared_step()
        step.effects.append(AckEffect(delivery))
        self._take_once(wire.message_id, step)
        if message.time < now - self.settings.message_retention:
            text = "The session-init is older than this node remembers"
            self._reject(sender, message, text, RejectCode.TOO_OLD)
            return
        rows.init_taken(step.batch, wire.message_id, sender, now)
        reason = DRAINING if self.draining else self._run_or_reject(sender, wire, message)
        if reason is not None:
            rows.init_kept(step.batch, wire, sender, reason, now)
            kept = SessionInitKept(
                wire.message_id, sender, message.initiator_flow_class_name, reason
            )
            step.effects.append(Notification(None, kept))

    def _run_or_reject(
        self, sender: Party, wire: WireMessage, message: InitialSessionMessage
    ) -> str | None:
        """Why the init has to be kept, or None when it was answered."""
        name = message.initiator_flow_class_name
        if self.registry.responder_to(name):
            self._start_responder(sender, wire, message)
        elif self.registry.knows(name):
            self._reject(sender, message, f"{name} is not registered", RejectCode.NOT_REGISTERED)
        else:
            return UNKNOWN_FLOW
        return None

    def _take_once(self, message_id: str, step: Step) -> None:
        """Until its row is committed the session-init is known by memory."""
        self._taken.add(message_id)
        step.on_commit.append(lambda: self._taken.discard(message_id))

    def take_kept_init(self, sender: Party, wire: WireMessage) -> None:
        """Run a session-init that was kept while the node drained or lacked the CorDapp."""
        if wire.message_id in self._taken:
            return  # begun or dropped already; its row goes with the next commit
        if self._run_or_reject(sender, wire, _init(wire)) is None:
            self._let_go(wire)

    def kill_kept_init(self, sender: Party, wire: WireMessage) -> bool:
        """Drop a session-init that is kept; its sender is told (dropSessionInit).

        False when it was begun, or dropped, since the last commit.
        """
        if wire.message_id in self._taken:
            return False
        self._let_go(wire)
        self._reject(sender, _init(wire), "Unable to establish session", RejectCode.KILLED)
        return True

    def _let_go(self, wire: WireMessage) -> None:
        step = self.shared_step()
        rows.init_dropped(step.batch, wire.message_id)
        self._take_once(wire.message_id, step)

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
        flow = self.admit(_flow_id(self.services.entropy(16)), start, rows.START_SESSION)
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

    def duplicate(self, delivery: object) -> None:
        """Acknowledge with the next commit: the first copy's own may still be under way."""
        self.counters.duplicates += 1
        self.shared_step().effects.append(AckEffect(delivery))


def _init(wire: WireMessage) -> InitialSessionMessage:
    message = decode(wire)
    if not isinstance(message, InitialSessionMessage):
        raise UnknownFlowIdException(f"{wire.message_id} is no session-init")
    return message


def _flow_id(drawn: bytes) -> str:
    return str(UUID(bytes=drawn, version=4))
