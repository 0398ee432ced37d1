"""Everything as real processes: nodes, devnet, proxy, attestation service, and the relayer."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from corda_sim.cli.connect import connect
from corda_sim.cli.main import run
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.sending import SendPacket
from corda_sim.ibc.client.height import Height
from corda_sim.node.config import load_config
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.supervisor import Supervisor
from corda_sim.rpc.client import NodeRpcClient
from goquorum.bridge_file import BridgeFile
from goquorum.deploy import deploy, deploy_bridge
from goquorum.endpoint.account import Contract, Sender
from goquorum.endpoint.json_rpc import JsonRpc
from notary.seat import set_up_notary
from tests.integration.goquorum.conftest import DEPLOYER
from tests.integration.relayer.conftest import RELAYER_KEY

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(400)]
PORT: Final = "mock"
NEVER: Final = Height(0, 2**64 - 1)
CONFIG = """
[corda]
{first}
[[corda.fallbacks]]
{fallback}
[goquorum]
url = "{url}"
bridge = "bridge.json"
key = "key"
[lcp]
address = "{lcp}"
[channels]
mock = "mock-1"
"""


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "corda_sim.cli.main", *words]


class Process:
    """A command that says in JSON when it is ready; it ends with the test."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(command(*words, "--json"), stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()


@dataclass
class Bridge:
    """Both chains as they run, and the relayer's file. The second node is asked here."""

    network: Supervisor
    config: Path
    node: NodeRpcClient
    rpc: JsonRpc
    owner: Sender
    handler: Contract
    module: Contract
    block: int

    def send_from_corda(self, data: bytes, timeout: int = 0) -> str:
        """A packet by the host's nop module; its path there."""
        height = Height() if timeout else NEVER
        message = SendPacket(PORT, "channel-0", data, height, timeout)
        packed = AnyMessage.pack(message).encode().hex()
        told = self.node.start_flow("corda_sim.ibc.IbcSubmitFlow", {"messages": packed}).get()
        sent = [dict(one["attributes"]) for one in told["events"] if one["type"] == "send_packet"]
        return f"commitments/ports/{PORT}/channels/channel-0/sequences/{sent[0]['packet_sequence']}"

    def is_open(self, path: str) -> bool:
        return bool(self.node.invoke("ibcQuery", path=path)["value"])

    def send_from_goquorum(self, data: bytes) -> None:
        place = (self.handler.address, PORT, "channel-0", (0, 2**64 - 1), 0, data)
        self.module.transact(self.owner, "sendPacket", *place)

    def acknowledged(self) -> int:
        return int(self.module.view("acknowledged")[0])

    def reverted(self) -> int:
        """How many of the relayer's transactions failed."""
        head = int(self.rpc.call("eth_blockNumber"), 16)
        found = 0
        for number in range(self.block, head + 1):
            block = self.rpc.call("eth_getBlockByNumber", hex(number), True)
            for sent in block["transactions"]:
                receipt = self.rpc.call("eth_getTransactionReceipt", sent["hash"])
                found += receipt["status"] == "0x0"
        return found


def eventually(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def lcp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], bytes]]:
    attesting, directory = (str(tmp_path_factory.mktemp(one)) for one in ("attestation", "lcp"))
    assert run(["lcp", "register", attesting, directory]) == 0
    service = Process("lcp", "attestation", attesting, "--address", "127.0.0.1:0")
    where = ("--attestation", service.ready["address"], "--address", "127.0.0.1:0")
    proxy = Process("lcp", "run", directory, *where)
    yield proxy.ready, (Path(attesting) / "root.der").read_bytes()
    proxy.stop()
    service.stop()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    directory = tmp_path_factory.mktemp("bridge") / "network"
    create_network(directory, NetworkRequest(), set_up_notary)
    supervisor = Supervisor(directory)
    try:
        supervisor.up()
        yield supervisor
    finally:
        supervisor.down()


