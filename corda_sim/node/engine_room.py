"""What node, MockNetwork and simulator share: a manager over a database, recovery and effects."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from corda_sim.core.errors import CordaError, IllegalStateError
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.instants import instant
from corda_sim.flow.effects import (
    AckEffect,
    Effect,
    ExternalEffect,
    FlowEnded,
    Notification,
    RetryEffect,
    SendEffect,
    SessionInitKept,
    TimerEffect,
)
from corda_sim.flow.fetches import FETCHES_TOPIC
from corda_sim.flow.inits import UNKNOWN_FLOW
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.logs import of_flow
from corda_sim.flow.manager import StateMachineManager
from corda_sim.flow.service_hub import COINS_TOPIC
from corda_sim.flow.state import FlowStatus
from corda_sim.node.checkpoints import DRAINING_PROPERTY, StoredMessage
from corda_sim.node.crash import CrashPoint, hit
from corda_sim.node.fetches import FetchesEnded
from corda_sim.node.services import ServiceHub
from corda_sim.node.transactions import TransactionRecorded
from corda_sim.node.vault.recorder import VaultUpdate

LOGGER = logging.getLogger(__name__)
Subscriber = Callable[[Notification], None]
_KEPT = (
    "session-init %s of %s from %s is kept (%s). THE REQUEST MAY CONTAIN A NOTARISED TRANSACTION "
    "THAT NEEDS TO BE RECORDED IN YOUR VAULT."
)


@dataclass
class Outside:
    """What the world around the engine does for it; the node's is asynchronous, a test's isn't."""

    send: Callable[[Sequence[SendEffect]], None]
    ack: Callable[[Sequence[object]], None]
    timer: Callable[[TimerEffect], None]
    external: Callable[[ExternalEffect], None]
    retry: Callable[[RetryEffect], None]


