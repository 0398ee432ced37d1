"""Which process is which: a pid alone is reused, a pid with its start time and boot is not."""

import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corda_sim.local.processes import start_ticks

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_PID_NAMESPACE: Final = Path("/proc/self/ns/pid")
_POLL_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process of one boot of one machine; `start_time` in clock ticks since that boot."""

    machine_name: str
    boot_id: str
    pid: int
    start_time: int

    @classmethod
    def own(cls) -> "ProcessIdentity":
        """This process."""
        pid = os.getpid()
        return cls(socket.gethostname(), boot_id(), pid, start_ticks(pid) or 0)

    def on_this_boot(self) -> bool:
        """Whether it ran here since the last boot, in this pid namespace."""
        return self.boot_id == boot_id()

    def is_alive(self) -> bool:
        """Whether it still runs or is stopped; only meaningful on its own boot."""
        return self.on_this_boot() and start_ticks(self.pid) == self.start_time

    def kill(self, *, timeout_seconds: float = 5.0) -> bool:
        """End it by SIGKILL, also when it is stopped; whether it is gone.

        This process itself and those of other boots or namespaces are left alone.
        """
        if self.pid == os.getpid() or not self.is_alive():
            return not self.is_alive()
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        deadline = time.monotonic() + timeout_seconds
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True


def boot_id() -> str:
    """The kernel's boot id with the pid namespace: containers share a boot, but not their pids."""
    return f"{_BOOT_ID.read_text().strip()} {_PID_NAMESPACE.readlink()}"


def boot_clock() -> float:
    """Seconds since boot, counting suspended time; no one can set this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
