import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corda_sim.core.identity import CordaX500Name
from corda_sim.node.manifest import ManifestNode, NetworkManifest, write_manifest
from corda_sim.node.network_errors import (
    ConfirmationRequiredException,
    NetworkNotFoundException,
    NodeStartException,
)
from corda_sim.node.node_files import RunFile
from corda_sim.node.run_files import announce, node_processes
from corda_sim.node.supervisor import Supervisor

NOTARY = CordaX500Name("Notary Service", "Zurich", "CH")

NODE = """
import http.server, os, signal, sys, threading, time
sys.path.insert(0, {root!r})
from pathlib import Path
from corda_sim.node.node_files import RunFile
node_dir = Path(sys.argv[1])
behaviour = node_dir.name
if behaviour == "Broken":
    sys.exit("the database is gone")
if behaviour == "Stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if behaviour == "Slow" else 200)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
RunFile(behaviour, str(node_dir), os.getpid(), "ready", "127.0.0.1:1",
        f"127.0.0.1:{{server.server_port}}").write(node_dir)
server.serve_forever()
"""


def network(directory: Path, *names: str) -> Supervisor:
    nodes = tuple(
        ManifestNode(
            name=name,
            legal_name=CordaX500Name(name, "London", "GB"),
            dir=name,
            role="party",
            rpc="127.0.0.1:1",
        )
        for name in names
    )
    directory.mkdir()
    for name in names:
        (directory / name).mkdir()
    write_manifest(directory, NetworkManifest(notary=NOTARY, validating=True, nodes=nodes))
    script = directory / "node.py"
    script.write_text(NODE.format(root=str(Path(__file__).parents[3])))
    return Supervisor(directory, (sys.executable, str(script)))


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "net"
    if (tmp_path / "net" / "network.toml").exists():
        Supervisor(tmp_path / "net").down(timeout_seconds=0.2)


def test_up_status_down(directory: Path) -> None:
    supervisor = network(directory, "PartyA", "PartyB")
    assert [s.state for s in supervisor.status()] == ["stopped", "stopped"]
    up = supervisor.up(timeout_seconds=60)
    assert [(s.name, s.state) for s in up] == [("PartyA", "ready"), ("PartyB", "ready")]
    pids = [s.pid for s in up]
    assert [s.pid for s in supervisor.up()] == pids, "what runs isn't started again"
    assert supervisor.down(["PartyA"]) == []
    assert [s.state for s in supervisor.status()] == ["stopped", "ready"]
    assert supervisor.down() == []
    assert list((directory / "PartyB" / "run").iterdir()) == []


def test_a_second_process_is_listed_too(directory: Path) -> None:
    supervisor = network(directory, "PartyA")
    supervisor.up(timeout_seconds=60)
    supervisor.spawn("PartyA")
    assert len(supervisor.status()) == 2
    supervisor.down()
    assert [s.pid for s in supervisor.status()] == [None]


def test_a_stubborn_node_is_killed(directory: Path) -> None:
    supervisor = network(directory, "Stubborn")
    supervisor.up(timeout_seconds=60)
    assert supervisor.down(timeout_seconds=0.3) == ["Stubborn"]
    assert supervisor.status()[0].state == "stopped"


def test_a_node_that_ends_says_why(directory: Path) -> None:
    supervisor = network(directory, "Broken")
    with pytest.raises(NodeStartException, match="the database is gone") as failed:
        supervisor.up(timeout_seconds=60)
    assert failed.value.log.read_text()


def test_a_node_that_isnt_ready_in_time(directory: Path) -> None:
    supervisor = network(directory, "Slow")
    with pytest.raises(NodeStartException, match="in time"):
        supervisor.up(timeout_seconds=1.5)
    assert supervisor.status()[0].state == "standby"


def test_a_killed_node_is_stopped_and_starts_again(directory: Path) -> None:
    supervisor = network(directory, "PartyA")
    pid = supervisor.up(timeout_seconds=60)[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while supervisor.status()[0].state != "stopped" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert supervisor.status()[0].pid is None
    assert supervisor.up(timeout_seconds=60)[0].pid != pid


def test_another_process_with_a_nodes_old_id_is_left_alone(directory: Path) -> None:
    supervisor = network(directory, "PartyA")
    node_dir = directory / "PartyA"
    announce(node_dir, RunFile("PartyA", str(node_dir), os.getpid(), "ready", "", ""))
    file = node_dir / "run" / f"{os.getpid()}.json"
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert node_processes(node_dir) == []
    assert supervisor.down() == []
    assert not file.exists()


def test_destroy_asks_first(directory: Path) -> None:
    supervisor = network(directory, "PartyA")
    supervisor.up(timeout_seconds=60)
    with pytest.raises(ConfirmationRequiredException):
        supervisor.destroy(yes=False)
    assert supervisor.status()[0].state == "ready"
    supervisor.destroy(yes=True)
    assert not directory.exists()


def test_only_networks_are_touched(tmp_path: Path) -> None:
    with pytest.raises(NetworkNotFoundException):
        Supervisor(tmp_path)
    supervisor = network(tmp_path / "net", "PartyA")
    with pytest.raises(NetworkNotFoundException):
        supervisor.up(["Nobody"])
