"""Processes of the bridge on this machine: each is a command of `corda-sim`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from corda_sim.testing.errors import NodeNotReady

READY_SECONDS: Final = 120.0
STOP_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Service:
    """A command that runs until it is told to stop; `said` is the document it was ready with."""

    name: str
    process: subprocess.Popen[bytes]
    said: dict[str, Any]

    @classmethod
    def start(cls, name: str, arguments: Sequence[object], directory: Path) -> Self:
        """Start it and wait until it is ready; it logs in `directory`. Raises NodeNotReady."""
        directory.mkdir(parents=True, exist_ok=True)
        out, log = directory / f"{name}.ready", directory / f"{name}.err"
        command = (sys.executable, "-m", "corda_sim.cli.main", *map(str, arguments), "--json")
        with out.open("wb") as told, log.open("ab") as errors:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=errors,
                start_new_session=True,
            )
        try:
            return cls(name, process, _first_line(process, out, log))
        except BaseException:
            process.kill()
            process.wait()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it and what it has started by SIGKILL."""
        if self.is_alive:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it by SIGTERM, or by SIGKILL when it doesn't leave in time."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


def _first_line(process: subprocess.Popen[bytes], out: Path, log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        content = out.read_bytes()
        if content.endswith(b"\n"):
            document: dict[str, Any] = json.loads(content)
            return document
        time.sleep(_POLL_SECONDS)
    tail = log.read_text("utf-8", "replace")[-2000:]
    raise NodeNotReady(f"{out.stem} isn't ready: {tail}")