@pytest.fixture(scope="module")
def bridge(
    network: Supervisor,
    lcp: tuple[dict[str, Any], bytes],
    rpc: JsonRpc,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bridge]:
    folder = tmp_path_factory.mktemp("relayer")
    first, second = (network.directory / name for name in ("PartyA", "PartyB"))
    proxy, root = lcp
    owner = Sender(rpc, DEPLOYER)
    block = int(rpc.call("eth_blockNumber"), 16)
    made = deploy_bridge(owner, root, development=True)
    module = deploy(owner, "MockModule")
    made.handler.transact(owner, "bindPort", PORT, module.address)
    BridgeFile.of(rpc, block, made).write(folder / "bridge.json")
    (folder / "key").write_text(RELAYER_KEY.hex())
    (folder / "key").chmod(0o600)
    with connect(first) as other, connect(second) as node:
        make_host(other, proxy["mrenclave"], root)
        nodes = {"first": access(other, first), "fallback": access(node, second)}
        text = CONFIG.format(**nodes, url=rpc.url, lcp=proxy["address"])
        (folder / "relayer.toml").write_text(text)
        (folder / "relayer.toml").chmod(0o600)
        config = folder / "relayer.toml"
        yield Bridge(network, config, node, rpc, owner, made.handler, module, block)


def access(node: NodeRpcClient, directory: Path) -> str:
    user = load_config(directory).rpc_users[0]
    words = {"address": node.address, "username": user.username, "password": user.password}
    return "\n".join(f'{name} = "{value}"' for name, value in words.items())


def make_host(node: NodeRpcClient, mrenclave: str, root: bytes) -> None:
    parties = {"participants": "PartyA;PartyB;Validator"}
    base_id = node.start_flow("corda_sim.ibc.GenesisCreateFlow", parties).get()
    settings = {
        "base_id": str(base_id),
        "chain_id": "corda-test",
        "validators": "Validator",
        "mrenclave": mrenclave,
        "attestation_root": root.hex(),
        "development_mode": "true",
        "ports": f"{PORT}=nop",
    }
    node.start_flow("corda_sim.ibc.HostCreateFlow", settings).get()


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:  # noqa: ANN401 - JSON
    capsys.readouterr()
    assert run(["relayer", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_bridge_is_opened_used_killed_and_explained(
    bridge: Bridge, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(bridge.config)
    opened = told(capsys, "handshake", config)
    assert opened["corda"]["channels"] == opened["goquorum"]["channels"] == {PORT: "channel-0"}
    assert told(capsys, "handshake", config) == opened

    relayer = Process("relayer", "run", config)
    there = [bridge.send_from_corda(b"there %d" % number) for number in range(3)]
    for number in range(3):
        bridge.send_from_goquorum(b"back %d" % number)
    eventually(lambda: not any(map(bridge.is_open, there)) and bridge.acknowledged() == 3)
    assert told(capsys, "packets", config) == []
    status = told(capsys, "status", config)
    assert status["path"] == opened
    assert status["relayer"] == {
        "pid": relayer.process.pid,
        "health": relayer.ready["health"],
        "parked": 0,
        "reasons": [],
    }

    there = [bridge.send_from_corda(b"again %d" % number) for number in range(3)]
    for number in range(3):
        bridge.send_from_goquorum(b"again %d" % number)
    relayer.kill()
    assert told(capsys, "status", config)["relayer"] is None
    relayer = Process("relayer", "run", config)
    eventually(lambda: not any(map(bridge.is_open, there)) and bridge.acknowledged() == 6)
    assert bridge.reverted() <= 1
    assert bridge.module.view("received") == (6,)

    late = bridge.send_from_corda(b"revert", (int(time.time()) + 4) * 10**9)
    eventually(lambda: bool(bridge.rpc.call("quick_mine")) and not bridge.is_open(late))
    found = told(capsys, "explain", config, f"corda/{PORT}/channel-0/7")
    assert (found["stage"], found["acknowledgement"], found["parked"]) == ("done", None, None)
    bridge.network.down(["PartyA"])
    bridge.send_from_goquorum(b"while the first node is away")
    eventually(lambda: bridge.acknowledged() == 7)
    metrics = urllib.request.urlopen(f"http://{relayer.ready['health']}/metrics").read().decode()
    assert 'corda_relayer_outcomes_total{kind="timeout"' in metrics
    relayer.stop()
    assert relayer.process.returncode == 0
    log = (bridge.config.parent / "relayer" / "logs" / "relayer.log").read_text()
    assert "receive of corda mock/channel-0/1: done" in log
    assert RELAYER_KEY.hex() not in log
