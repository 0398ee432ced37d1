"""Flows brought back from their journals: after a restart, a retry, or at every suspend."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from corda_sim.core.identity import Party
from corda_sim.flow import rows
from corda_sim.flow.context import session_of_seed
from corda_sim.flow.effects import SendEffect
from corda_sim.flow.errors import (
    CannotBeDeserialisedException,
    CheckpointIncompatibleException,
    CordappNotInstalledException,
    FlowReplayError,
    UnknownFlowException,
)
from corda_sim.flow.events import ResumeWith
from corda_sim.flow.inbound import Inbound
from corda_sim.flow.journal import LAST_SEQ, REOPEN_SEQ, Begin, FlowJournal
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.machine import Finished, FlowMachine
from corda_sim.flow.messages import encode
from corda_sim.flow.replay import Replayer
from corda_sim.flow.responder import open_responder, origin_session
from corda_sim.flow.state import FlowState, FlowStatus, Outgoing

MAX_GUESSED = 256
"""Of a flow whose steps can't be read, so many sessions are looked for."""


@dataclass(frozen=True, slots=True)
class LastState:
    """A flow's sessions as far as its code could be replayed, and all that it sent till then."""

    journal: FlowJournal
    state: FlowState
    senders: Mapping[bytes, Party]
    sends: Sequence[Outgoing]
    complete: bool


