"""What a running relayer tells of itself, in a file that nobody needs to go on from."""

from pathlib import Path
from typing import Final

import msgspec

from corda_sim.local.files import write_private
from corda_sim.local.processes import start_ticks

RUN_FILE: Final = "relayer.json"


class Parked(msgspec.Struct, frozen=True):
    """A packet that was set aside: `kind` is what was tried, `reason` the chain's own word."""

    packet: str
    kind: str
    reason: str


class RunState(msgspec.Struct, frozen=True):
    """A process: its id, when it started (clock ticks since boot), where it serves its health."""

    pid: int
    started: int
    health: str
    parked: tuple[Parked, ...] = ()

    @property
    def is_alive(self) -> bool:
        """Whether that very process runs."""
        return start_ticks(self.pid) == self.started

    def show(self) -> dict[str, object]:
        """For people and programs: of what is parked, how much and each reason once."""
        reasons = sorted({one.reason for one in self.parked})
        shown = {"pid": self.pid, "health": self.health, "parked": len(self.parked)}
        return {**shown, "reasons": reasons}


class RunFile:
    """The file in a directory; written when what it says has changed."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / RUN_FILE
        self._written: RunState | None = None

    def write(self, state: RunState) -> None:
        """Tell this."""
        if state != self._written:
            write_private(self._path, msgspec.json.encode(state))
            self._written = state

    def read(self) -> RunState | None:
        """What the running relayer tells; None when none runs."""
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=RunState)
        except (OSError, msgspec.DecodeError):
            return None
        return found if found.is_alive else None

    def remove(self) -> None:
        """The process ends."""
        self._path.unlink(missing_ok=True)
