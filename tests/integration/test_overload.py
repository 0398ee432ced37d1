"""As many flows as a node takes, all towards a peer that is silent, and slow later."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from corda_sim.cli.connect import connect
from corda_sim.flow.settings import EngineSettings
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.supervisor import Supervisor
from corda_sim.rpc.client import NodeRpcClient
from corda_sim.rpc.errors import RpcException
from corda_sim.testing.figures import metrics_of
from notary.seat import set_up_notary

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(1200)]

NODE, SILENT, OTHER = "PartyA", "PartyB", "PartyC"
FLOW = "RequestAccountInfo"
MOST = EngineSettings().max_flows
TOWARDS_SILENT, OTHERS = MOST - 50, 20
MEGABYTE = 1024 * 1024
BOUND = 300 * MEGABYTE
PATIENCE_SECONDS = 300


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    directory = tmp_path / "network"
    request = NetworkRequest(parties=(NODE, SILENT, OTHER), validator=False, outsider=False)
    create_network(directory, request, set_up_notary)
    made = Supervisor(directory)
    made.up()
    yield made
    made.down()


def pid_of(supervisor: Supervisor, name: str) -> int:
    (pid,) = [one.pid for one in supervisor.status() if one.name == name]
    assert pid is not None
    return pid


def memory_of(pid: int) -> int:
    """Resident bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def begin(client: NodeRpcClient, peer: str, client_id: str) -> None:
    """A flow that waits for the peer's answer."""
    client.begin_flow(FLOW, {"account": "nobody", "host": peer}, client_id)


def ask_other(client: NodeRpcClient, client_id: str) -> object:
    """A whole flow with the peer that answers; asked again when the node says so."""
    while True:
        try:
            return client.start_flow(FLOW, {"account": "nobody", "host": OTHER}, client_id).get()
        except RpcException as error:
            if not error.eta_seconds:
                raise
            time.sleep(error.eta_seconds)


@contextmanager
def slow(pid: int) -> Iterator[None]:
    """Let a process work for a quarter of the time alone."""
    over = threading.Event()

    def pulse() -> None:
        while not over.wait(0.15):
            os.kill(pid, signal.SIGCONT)
            over.wait(0.05)
            os.kill(pid, signal.SIGSTOP)

    thread = threading.Thread(target=pulse)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def fill(client: NodeRpcClient) -> RpcException:
    """Begin flows until the node takes no more; what it says then."""
    for number in range(MOST):
        try:
            begin(client, SILENT, f"one more {number}")
        except RpcException as error:
            return error
    pytest.fail("the node takes flows without end")


def test_a_silent_peer_and_a_slow_one(supervisor: Supervisor) -> None:
    node, silent = pid_of(supervisor, NODE), pid_of(supervisor, SILENT)
    with connect(supervisor.directory / NODE) as client, ThreadPoolExecutor(32) as pool:
        os.kill(silent, signal.SIGSTOP)
        try:
            list(pool.map(lambda n: begin(client, SILENT, f"{n}"), range(TOWARDS_SILENT)))
            assert [ask_other(client, f"other {n}") for n in range(OTHERS)] == [None] * OTHERS

            refused = fill(client)
            assert refused.type_name == "RejectedCommandException"
            assert refused.eta_seconds > 0
            assert memory_of(node) < BOUND

            with slow(silent):
                beside = [ask_other(client, f"beside the slow one {n}") for n in range(OTHERS)]
            assert beside == [None] * OTHERS
        finally:
            os.kill(silent, signal.SIGCONT)

        until(lambda: metrics_of(supervisor.directory / NODE)["corda_flows_in_flight"] == 0)
        assert metrics_of(supervisor.directory / NODE)["corda_flows_error_total"] == 0
        assert ask_other(client, "afterwards") is None
        assert memory_of(node) < BOUND
