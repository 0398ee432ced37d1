"""A server process of the tests' own: who runs it, when it serves, how it ends."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 90.0
STOP_SECONDS = 10.0
USER = "corda_sim"
"""The role in the database and at the brokers."""


class ServiceError(Exception):
    """A server did not start; the message ends with the tail of its log."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who a server runs as; `name` is None for the user of this process."""

    name: str | None = None

    @classmethod
    def unprivileged(cls, preferred: str) -> "Account":
        """This user, or for root the first of `preferred` and nobody that exists."""
        if os.getuid() != 0:
            return cls()
        known = {entry.pw_name for entry in pwd.getpwall()}
        return cls(preferred if preferred in known else "nobody")

    def own(self, path: Path) -> None:
        """Give `path`, a file or a folder with its content, to this account."""
        if self.name is None:
            return
        entry = pwd.getpwnam(self.name)
        for each in (path, *path.rglob("*")):
            os.chown(each, entry.pw_uid, entry.pw_gid)

    def popen(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        """Start `command` in a session of its own, so that Ctrl-C reaches the tests alone."""
        group = None if self.name is None else pwd.getpwnam(self.name).pw_gid
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                env=dict(environment),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.name,
                group=group,
                extra_groups=None if self.name is None else [],
            )


@dataclass(slots=True)
class Server:
    """A started server: `env` is what tests need, `ready` tells whether it serves yet.

    `admin` is the URL of a superuser, where there is one; `control` runs the server's own command.
    """

    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    log: Path
    env: Mapping[str, str]
    ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    admin: str = field(default="", repr=False)
    control: Callable[[Sequence[str]], subprocess.Popen[bytes]] | None = None
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.process = self.spawn()

    def wait_ready(self) -> None:
        """Block until it serves; raises ServiceError when it ended or took too long."""
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if self.process.poll() is not None:
                raise ServiceError(f"{self.name} ended at its start\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} did not start in time\n{self.log_tail()}")
            time.sleep(0.1)

    def restart(self, pause: float = 0.0) -> None:
        """Stop it and, `pause` seconds later, start it again on the same data; until it serves."""
        self.stop()
        time.sleep(pause)
        self.process = self.spawn()
        self.wait_ready()

    def tell(self, *words: str) -> None:
        """Run the server's command; raises ServiceError when it has none or refuses."""
        if self.control is None or self.control(words).wait(START_SECONDS) != 0:
            raise ServiceError(f"{self.name} refuses {' '.join(words)}\n{self.log_tail()}")

    def stop(self) -> None:
        """Ask it to stop, then kill its process group."""
        self.process.send_signal(self.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def log_tail(self) -> str:
        """The last lines that it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
