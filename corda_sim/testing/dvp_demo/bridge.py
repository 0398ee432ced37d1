"""Everything between the chains: attestation service, LCP with its enclave, relayer."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from corda_sim.core.settings_values import TomlValue, to_toml
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.lcp.attestation.authority import open_authority
from corda_sim.lcp.attestation.service import register_platform
from corda_sim.lcp.node.server import open_platform
from corda_sim.local.files import write_private
from corda_sim.local.processes import children_of
from corda_sim.relayer.assembly import Given, connected
from corda_sim.relayer.config import CROSS_VERSION, load_config
from corda_sim.relayer.handshake.path import Path as BridgePath
from corda_sim.relayer.handshake.path import open_path
from corda_sim.testing.dvp_demo.corda_side import BUYERS_BANK, SELLERS_BANK, CordaSide
from corda_sim.testing.dvp_demo.quorum_side import BRIDGE_FILE, RELAYER, QuorumSide, key_file
from corda_sim.testing.dvp_demo.services import Service
from goquorum.endpoint.key_file import read_key

LOGS: Final = "logs"
_ANY_PORT: Final = "127.0.0.1:0"
PORTS: Final = (CROSS_PORT, AUTH_PORT)


@dataclass(slots=True)
class Proxy:
    """LCP's process, which has its simulated enclave; its arguments but for its address.

    `root` is the attestation service's certificate, in DER.
    """

    root: bytes
    arguments: Sequence[object]
    logs: Path
    service: Service

    @classmethod
    def start(cls, directory: Path, stack: ExitStack) -> Self:
        """Make it and its attestation service, and start both; `stack` ends them."""
        attesting, lcp, logs = (directory / name for name in ("attestation", "lcp", LOGS))
        authority = open_authority(attesting, datetime.now(UTC))
        register_platform(attesting, open_platform(lcp).platform)
        command = ("lcp", "attestation", attesting, "--address", _ANY_PORT)
        attestation = Service.start("attestation", command, logs)
        stack.callback(attestation.stop)
        arguments = ("lcp", "run", lcp, "--attestation", attestation.said["address"])
        service = Service.start("lcp", (*arguments, "--address", _ANY_PORT), logs)
        made = cls(authority.root, arguments, logs, service)
        stack.callback(made.stop)
        return made

    @property
    def address(self) -> str:
        """Where it answers."""
        return str(self.service.said["address"])

    @property
    def mrenclave(self) -> str:
        """What was measured of the enclave, in hexadecimal."""
        return str(self.service.said["mrenclave"])

    @property
    def enclave(self) -> int:
        """The enclave's process: the only one that LCP's has started."""
        (found,) = children_of(self.service.process.pid)
        return found

    def restart(self) -> None:
        """Start it where it was, after it has ended."""
        arguments = (*self.arguments, "--address", self.address)
        self.service = Service.start("lcp", arguments, self.logs)

    def stop(self) -> None:
        """End it, and with it the enclave."""
        self.service.stop()


@dataclass
class Relaying:
    """The relayer's files, and its process while it runs."""

    directory: Path
    service: Service | None = None
    _serves: tuple[str, Sequence[str]] = ("", ())

    @property
    def health(self) -> str:
        """Where the running relayer tells its figures; empty while there is none."""
        running = self.service is not None and self.service.is_alive
        return str(self.service.said["health"]) if self.service and running else ""

    def configure(self, corda: CordaSide, url: str, proxy: str) -> None:
        """Write a configuration for each bank, and the buyer's for signatures alone.

        `url` is GoQuorum's endpoint, `proxy` is LCP's address.
        """
        for node, ports in (
            (BUYERS_BANK, PORTS),
            (SELLERS_BANK, PORTS),
            (BUYERS_BANK, (AUTH_PORT,)),
        ):
            address, user = corda.clients.login(node)
            content: dict[str, TomlValue] = {
                "corda": {"address": address, "username": user.username, "password": user.password},
                "goquorum": {"url": url, "bridge": BRIDGE_FILE, "key": key_file(RELAYER)},
                "lcp": {"address": proxy},
                "channels": dict.fromkeys(ports, CROSS_VERSION),
            }
            write_private(self._file(node, ports), to_toml(content).encode())

    def open(self, corda: CordaSide, quorum: QuorumSide) -> dict[str, str]:
        """Open clients, connection and channels, as `relayer handshake` does.

        Between connection and channels the clients are admitted: by both banks, and on GoQuorum.

        The channels' names on Corda by their ports.

        Raises: HandshakeException.
        """
        config = load_config(self._file(BUYERS_BANK, PORTS))
        key = read_key(self.directory / key_file(RELAYER), str)
        given = Given(self.directory, quorum.bridge.handler.address, quorum.block, key, time.time)
        with connected(config, given) as parties:
            path = open_path(parties, config.channels, lambda made: _admit(made, corda, quorum))
        return {channel.port: channel.here_id for channel in path.channels}

    def switch(self, node: str, ports: Sequence[str] = PORTS) -> None:
        """Relay by a bank's node: everything, or the packets of some ports alone.

        Where coins are locked, that is the buyer's node: it alone can take them. A relayer that
        serves something else is killed; it keeps nothing that another doesn't find on the chains.
        """
        if (node, ports) == self._serves and self.health:
            return
        self.kill()
        arguments = ("relayer", "run", self._file(node, ports))
        self.service = Service.start("relayer", arguments, self.directory / LOGS)
        self._serves = node, ports

    def kill(self) -> None:
        """End it by SIGKILL."""
        if self.service is not None:
            self.service.kill()

    def stop(self) -> None:
        """End it."""
        if self.service is not None:
            self.service.stop()

    def _file(self, node: str, ports: Sequence[str]) -> Path:
        return self.directory / f"relayer-{node}-{'-'.join(ports)}.toml"


def _admit(path: BridgePath, corda: CordaSide, quorum: QuorumSide) -> None:
    corda.admit(path.here.client_id)
    quorum.admit(path.there.client_id)
