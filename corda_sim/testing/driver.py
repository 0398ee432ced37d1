"""Real node processes of a network on this machine: start, kill, start again, ask.

The counterpart of Corda's node driver (net.corda.testing.driver.Driver). Processes belong to the
driver: they end with it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from corda_sim.core.crypto.crypto import load_private_key
from corda_sim.core.identity import Party
from corda_sim.flow.logic import FlowLogic
from corda_sim.invariants import Violation, check_directory
from corda_sim.node.certificates import NodeCertificates
from corda_sim.node.config import load_config, write_config
from corda_sim.node.crash import CRASH
from corda_sim.node.manifest import read_manifest
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.node_files import CERTIFICATES, LOGS
from corda_sim.node.run_files import forget_dead
from corda_sim.node.supervisor import Supervisor
from corda_sim.testing.errors import NodeGone, NodeNotReady
from corda_sim.testing.figures import await_quiet, metrics_of
from corda_sim.testing.pipe_client import PipeClient
from notary.seat import set_up_notary

HOST_COMMAND: Final = (sys.executable, "-m", "corda_sim.testing.pipe_host")
START_SECONDS: Final = 60.0


def reload_at_every_suspend(network: Path) -> None:
    """Set reloadCheckpointAfterSuspend on every node of a network."""
    for node in read_manifest(network).nodes:
        node_dir = network / node.dir
        config = load_config(node_dir)
        write_config(node_dir, config.model_copy(update={"reload_checkpoint_after_suspend": True}))


@dataclass(slots=True)
class RunningNode:
    """A process of a node and the pipe to it."""

    name: str
    directory: Path
    process: subprocess.Popen[bytes]
    client: PipeClient
    log: Path

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None


@dataclass
class Driver:
    """A network in `directory`, or in a temporary one, and its processes, each node's newest.

    It is made as `request` says, unless `directory` holds one already.

    `reload` sets reloadCheckpointAfterSuspend on every node; `environment` is added to that of
    every process.
    """

    request: NetworkRequest = field(default_factory=NetworkRequest)
    directory: Path | None = None
    reload: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    running: dict[str, RunningNode] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._temporary = (
            Path(tempfile.mkdtemp(prefix="corda-sim-")) if not self.directory else None
        )
        self.network = (self.directory or self._temporary or Path()) / "network"
        if self.network.exists():
            self.manifest = read_manifest(self.network)
        else:
            self.manifest = create_network(self.network, self.request, set_up_notary)
        if self.reload:
            reload_at_every_suspend(self.network)

    @property
    def names(self) -> list[str]:
        """The nodes' short names."""
        return [node.name for node in self.manifest.nodes]

    def party(self, name: str) -> Party:
        """A node's legal identity."""
        node = self.manifest.node(name)
        node_dir = self.network / node.dir
        password = load_config(node_dir).key_store_password
        entry = NodeCertificates.load(node_dir / CERTIFICATES, password).identity
        return Party(node.legal_name, load_private_key(entry.pkcs8).public)

    def spawn(self, name: str, *, crash: str = "") -> RunningNode:
        """Start a node without waiting; `crash` arms crash points from its first line."""
        node_dir = self.network / self.manifest.node(name).dir
        former = self.running.get(name)
        if former is not None:
            former.client.close()
        forget_dead(node_dir)
        log = node_dir / LOGS / "process.log"
        log.parent.mkdir(exist_ok=True)
        environment = {**os.environ, **self.environment}
        if crash:
            environment[CRASH] = crash
        with log.open("ab") as errors:
            process = subprocess.Popen(
                (*HOST_COMMAND, str(node_dir)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
            )
        self.running[name] = RunningNode(name, node_dir, process, PipeClient(name, process), log)
        return self.running[name]

    def start(self, names: Iterable[str] = (), *, seconds: float = START_SECONDS) -> None:
        """Start nodes, all by default, and wait until they are ready. Raises NodeNotReady."""
        for node in [self.spawn(name) for name in names or self.names]:
            self.await_ready(node, seconds)

    def await_ready(self, node: RunningNode, seconds: float = START_SECONDS) -> None:
        """Wait until the node works. Raises NodeNotReady."""
        if not node.client.ready.wait(seconds) or not node.is_alive:
            tail = node.log.read_text("utf-8", "replace")[-2000:]
            raise NodeNotReady(f"{node.name} isn't ready: {tail}")

    def kill(self, name: str) -> None:
        """End a node by SIGKILL."""
        node = self.running[name]
        node.process.kill()
        node.process.wait()
        node.client.closed.wait(10)

    def await_death(self, name: str, seconds: float) -> bool:
        """Whether the node's process ends by itself in that time."""
        try:
            self.running[name].process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def arm(self, name: str, points: str) -> None:
        """Let a node that runs kill itself at crash points, `point:n` counted from now."""
        self.running[name].client.arm(points)

    def passed(self, name: str) -> dict[str, int]:
        """How often a node that runs has passed each crash point since it was armed."""
        return self.running[name].client.passed()

    def restart(self, name: str) -> None:
        """Kill a node if it runs, start it and wait until it is ready."""
        if self.running[name].is_alive:
            self.kill(name)
        self.start([name])

    def run(self, name: str, logic: FlowLogic[Any], client_id: str) -> None:
        """Run a flow to its end at a node. Raises NodeGone, FlowFailed."""
        self.running[name].client.run(logic, client_id)

    def ask(self, name: str, logic: FlowLogic[Any], client_id: str) -> Future[str]:
        """Start a flow at a node; the future has its error, or fails with NodeGone."""
        return self.running[name].client.ask(logic, client_id)

    def metrics(self, name: str) -> dict[str, float]:
        """The figures of a running node. Raises NodeGone."""
        return metrics_of(self.running[name].directory)

    def await_quiet(self, seconds: float = 60) -> bool:
        """Wait until no node has a flow or an unconfirmed message; whether that came in time.

        It doesn't come when a node dies meanwhile.
        """
        alive = [node.directory for node in self.running.values() if node.is_alive]
        try:
            return await_quiet(alive, seconds)
        except NodeGone:
            return False

    def check(self) -> list[Violation]:
        """The invariants of the network."""
        return check_directory(self.network)

    def close(self) -> None:
        """End all processes; remove a temporary directory, and the databases made for it."""
        for node in self.running.values():
            if node.is_alive:
                node.process.terminate()
        for node in self.running.values():
            try:
                node.process.wait(10)
            except subprocess.TimeoutExpired:
                node.process.kill()
                node.process.wait()
            node.client.close()
        if self._temporary is not None:
            Supervisor(self.network).destroy(yes=True)
            shutil.rmtree(self._temporary, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
