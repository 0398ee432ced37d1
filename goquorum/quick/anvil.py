"""anvil, the EVM of the quick devnet: real execution, real tries and proofs, Berlin rules."""

import platform
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from goquorum.endpoint.json_rpc import EndpointUnreachable, JsonRpc
from goquorum.errors import GoQuorumError
from goquorum.npm_packages import node_modules

CHAIN_ID: Final = 1337
GAS_LIMIT: Final = 0xE0000000
CODE_SIZE_LIMIT: Final = 128 * 1024
"""Of a contract, in bytes: as our genesis block of GoQuorum has it."""
START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 5.0
STATES_ON_DISK: Final = 500
"""How many former states are kept beside the 500 in memory, up to four megabytes each."""
_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class AnvilNotStarted(GoQuorumError):
    """anvil ended or didn't answer in time."""


def anvil_binary() -> Path:
    """The program for this machine, from npm's package. Raises GoQuorumError."""
    machine = _MACHINES.get(platform.machine().lower())
    if machine is None:
        raise AnvilNotStarted(f"anvil has no build for {platform.machine()}")
    name = f"anvil-{sys.platform}-{machine}"
    return node_modules("anvil") / "@foundry-rs" / name / "bin" / "anvil"


@dataclass
class Anvil:
    """A running anvil on loopback. It mines a block for each transaction unless told otherwise."""

    process: subprocess.Popen[bytes]
    rpc: JsonRpc
    states: tempfile.TemporaryDirectory[str]

    @classmethod
    def start(cls, port: int, *, mine_at_once: bool = True, timestamp: int | None = None) -> Self:
        """Start on a free port and wait for the first answer; `timestamp` (seconds) of block 0.

        Raises:
            AnvilNotStarted: it ended, or was too slow.
        """
        command = [str(anvil_binary()), "--host", "127.0.0.1", "--port", str(port), "--silent"]
        command += ["--chain-id", str(CHAIN_ID), "--hardfork", "berlin", "--gas-price", "0"]
        command += ["--gas-limit", str(GAS_LIMIT), "--accounts", "1"]
        command += ["--order", "fifo", "--code-size-limit", str(CODE_SIZE_LIMIT)]
        states = tempfile.TemporaryDirectory(prefix="corda-sim-anvil-")
        command += ["--cache-path", states.name, "--max-persisted-states", str(STATES_ON_DISK)]
        command += [] if mine_at_once else ["--no-mining"]
        command += [] if timestamp is None else ["--timestamp", str(timestamp)]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        made = cls(process, JsonRpc(f"http://127.0.0.1:{port}"), states)
        made._await_ready()
        return made

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.rpc.call("eth_chainId")
            except EndpointUnreachable:
                time.sleep(0.02)
            else:
                return
        self.process.kill()
        _, errors = self.process.communicate()
        self.states.cleanup()
        raise AnvilNotStarted(errors.decode(errors="replace")[-500:] or "anvil gave no answer")

    def stop(self) -> None:
        """End it."""
        self.rpc.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        self.states.cleanup()
