"""A second process on the same database is the cold standby of the first."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corda_sim.cli.connect import connect
from corda_sim.cli.network import set_up_notary
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.supervisor import Supervisor

pytestmark = pytest.mark.integration

NODE = "PartyA"


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    directory = tmp_path / "network"
    create_network(directory, NetworkRequest(parties=(NODE,)), set_up_notary)
    made = Supervisor(directory)
    made.up([NODE])
    yield made
    made.down()


def pids(supervisor: Supervisor, state: str) -> list[int]:
    found = [one for one in supervisor.status() if one.name == NODE and one.state == state]
    return [one.pid for one in found if one.pid is not None]


def until(condition: Callable[[], bool], seconds: float) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_the_standby_goes_on_within_five_seconds(
    supervisor: Supervisor, how: signal.Signals
) -> None:
    (active,) = pids(supervisor, "ready")
    node_dir = supervisor.directory / NODE
    with connect(node_dir) as client:
        client.start_flow("CreateAccount", {"name": "alice"}).get()
        epoch = client.invoke("nodeInfo")["epoch"]
    standby = supervisor.spawn(NODE).pid
    until(lambda: standby in pids(supervisor, "standby"), 20)
    os.kill(active, how)
    until(lambda: standby in pids(supervisor, "ready"), 5)
    assert pids(supervisor, "ready") == [standby]
    with connect(node_dir) as client:
        assert [one["name"] for one in client.invoke("accountList")] == ["alice"]
        assert client.invoke("nodeInfo")["epoch"] > epoch
