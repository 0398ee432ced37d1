"""Starting, watching and stopping the node processes of a network on this machine."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corda_sim.node.logs import LOG_FILE
from corda_sim.node.manifest import ManifestNode, NetworkManifest, read_manifest
from corda_sim.node.network_errors import ConfirmationRequiredException, NodeStartException
from corda_sim.node.node_files import LOGS, RunFile
from corda_sim.node.provision import drop_provisioned
from corda_sim.node.run_files import (
    NodeProcess,
    ProcessState,
    announce,
    forget_dead,
    node_processes,
    reap,
)

NODE_COMMAND: Final = (sys.executable, "-m", "corda_sim.cli.main", "node", "run")
"""What starts a node; its directory follows."""
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A node process, or a node without one (`pid` None, `state` stopped)."""

    name: str
    dir: str
    pid: int | None
    state: ProcessState
    rpc: str


@dataclass(frozen=True, slots=True)
class Spawned:
    """A node process just started."""

    node: ManifestNode
    pid: int


class Supervisor:
    """Acts on one network's directory; keeps no state but what lies there."""

    def __init__(self, directory: Path, command: Sequence[str] = NODE_COMMAND) -> None:
        self.directory = directory.resolve()
        self.manifest: NetworkManifest = read_manifest(self.directory)
        self.command = tuple(command)

    def up(self, names: Iterable[str] = (), *, timeout_seconds: float = 120) -> list[NodeStatus]:
        """Start what doesn't run yet (all nodes, or `names`) and wait until all are ready.

        The processes outlive this one. Raises `NodeStartException` for a node that ends or isn't
        ready in time, `NetworkNotFoundException` for an unknown name; other nodes go on.
        """
        nodes = self._chosen(names)
        started = [self.spawn(node.name) for node in nodes if not self._processes(node)]
        deadline = time.monotonic() + timeout_seconds
        for node in nodes:
            pid = next((one.pid for one in started if one.node == node), None)
            self._await_ready(node, pid, deadline)
        return self.status()

    def spawn(self, name: str) -> Spawned:
        """Start one more process of a node (a second one is its cold standby), without waiting."""
        node = self.manifest.node(name)
        directory = self.directory / node.dir
        forget_dead(directory)
        log = directory / LOGS / LOG_FILE
        log.parent.mkdir(exist_ok=True)
        pid = _spawn((*self.command, str(directory)), log)
        announce(directory, RunFile(node.name, str(directory), pid, "starting", node.rpc, ""))
        return Spawned(node, pid)

    def status(self) -> list[NodeStatus]:
        """Every process of every node, in the manifest's order."""
        return [status for node in self.manifest.nodes for status in self._status(node)]

    def down(self, names: Iterable[str] = (), *, timeout_seconds: float = 15) -> list[str]:
        """Stop nodes by SIGTERM, and by SIGKILL those that don't leave in time.

        Returns the names of those that had to be killed.
        """
        running = [(n, process) for n in self._chosen(names) for process in self._processes(n)]
        for _, process in running:
            process.send(signal.SIGTERM)
        _wait_gone([process for _, process in running], timeout_seconds)
        stubborn = [(node, process) for node, process in running if process.is_alive()]
        for _, process in stubborn:
            process.send(signal.SIGKILL)
        _wait_gone([process for _, process in stubborn], timeout_seconds)
        for node in self._chosen(names):
            forget_dead(self.directory / node.dir)
        return [node.name for node, _ in stubborn]

    def destroy(self, *, yes: bool) -> None:
        """Stop the network and remove its directory, and the databases and roles made for it.

        Raises `ConfirmationRequiredException` without `yes`, `NetworkCreationException` when the
        database server refuses; the directory stays then.
        """
        if not yes:
            raise ConfirmationRequiredException(
                f"this removes {self.directory} with all keys and ledgers: confirm with --yes"
            )
        self.down()
        made = self.manifest.postgres
        if made is not None:
            drop_provisioned(made.admin_url, list(made.databases), list(made.roles))
        shutil.rmtree(self.directory)

    def _chosen(self, names: Iterable[str]) -> list[ManifestNode]:
        chosen = [self.manifest.node(name) for name in names]
        return chosen or list(self.manifest.nodes)

    def _processes(self, node: ManifestNode) -> list[NodeProcess]:
        return node_processes(self.directory / node.dir)

    def _status(self, node: ManifestNode) -> list[NodeStatus]:
        directory = str(self.directory / node.dir)
        found = [
            NodeStatus(node.name, directory, process.pid, process.state(), process.run.rpc)
            for process in self._processes(node)
        ]
        return found or [NodeStatus(node.name, directory, None, "stopped", node.rpc)]

    def _await_ready(self, node: ManifestNode, pid: int | None, deadline: float) -> None:
        log = self.directory / node.dir / LOGS / LOG_FILE
        while True:
            if any(process.state() == "ready" for process in self._processes(node)):
                return
            if pid is not None and not _runs(pid):
                raise NodeStartException(node.name, f"ended: {_last_line(log)}", log)
            if time.monotonic() > deadline:
                reasons = "; ".join(one.why_not_ready() for one in self._processes(node))
                raise NodeStartException(node.name, f"wasn't ready in time: {reasons}", log)
            time.sleep(_POLL_SECONDS)


def _spawn(command: Sequence[str], log: Path) -> int:
    """A process in a session of its own, which a closed terminal doesn't end."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(command[0], tuple(command), os.environ, file_actions=actions, setsid=True)


def _runs(pid: int) -> bool:
    reap(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_gone(processes: Sequence[NodeProcess], timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while any(process.is_alive() for process in processes) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _last_line(log: Path) -> str:
    with suppress(OSError):
        lines = log.read_text("utf-8", "replace").strip().splitlines()
        if lines:
            return lines[-1][:500]
    return "it wrote nothing"
