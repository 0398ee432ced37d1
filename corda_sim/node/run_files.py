"""The processes of a node, by the files that they write of themselves."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from corda_sim.local.processes import start_ticks
from corda_sim.node.node_files import RUN, RunFile

ProcessState = Literal["ready", "standby", "stopped"]

_CLOCK_SLACK_SECONDS: Final = 2.0
_HEALTH_TIMEOUT_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """A node process that ran when its run file was read; `start_ticks` tells it from others."""

    file: Path
    run: RunFile
    start_ticks: int

    @property
    def pid(self) -> int:
        """The process id."""
        return self.run.pid

    def is_alive(self) -> bool:
        """Whether it runs still, and isn't another process that was given its id."""
        reap(self.run.pid)
        return start_ticks(self.run.pid) == self.start_ticks

    def state(self) -> ProcessState:
        """What its health port says: `standby` until it holds the lease and is ready."""
        if not self.is_alive():
            return "stopped"
        return "standby" if self.why_not_ready() else "ready"

    def why_not_ready(self) -> str:
        """What its health port says that it waits for; empty when it is ready."""
        return why_not_ready(self.run.health)

    def send(self, number: signal.Signals) -> None:
        """Signal that very process; nothing happens when it's gone."""
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(self.run.pid)
            try:
                if self.is_alive():
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)


def node_processes(node_dir: Path) -> list[NodeProcess]:
    """The processes of a node that run; stale files are passed over."""
    return [process for _, process in _recorded(node_dir) if process is not None]


def forget_dead(node_dir: Path) -> None:
    """Remove the run files of processes that are gone."""
    for file, process in _recorded(node_dir):
        if process is None:
            file.unlink(missing_ok=True)


def announce(node_dir: Path, run: RunFile) -> None:
    """Write the run file of a process just started, unless it has written its own by now."""
    folder = node_dir / RUN
    folder.mkdir(exist_ok=True)
    with suppress(FileExistsError), (folder / f"{run.pid}.json").open("x") as file:
        json.dump(asdict(run), file)


def why_not_ready(health: str) -> str:
    """What `/ready` of a health address `host:port` says; empty when it answers 200."""
    try:
        with urllib.request.urlopen(f"http://{health}/ready", timeout=_HEALTH_TIMEOUT_SECONDS):
            return ""
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.read().decode("utf-8", "replace").strip() or "standby"
    except (OSError, ValueError):
        return "its health port doesn't answer"


def reap(pid: int) -> None:
    """Let a child of ours that ended go; other processes are somebody else's to reap."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _recorded(node_dir: Path) -> Iterator[tuple[Path, NodeProcess | None]]:
    for file in sorted((node_dir / RUN).glob("*.json")):
        try:
            said = json.loads(file.read_text("utf-8"))
            run = RunFile(**{**said, "pid": int(file.stem)})
            written = file.stat().st_mtime
        except (OSError, ValueError, TypeError):
            continue
        reap(run.pid)
        ticks = start_ticks(run.pid)
        is_same = ticks is not None and _wall_clock(ticks) <= written + _CLOCK_SLACK_SECONDS
        yield file, NodeProcess(file, run, ticks) if is_same and ticks is not None else None


def _wall_clock(ticks: int) -> float:
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted + ticks / os.sysconf("SC_CLK_TCK")
