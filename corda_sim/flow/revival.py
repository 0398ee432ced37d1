"""Flows brought back from their journals: after a restart, a retry, or at every suspend."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from corda_sim.flow.effects import SendEffect
from corda_sim.flow.errors import FlowReplayError
from corda_sim.flow.events import ResumeWith
from corda_sim.flow.inbound import Inbound
from corda_sim.flow.journal import LAST_SEQ, REOPEN_SEQ, Begin, FlowJournal
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.machine import Finished, FlowMachine
from corda_sim.flow.messages import encode
from corda_sim.flow.replay import Replayer
from corda_sim.flow.responder import open_responder
from corda_sim.flow.state import FlowStatus, Outgoing


@dataclass(frozen=True, slots=True)
class LastState:
    """A flow's sessions as far as its code could be replayed, and all that it sent till then."""

    journal: FlowJournal
    machine: FlowMachine
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
        messages = (*kept.messages, *late)
        return FlowJournal(kept.flow_id, kept.start, kept.steps, messages, kept.status)

    def rebuild(self, flow: LiveFlow, journal: FlowJournal, *, resend: bool) -> None:
        """Replay the flow; with `resend` all its messages leave again, each under its own id."""
        if flow.machine is not None:
            flow.machine.stop()
        try:
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
            flow.finished, flow.status = True, FlowStatus.COMPLETED
            self.forget_if_done(flow)

    def _machine_with_senders(self, flow: LiveFlow, journal: FlowJournal) -> FlowMachine:
        machine = self.machine_for(flow, self.logic_of(journal.start))
        for record in journal.messages:
            party = self.services.party_of_key(record.sender_key)
            if party is not None:
                machine.senders[record.sender_key] = party
        return machine

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
        machine = self._machine_with_senders(flow, journal)
        replayer = Replayer(machine, journal)
        replayer.sends.extend(open_responder(machine))
        complete = False
        with suppress(Exception):
            replayer.run()
            complete = True
        return LastState(journal, machine, replayer.sends, complete)

    def register_sessions(self, flow: LiveFlow, journal: FlowJournal) -> None:
        """Let messages find the flow, whether or not its code can be replayed."""
        flow.sessions.update(i for step in journal.steps for i in step.opened)
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


def _replay_error(flow: LiveFlow, error: Exception) -> Exception:
    if isinstance(error, FlowReplayError):
        return error
    found = f"{type(error).__name__}: {error}"
    return FlowReplayError(flow.flow_id, -1, "a flow that can be rebuilt", found)
