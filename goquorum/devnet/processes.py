"""The processes of a devnet: started in sessions of their own, remembered in files, stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from corda_sim.local.processes import start_ticks
from goquorum.errors import GoQuorumError

_POLL_SECONDS: Final = 0.02


class DevnetNotStarted(GoQuorumError):
    """A process ended or wasn't ready in time; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class DevnetProcess:
    """A process by its id; `start_ticks` tells it from a later one of the same id."""

    pid: int
    start_ticks: int

    @classmethod
    def start(cls, command: Sequence[str], folder: Path) -> Self:
        """Start a process that outlives this one; it writes `FOLDER/log`. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "log").open("ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        # Nobody waits for the child through this object: `is_alive` reaps it.
        child.returncode = 0
        return cls.remember(child.pid, folder)

    @classmethod
    def remember(cls, pid: int, folder: Path) -> Self:
        """Note a running process as that of a folder."""
        made = cls(pid, start_ticks(pid) or 0)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "process").write_text(f"{made.pid} {made.start_ticks}\n", "ascii")
        return made

    @classmethod
    def find(cls, folder: Path) -> Self | None:
        """The process last started in a folder, if it runs."""
        with suppress(OSError, ValueError):
            pid, ticks = map(int, (folder / "process").read_text("ascii").split())
            found = cls(pid, ticks)
            return found if found.is_alive() else None
        return None

    def is_alive(self) -> bool:
        """Whether it runs still."""
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        return start_ticks(self.pid) == self.start_ticks

    def stop(self, seconds: float, first: signal.Signals = signal.SIGTERM) -> bool:
        """Ask it to end, and kill it if it doesn't in time: False then."""
        deadline = time.monotonic() + seconds
        with suppress(ProcessLookupError):
            os.kill(self.pid, first)
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        left = self.is_alive()
        if left:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            while self.is_alive():
                time.sleep(_POLL_SECONDS)
        return not left


def log_end(folder: Path) -> str:
    """The last words in a process's log."""
    with suppress(OSError):
        text = (folder / "log").read_text("utf-8", "replace").strip()
        if text:
            return text[-500:]
    return "it wrote nothing"