class Revival(Inbound):
    """Replays flows."""

    @abstractmethod
    def park(self, flow: LiveFlow, status: FlowStatus, error: BaseException | None) -> None:
        """Keep the flow without its code."""

    def reload(self, flow: LiveFlow) -> None:
        """Drop the flow's code and rebuild it from the database (reloadCheckpointAfterSuspend)."""
        self.rebuild(flow, self.journal_of(flow), resend=False)

    def journal_of(self, flow: LiveFlow) -> FlowJournal:
        """The flow's journal with the accepted messages whose rows are yet to be committed."""
        kept = self.services.load_journal(flow.flow_id)
        if kept is None:
            kept = FlowJournal(flow.flow_id, flow.start, (), ())
        known = {(record.session_id, record.seq) for record in kept.messages}
        late = [r for r in flow.uncommitted if (r.session_id, r.seq) not in known]
        return replace(kept, messages=(*kept.messages, *late))

    def rebuild(self, flow: LiveFlow, journal: FlowJournal, *, resend: bool) -> None:
        """Replay the flow; with `resend` all its messages leave again, each under its own id."""
        if flow.machine is not None:
            flow.machine.stop()
        try:
            if journal.unreadable:
                raise CannotBeDeserialisedException(journal.unreadable)
            self._replay(flow, journal, resend=resend)
        except Exception as error:  # noqa: BLE001 - a flow that can't be rebuilt waits for its operator
            flow.machine = None
            self._note_places(flow, journal)
            self.park(flow, FlowStatus.HOSPITALIZED, _replay_error(flow, error))
            self.counters.hospitalized += 1

    def _replay(self, flow: LiveFlow, journal: FlowJournal, *, resend: bool) -> None:
        machine = self._machine_with_senders(flow, journal)
        replayer = Replayer(machine, journal)
        replayer.sends.extend(open_responder(machine))
        outcome = replayer.run()
        flow.machine, flow.armed_step = machine, -1
        self.note_sessions(flow)
        if resend:
            self._resend(flow, replayer.sends)
        if outcome is None:
            self.run(flow, ResumeWith(Begin()))
        elif isinstance(outcome, Finished):
            if flow.status is not FlowStatus.COMPLETED:
                # it was in the hospital because a message of its last session was refused
                batch = self.shared_step().batch
                rows.status_changed(batch, flow.flow_id, FlowStatus.COMPLETED, pending_sends=True)
            flow.finished, flow.status = True, FlowStatus.COMPLETED
            self.forget_if_done(flow)

    def _machine_with_senders(self, flow: LiveFlow, journal: FlowJournal) -> FlowMachine:
        machine = self.machine_for(flow, self.logic_of(journal.start))
        machine.senders.update(self._senders(journal))
        return machine

    def _senders(self, journal: FlowJournal) -> dict[bytes, Party]:
        keys = {record.sender_key for record in journal.messages}
        found = ((key, self.services.party_of_key(key)) for key in keys)
        return {key: party for key, party in found if party is not None}

    def _resend(self, flow: LiveFlow, sends: Sequence[Outgoing]) -> None:
        for outgoing in sends:
            self.counters.resent += 1
            if flow.uncommitted:
                self.send(flow, outgoing)
                continue
            wire = encode(outgoing.message_id, outgoing.message)
            flow.unconfirmed[wire.message_id] = (outgoing.recipient, wire)
            self._sent_by[wire.message_id] = flow.flow_id
            self._immediate.append(SendEffect(outgoing.recipient, wire, wire.message_id))

    def last_state(self, flow: LiveFlow) -> LastState:
        """What a parked flow's peers have to be told from."""
        journal = self.journal_of(flow)
        try:
            machine = self._machine_with_senders(flow, journal)
        except Exception:  # noqa: BLE001 - its code is gone: what the journal says has to do
            state = _state_without_code(journal)
            return LastState(journal, state, self._senders(journal), (), complete=False)
        replayer = Replayer(machine, journal)
        replayer.sends.extend(open_responder(machine))
        complete = False
        with suppress(Exception):
            replayer.run()
            complete = not journal.unreadable
        machine.stop()
        return LastState(journal, machine.state, machine.senders, replayer.sends, complete)

    def register_sessions(self, flow: LiveFlow, journal: FlowJournal) -> None:
        """Let messages find the flow, whether or not its code can be replayed."""
        flow.had_messages = bool(journal.messages or journal.unreadable)
        flow.sessions.update(i for step in journal.steps for i in step.opened)
        if journal.unreadable:
            flow.sessions.update(_guessed_sessions(journal))
        if journal.start.origin is not None:
            flow.sessions.add(journal.start.origin.session_id)
        self._note_places(flow, journal)
        for session_id in flow.sessions:
            self.by_session[session_id] = flow.flow_id

    def _note_places(self, flow: LiveFlow, journal: FlowJournal) -> None:
        origin = journal.start.origin
        if origin is not None:
            flow.next_seq.setdefault(origin.session_id, 1)
            flow.peers[origin.session_id] = origin.peer_key
        for record in journal.messages:
            if REOPEN_SEQ <= record.seq < LAST_SEQ:
                flow.reopened[record.session_id] = record.seq - REOPEN_SEQ + 1
            else:
                place = flow.next_seq.get(record.session_id, 0)
                flow.next_seq[record.session_id] = max(place, record.seq + 1)


def _guessed_sessions(journal: FlowJournal) -> set[int]:
    """Sessions that unreadable steps may have opened: their messages wait with the flow."""
    known = {record.session_id for record in journal.messages}
    seed = journal.start.seed
    if not seed:
        return known
    return known | {session_of_seed(seed, number)[0] for number in range(1, MAX_GUESSED + 1)}


def _state_without_code(journal: FlowJournal) -> FlowState:
    state, origin = FlowState(journal.flow_id, {}), journal.start.origin
    return state if origin is None else state.with_session(origin_session(origin))


def _replay_error(flow: LiveFlow, error: Exception) -> Exception:
    if isinstance(error, FlowReplayError | CheckpointIncompatibleException):
        return error
    if isinstance(error, UnknownFlowException):
        text = f"Flow {flow.flow_id} needs the CorDapp that has {flow.start.flow_class}"
        return CordappNotInstalledException(text)
    found = f"{type(error).__name__}: {error}"
    return FlowReplayError(flow.flow_id, -1, "a flow that can be rebuilt", found)
