"""The other end of `pipe_host`: starts flows at a node process and waits for their outcome."""

import json
import subprocess
import threading
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from typing import Any

from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.registry import arguments_of
from corda_sim.testing.errors import FlowFailed, NodeGone
from corda_sim.testing.pipe_host import READY


class PipeClient:
    """Talks to one process; any thread may ask. `ready` and `closed` tell its life."""

    def __init__(self, name: str, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None or process.stdout is None:
            raise NodeGone(f"{name} was started without pipes")
        self.name, self._input, self._output = name, process.stdin, process.stdout
        self.ready, self.closed = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[str]] = {}
        self._numbers = count()
        threading.Thread(target=self._read, name=f"pipe {name}", daemon=True).start()

    def run(self, logic: FlowLogic[Any], client_id: str) -> None:
        """Run a flow to its end; the same client id again gives the same outcome.

        Raises: NodeGone when the process ended first, FlowFailed.
        """
        error = self.ask(logic, client_id).result()
        if error:
            raise FlowFailed(f"{client_id} at {self.name}: {error}")

    def close(self) -> None:
        """Free the pipes of a process that has ended."""
        self.closed.wait(10)
        with suppress(BrokenPipeError):  # it may have died with a request unread
            self._input.close()
        self._output.close()

    def ask(self, logic: FlowLogic[Any], client_id: str) -> Future[str]:
        """Start a flow; the future has its error (empty: completed) or fails with NodeGone."""
        arguments = arguments_of(logic).hex()
        return self._ask(flow=logic.flow_name, arguments=arguments, client_id=client_id)

    def arm(self, points: str) -> None:
        """Arm crash points (`point:n`, counted from now). Raises NodeGone."""
        self._ask(crash=points).result()

    def passed(self) -> dict[str, int]:
        """How often each crash point was passed since `arm`. Raises NodeGone."""
        counts: dict[str, int] = json.loads(self._ask(passed="").result())
        return counts

    def set_draining(self, *, enabled: bool) -> None:
        """Draining on or off, in the step that is committed next. Raises NodeGone."""
        self._ask(draining="on" if enabled else "off").result()

    def _ask(self, **request: str) -> Future[str]:
        answer: Future[str] = Future()
        with self._lock:
            if self.closed.is_set():
                answer.set_exception(NodeGone(f"{self.name} is gone"))
                return answer
            number = str(next(self._numbers))
            self._waiting[number] = answer
            try:
                self._input.write(json.dumps({"id": number, **request}).encode() + b"\n")
                self._input.flush()
            except OSError:
                del self._waiting[number]
                answer.set_exception(NodeGone(f"{self.name} is gone"))
        return answer

    def _read(self) -> None:
        for line in self._output:
            said = json.loads(line)
            if said["id"] == READY:
                self.ready.set()
                continue
            with self._lock:
                answer = self._waiting.pop(said["id"])
            answer.set_result(said["answer"])
        with self._lock:
            self.closed.set()
            waiting, self._waiting = self._waiting, {}
        self.ready.set()
        for answer in waiting.values():
            answer.set_exception(NodeGone(f"{self.name} is gone"))