@dataclass
class EngineRoom:
    """Carries out effects and brings flows back after a restart."""

    manager: StateMachineManager
    hub: ServiceHub
    outside: Outside
    outcomes: dict[str, list[Callable[[FlowEnded], None]]] = field(default_factory=dict)
    subscribers: list[Subscriber] = field(default_factory=list)
    flows_run: bool = False

    def perform(self, effects: Sequence[Effect]) -> None:
        """Carry out effects in their order of importance: messages, then acknowledgements.

        What flows wait for together is looked at once, after all that a commit has changed.
        """
        if not effects:
            return
        sends = [effect for effect in effects if isinstance(effect, SendEffect)]
        if sends:
            self.outside.send(sends)
        acks = [effect.delivery for effect in effects if isinstance(effect, AckEffect)]
        if acks:
            self.outside.ack(acks)
        for effect in effects:
            self._perform(effect)
        self.manager.try_conditions()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case TimerEffect():
                self.outside.timer(effect)
            case ExternalEffect():
                self.outside.external(effect)
            case RetryEffect():
                self.outside.retry(effect)
            case FlowEnded():
                self._ended(effect)
            case Notification():
                self._notify(effect)
            case _:
                pass

    def _ended(self, ended: FlowEnded) -> None:
        hit(CrashPoint.ON_FINISH)
        _log_outcome(ended)
        for tell in self.outcomes.pop(ended.flow_id, []):
            tell(ended)
        self.manager.changed(COINS_TOPIC)
        self._notify(Notification(ended.flow_id, ended))

    def _notify(self, notification: Notification) -> None:
        if isinstance(notification.value, TransactionRecorded):
            self.manager.ledger_committed(notification.value.tx_id)
        elif isinstance(notification.value, FetchesEnded):
            self.manager.changed(FETCHES_TOPIC)
        elif isinstance(notification.value, VaultUpdate):
            self.manager.changed(COINS_TOPIC)
        elif isinstance(notification.value, SessionInitKept):
            kept = notification.value
            LOGGER.warning(_KEPT, kept.message_id, kept.flow_class, kept.sender, kept.reason)
        for subscriber in list(self.subscribers):
            subscriber(notification)

    def when_ended(self, flow_id: str, tell: Callable[[FlowEnded], None]) -> None:
        """Call `tell` once the flow has its outcome; at once where that is kept already."""
        live = self.manager.flows.get(flow_id)
        ended = live is None or live.finished
        kept = self.hub.checkpoints.outcome(flow_id) if ended else None
        if kept is None:
            self.outcomes.setdefault(flow_id, []).append(tell)
        else:
            tell(kept)

    def purge_message_ids(self, limit: int = 1_000) -> int:
        """Housekeeping, to be called now and then: forget session-inits past their retention."""
        before = instant(self.hub.now_ns() - self.manager.settings.message_retention)
        found = self.hub.checkpoints.message_ids_before(before, limit)
        if found:
            self.manager.purge_message_ids(found)
        return len(found)

    def recover(self) -> list[Effect]:
        """Bring back every flow, the outbox and, unless draining, kept session-inits."""
        effects: list[Effect] = []
        self.manager.draining = self.hub.checkpoints.is_draining()
        for journal in self.hub.checkpoints.unfinished():
            effects.extend(self.manager.recover(journal))
            hit(CrashPoint.MID_RECOVERY)
        self._release_orphaned_locks(self.manager.flows)
        self._resend_outbox()
        if not self.manager.draining:
            self.take_kept_inits()
        effects.extend(self.manager.take_effects())
        return effects

    def start_service_flow(self, logic: FlowLogic[Any]) -> str:
        """Begin a flow of a CorDapp service; its id.

        Raises:
            IllegalStateError: the node's flows don't run yet.
        """
        if not self.flows_run:
            raise IllegalStateError("Flows can be started once the state machine has started.")
        return self.manager.start_flow(logic, "service", by_service=True)

    def start_service_flows(self) -> None:
        """The flows run now: begin those that services start with them (STATE_MACHINE_STARTED)."""
        self.flows_run = True
        for service in self.hub.cordapp_services.values():
            for flow in getattr(service, "flows_at_start", tuple)():
                self.start_service_flow(flow)

    def _release_orphaned_locks(self, live: Iterable[str]) -> None:
        batch = self.hub.vault.release_orphans(set(live))
        if batch:
            self.manager.shared_step().batch.extend(batch)

    def _resend_outbox(self) -> None:
        for party, stored in self._with_parties(self.hub.checkpoints.outbox()):
            self.manager.resend_outbox(party, stored.wire, stored.session_id)

    def _with_parties(
        self, messages: Iterable[StoredMessage]
    ) -> Iterator[tuple[Party, StoredMessage]]:
        """The messages with their other side; one whose party isn't known now waits in its row."""
        for stored in messages:
            party = self.hub.well_known_party(CordaX500Name.parse(stored.party))
            if party is None:
                LOGGER.warning("%s isn't known: its messages wait", stored.party)
            else:
                yield party, stored

    def take_kept_inits(self) -> None:
        """Run the session-inits that were kept, where their flow is installed by now."""
        for party, stored in self._with_parties(self.hub.checkpoints.kept_inits()):
            self.manager.take_kept_init(party, stored.wire)

    def kill_kept_init(self, message_id: str) -> bool:
        """Drop a session-init that is kept, telling its sender; False where there is none."""
        kept = self.hub.checkpoints.kept_inits()
        found = self._with_parties(one for one in kept if one.wire.message_id == message_id)
        return any(self.manager.kill_kept_init(party, stored.wire) for party, stored in found)

    def warn_of_observed(self) -> None:
        """Housekeeping, every minute: name in the log what waits for an operator.

        Source: StaffedFlowHospital, which lists its overnight patients as often.
        """
        for flow in self.manager.flows.values():
            if flow.status is FlowStatus.HOSPITALIZED:
                name, error = flow.start.flow_class, flow.error
                text = "flow %s (%s) is under observation: %s: %s"
                why = (type(error).__name__, error)
                LOGGER.warning(text, flow.flow_id, name, *why, extra=of_flow(flow.flow_id))
        for kept in self.hub.checkpoints.kept_inits():
            if kept.reason == UNKNOWN_FLOW:
                text = "session-init %s from %s is under observation: %s"
                LOGGER.warning(text, kept.wire.message_id, kept.party, kept.reason)

    def set_draining(self, enabled: bool) -> None:
        """Take no new flows, over restarts too; or take them again, kept session-inits first."""
        self.manager.draining = enabled
        row = {"property_key": DRAINING_PROPERTY, "property_value": str(enabled).lower()}
        step = self.manager.shared_step()
        step.batch.upsert("node_properties", ("property_key",), row)
        if not enabled:
            # Not before: the rows of what came last are yet to be committed.
            step.on_commit.append(self.take_kept_inits)


def _log_outcome(ended: FlowEnded) -> None:
    error = ended.error
    if error is None:
        LOGGER.debug("flow completed", extra=of_flow(ended.flow_id))
        return
    # A FlowException is how a flow says no; anything else is a defect to be looked into.
    trace = None if isinstance(error, CordaError) else error
    text = "flow failed: %s: %s"
    LOGGER.warning(text, type(error).__name__, error, exc_info=trace, extra=of_flow(ended.flow_id))
