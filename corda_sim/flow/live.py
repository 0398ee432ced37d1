"""What the manager knows of one flow that hasn't been forgotten yet."""

from dataclasses import dataclass, field
from enum import Enum

from corda_sim.core.identity import Party
from corda_sim.flow.effects import Step
from corda_sim.flow.journal import MessageRecord, StartRecord
from corda_sim.flow.machine import FlowMachine
from corda_sim.flow.state import FlowStatus
from corda_sim.flow.wire_message import WireMessage


class Wanted(Enum):
    """What an operator, or the hospital, has asked for while a step was being committed."""

    NOTHING = 0
    RETRY = 1
    KILL = 2


@dataclass(slots=True)
class LiveFlow:
    """A flow in memory; without `machine` it is parked (hospital, pause) and only takes messages.

    `pending` waits for the committer, `in_flight` is being committed. `uncommitted` are accepted
    messages whose rows aren't committed yet: a rebuilt flow needs them beside its journal.
    `peers` (encoded keys), `next_seq` and `reopened` stand for the sessions while it is parked.
    `wanted` is done once nothing of the flow waits for a commit. `had_messages` tells whether any
    was journaled.
    """

    flow_id: str
    start: StartRecord
    status: FlowStatus = FlowStatus.RUNNABLE
    machine: FlowMachine | None = None
    pending: Step | None = None
    in_flight: Step | None = None
    unconfirmed: dict[str, tuple[Party, WireMessage]] = field(default_factory=dict)
    uncommitted: list[MessageRecord] = field(default_factory=list)
    had_messages: bool = False
    next_seq: dict[int, int] = field(default_factory=dict)
    sessions: set[int] = field(default_factory=set)
    armed_step: int = -1
    waiting_since: int = 0
    discharges: int = 0
    finished: bool = False
    error: BaseException | None = None
    replayed: bool = False
    wanted: Wanted = Wanted.NOTHING
    peers: dict[int, bytes] = field(default_factory=dict)
    reopened: dict[int, int] = field(default_factory=dict)

    @property
    def is_idle(self) -> bool:
        """Whether nothing of the flow waits for a commit."""
        return self.pending is None and self.in_flight is None

    @property
    def is_killed(self) -> bool:
        """Whether its end was asked for, be it that a commit has to be settled first."""
        return self.wanted is Wanted.KILL or self.status is FlowStatus.KILLED

    @property
    def has_buffered(self) -> bool:
        """Whether messages wait for a peer's confirmation of their session."""
        if self.machine is None:
            return False
        sessions = self.machine.state.sessions.values()
        return any(session.buffered and not session.abandoned for session in sessions)


@dataclass(slots=True)
class Counters:
    """Totals since the start of the process."""

    started: int = 0
    finished: int = 0
    failed: int = 0
    replayed: int = 0
    resent: int = 0
    duplicates: int = 0
    refused: int = 0
    hospitalized: int = 0
