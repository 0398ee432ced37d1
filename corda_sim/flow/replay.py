"""Rebuilding a flow from its journal: run `call()` again and feed it what it was told before."""

from collections.abc import Sequence

from corda_sim.flow.errors import FlowReplayError
from corda_sim.flow.events import (
    FlowAction,
    MessageArrived,
    Opened,
    ResumeWith,
    Send,
    Withdraw,
    Yielded,
)
from corda_sim.flow.journal import FlowJournal, MessageRecord, StepRecord
from corda_sim.flow.machine import FINISH, Finished, FlowMachine, Outcome, Suspended
from corda_sim.flow.requests import FlowIORequest
from corda_sim.flow.sessions import arrive
from corda_sim.flow.state import Outgoing, SessionStatus
from corda_sim.flow.transitions import apply_ops, close_all, resume, suspend


class Replayer:
    """Replays one flow into `machine`; `sends` are its messages, in order, to be sent again.

    Raises FlowReplayError when the code asks for something else than the journal has.
    """

    def __init__(self, machine: FlowMachine, journal: FlowJournal) -> None:
        self.machine = machine
        self.sends: list[Outgoing] = []
        self._records: dict[int, list[MessageRecord]] = {}
        self._unopened: set[int] = set()
        self._steps = journal.steps
        for record in journal.messages:
            self._records.setdefault(record.session_id, []).append(record)

    def run(self) -> Outcome | None:
        """Replay all steps; None when the flow hasn't begun."""
        outcome: Outcome | None = None
        self._unopened.update(self.machine.state.sessions)
        self._deliver()
        for number, record in enumerate(self._steps):
            outcome = self._replay_step(number, record)
        return outcome

    def _replay_step(self, number: int, record: StepRecord) -> Outcome:
        machine = self.machine
        state, actions = resume(machine.state, record.resume)
        machine.state = state
        how = next(action for action in actions if isinstance(action, ResumeWith))
        outcome = machine.drive(how, record.inputs)
        self._compare(number, record, outcome)
        self._unopened.update(op.session_id for op in machine.ops if isinstance(op, Opened))
        if isinstance(outcome, Suspended):
            machine.state, sends = suspend(machine.state, as_yielded(machine, outcome.request))
        else:
            machine.state, sends = apply_ops(machine.state, machine.ops)
            machine.state, ends = close_all(machine.state)
            sends = (*sends, *ends)
        self._collect(sends)
        self._deliver()
        return outcome

    def _compare(self, number: int, record: StepRecord, outcome: Outcome) -> None:
        found = self.machine.record(self._describe(record, outcome))
        if found.request != record.request:
            raise self.machine.context.mismatch(f"'{record.request}'", f"'{found.request}'")
        if found.digest != record.digest:
            raise self.machine.context.mismatch(
                f"other messages before '{record.request}' (step {number})", "different ones"
            )

    def _describe(self, record: StepRecord, outcome: Outcome) -> str:
        if isinstance(outcome, Suspended):
            return outcome.request.describe()
        if isinstance(outcome, Finished):
            return FINISH
        if isinstance(outcome.error, FlowReplayError):
            raise outcome.error
        error = f"{type(outcome.error).__name__}: {outcome.error}"
        raise self.machine.context.mismatch(f"'{record.request}'", f"nothing: it raises {error}")

    def _deliver(self) -> None:
        """Apply the journaled messages of sessions that the code has opened by now."""
        for session_id in sorted(i for i in self._unopened if self._is_open(i)):
            self._unopened.remove(session_id)
            for record in self._records.pop(session_id, ()):
                self._apply(record)

    def _is_open(self, session_id: int) -> bool:
        session = self.machine.state.sessions.get(session_id)
        return session is not None and session.status is not SessionStatus.UNINITIATED

    def _apply(self, record: MessageRecord) -> None:
        session = self.machine.state.sessions[record.session_id]
        sender = self.machine.senders.get(record.sender_key, session.peer)
        event = MessageArrived(record.session_id, record.seq, record.payload, sender, record.time)
        self.machine.state, actions = arrive(self.machine.state, event)
        self._collect(actions)

    def _collect(self, actions: Sequence[FlowAction]) -> None:
        for action in actions:
            if isinstance(action, Send):
                self.sends.append(action.outgoing)
            elif isinstance(action, Withdraw):
                gone = action.message_id
                self.sends = [one for one in self.sends if one.message_id != gone]


def as_yielded(machine: FlowMachine, request: FlowIORequest) -> Yielded:
    """The event of a suspension."""
    return Yielded(request, machine.ops)
