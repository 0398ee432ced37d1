"""The packs on their way to one peer: kept in order until confirmed (pure)."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from corda_sim.node.messaging.transport import OnConfirmed, Parcel, PeerAddress


class EntryState(Enum):
    """PENDING: to be sent (again); SENT: unconfirmed on the present connection; DONE: confirmed."""

    PENDING = auto()
    SENT = auto()
    DONE = auto()


@dataclass(slots=True, eq=False)
class Entry:
    """One pack and how often it was sent."""

    parcel: Parcel
    on_confirmed: OnConfirmed
    outbox: "Outbox"
    state: EntryState = EntryState.PENDING
    times_sent: int = 0


@dataclass(slots=True)
class Outbox:
    """Hands out packs in order within a window, and takes confirms in any order.

    After a new connection or a refused pack only the first unconfirmed pack goes out; the window
    opens when one is confirmed. So a missing queue that appears can't let a later pack in before an
    earlier one. `held` stops it until its owner, after a refusal, tries again.
    """

    peer: PeerAddress
    window_packs: int = 256
    window_bytes: int = 4 * 1024 * 1024
    entries: deque[Entry] = field(default_factory=deque)
    held: bool = False
    _open: bool = False
    _in_flight: int = 0
    _in_flight_bytes: int = 0
    _next: int = 0

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, parcel: Parcel, on_confirmed: OnConfirmed) -> None:
        """Append a pack."""
        self.entries.append(Entry(parcel, on_confirmed, self))

    def take(self) -> Entry | None:
        """The next pack to send now, marked as sent; None: there is none, or the window is full."""
        if not self._may_send():
            return None
        entries = self.entries
        while self._next < len(entries):
            entry = entries[self._next]
            self._next += 1
            if entry.state is EntryState.PENDING:
                return self._mark_sent(entry)
        return None

    def _may_send(self) -> bool:
        if self.held:
            return False
        if not self._open:
            return self._in_flight == 0
        return self._in_flight < self.window_packs and self._in_flight_bytes < self.window_bytes

    def _mark_sent(self, entry: Entry) -> Entry:
        entry.state = EntryState.SENT
        entry.times_sent += 1
        self._in_flight += 1
        self._in_flight_bytes += len(entry.parcel.body)
        return entry

    def _landed(self, entry: Entry) -> None:
        self._in_flight -= 1
        self._in_flight_bytes -= len(entry.parcel.body)

    def confirm(self, entry: Entry) -> None:
        """The other side has it: forget the pack and tell its owner."""
        if entry.state is EntryState.DONE:
            return
        if entry.state is EntryState.SENT:
            self._landed(entry)
        entry.state = EntryState.DONE
        self._open = True
        while self.entries and self.entries[0].state is EntryState.DONE:
            self.entries.popleft()
            self._next = max(0, self._next - 1)
        entry.on_confirmed()

    def refuse(self, entry: Entry) -> None:
        """The other side didn't take it (nack, return): send it again, alone at first."""
        if entry.state is not EntryState.SENT:
            return
        self._landed(entry)
        entry.state = EntryState.PENDING
        self._open = False
        self._next = 0

    def abandon(self) -> list[Entry]:
        """Forget everything, to be sent another way; what was unconfirmed, in order."""
        entries = [entry for entry in self.entries if entry.state is not EntryState.DONE]
        for entry in entries:
            entry.state = EntryState.DONE
        self.entries.clear()
        return entries

    def reset(self) -> None:
        """The connection is gone: everything unconfirmed is to be sent again, in order."""
        for entry in self.entries:
            if entry.state is EntryState.SENT:
                entry.state = EntryState.PENDING
        self._in_flight = self._in_flight_bytes = self._next = 0
        self._open = False
