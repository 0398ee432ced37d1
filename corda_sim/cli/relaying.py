"""A relayer's process: from its file to the service, and until it is told to stop."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from prometheus_client import CollectorRegistry

from corda_sim.cli.goquorum_options import private_key
from corda_sim.lcp.errors import LcpUnreachableException
from corda_sim.local.processes import start_ticks
from corda_sim.node.health import HealthServer
from corda_sim.relayer.assembly import Given, connected, make_relayer
from corda_sim.relayer.config import RelayerConfig, load_config
from corda_sim.relayer.handshake.path import Parties, find_path
from corda_sim.relayer.handshake.path import Path as OpenPath
from corda_sim.relayer.run_file import Parked, RunFile, RunState
from corda_sim.relayer.service import Relayer, Side, parked, sides_of
from corda_sim.rpc.errors import NodeUnreachableException
from goquorum.bridge_file import BridgeFile
from goquorum.endpoint.json_rpc import EndpointUnreachable

LOGGER = logging.getLogger(__name__)
WATCH_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 1.0
_AWAY: Final = (EndpointUnreachable, LcpUnreachableException, NodeUnreachableException)


@dataclass(frozen=True, slots=True)
class Opened:
    """A configuration with what its files hold."""

    config: RelayerConfig
    given: Given

    @classmethod
    def read(cls, path: Path) -> Self:
        """The configuration of a file.

        Raises: ConfigurationException, KeyFileRefused, BridgeFileRefused.
        """
        config, directory = load_config(path), path.resolve().parent
        chain = config.goquorum
        password = None if chain.password_file is None else directory / chain.password_file
        key = private_key(directory / chain.key, password)
        bridge = BridgeFile.read(directory / chain.bridge)
        return cls(config, Given(directory, bridge.handler, bridge.block, key, time.time))

    @property
    def state_dir(self) -> Path:
        """Where the process leaves its log, and tells what it does."""
        return self.given.directory / self.config.state_dir

    @property
    def run_file(self) -> RunFile:
        """What it tells."""
        return RunFile(self.state_dir)

    @contextmanager
    def connected(self) -> Iterator[Parties]:
        """Both chains. Raises as `assembly.connected`."""
        with connected(self.config, self.given) as parties:
            yield parties

    def find_path(self, parties: Parties) -> OpenPath:
        """What is open between them. Raises HandshakeException."""
        return find_path(parties, tuple(self.config.channels))

    @contextmanager
    def sides(self) -> Iterator[tuple[Side, Side]]:
        """Both chains with their ends of the channels."""
        with self.connected() as parties:
            yield sides_of(self.find_path(parties))


def serve_until(stopped: threading.Event, opened: Opened, tell: Callable[[str], None]) -> bool:
    """Relay until told to stop; False when the relayer failed inside.

    `tell` gets the address of the health port. Raises HandshakeException.
    """
    while not stopped.is_set():
        try:
            with opened.connected() as parties:
                return _serve(stopped, opened, opened.find_path(parties), tell)
        except _AWAY as error:
            LOGGER.warning("not there yet: %s", error)
            stopped.wait(RETRY_SECONDS)
    return True


def _serve(
    stopped: threading.Event, opened: Opened, path: OpenPath, tell: Callable[[str], None]
) -> bool:
    registry = CollectorRegistry()
    relayer = make_relayer(path, opened.config, registry, time.monotonic)
    health = HealthServer(opened.config.health_address, registry, relayer.why_not_ready)
    health.start()
    try:
        relayer.start()
        tell(health.address)
        _watch(stopped, opened.run_file, relayer, health.address)
    finally:
        relayer.stop()
        health.stop()
        opened.run_file.remove()
    return not relayer.failed.is_set()


def _watch(stopped: threading.Event, file: RunFile, relayer: Relayer, health: str) -> None:
    pid = os.getpid()
    started = start_ticks(pid) or 0
    while not stopped.is_set() and not relayer.failed.is_set():
        aside = tuple(Parked(**one) for one in parked(relayer.directions))
        file.write(RunState(pid, started, health, aside))
        stopped.wait(WATCH_SECONDS)
