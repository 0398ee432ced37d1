"""A second process on the same database is the cold standby of the first."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from corda_sim.cli.connect import connect
from corda_sim.core.contracts import Amount
from corda_sim.invariants import databases_of
from corda_sim.invariants.reading import read_node
from corda_sim.invariants.views import NodeView
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.node import FENCED_EXIT_CODE
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.schema import node_mutual_exclusion
from corda_sim.node.supervisor import Supervisor
from corda_sim.testing.driver import Driver, RunningNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from notary.seat import set_up_notary
from tests.integration.rigs import Rig

pytestmark = pytest.mark.integration

NODE = "PartyA"
PATIENCE_SECONDS = 60


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# --- as users run them: `node run` twice ----------------------------------------------------


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


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_the_standby_serves_rpc_after_its_holder(
    supervisor: Supervisor, how: signal.Signals
) -> None:
    (active,) = pids(supervisor, "ready")
    node_dir = supervisor.directory / NODE
    with connect(node_dir) as client:
        client.start_flow("CreateAccount", {"name": "alice"}).get()
        epoch = client.invoke("nodeInfo")["epoch"]
    standby = supervisor.spawn(NODE).pid
    until(lambda: standby in pids(supervisor, "standby"))
    os.kill(active, how)
    until(lambda: standby in pids(supervisor, "ready"))
    assert pids(supervisor, "ready") == [standby]
    with connect(node_dir) as client:
        assert [one["name"] for one in client.invoke("accountList")] == ["alice"]
        assert client.invoke("nodeInfo")["epoch"] == epoch + 1


# --- in the middle of a payment, on both rigs -----------------------------------------------


@pytest.fixture(scope="module", params=[pytest.param(rig, marks=rig.marks, id=rig) for rig in Rig])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    asked = request.param.network(request)
    with Driver(asked, environment={"PYTHONHASHSEED": "random"}) as made:
        made.start()
        made.run(NODE, CashIssueFlow(Amount.parse("1000 JPY"), splits=20), "issue")
        yield made


def epoch_of(driver: Driver) -> int:
    storage = SqlStorage(url_of(driver))
    try:
        (row,) = storage.read(select(node_mutual_exclusion.c.version))
    finally:
        storage.close()
    return int(row.version)


def url_of(driver: Driver) -> str:
    return next(one.url for one in databases_of(driver.network) if one.name == NODE)


def rows_of(driver: Driver) -> NodeView:
    return read_node(next(one for one in databases_of(driver.network) if one.name == NODE))


def is_stopped(node: RunningNode) -> bool:
    if not node.is_alive:
        return True
    stat = Path(f"/proc/{node.process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


@contextmanager
def failed_over(driver: Driver, where: str) -> Iterator[RunningNode]:
    """Kill or stop the holder at a crash point in a payment; its standby ends the payment.

    Gives the former holder.
    """
    pay = CashPaymentFlow(Amount.parse("10 JPY"), recipient=driver.party("PartyB"))
    epoch, holder = epoch_of(driver), driver.running.pop(NODE)
    try:
        standby = driver.spawn(NODE)
        assert not standby.client.ready.wait(3)  # longer than the lease: it is renewed
        assert epoch_of(driver) == epoch
        holder.client.arm(where)
        holder.client.ask(pay, f"pay, {where}")
        until(lambda: is_stopped(holder))

        driver.await_ready(standby)
        assert epoch_of(driver) == epoch + 1
        driver.run(NODE, pay, f"pay, {where}")
        assert driver.await_quiet()
        assert driver.check() == []
        yield holder
    finally:
        holder.process.kill()
        holder.process.wait()
        holder.client.close()


def test_a_killed_holder(driver: Driver) -> None:
    with failed_over(driver, "before_commit:2") as holder:
        assert holder.process.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    "where",
    ["before_commit:2:stop", "after_commit:2:stop"],
    ids=["in its transaction", "between commits"],
)
def test_a_frozen_holder_wakes_up_and_leaves(driver: Driver, where: str) -> None:
    on_sqlite = url_of(driver).startswith("sqlite")
    with failed_over(driver, where) as holder:
        epoch, before = epoch_of(driver), rows_of(driver)
        # On SQLite it may hold the write lock, so the standby has killed it before it took over.
        assert holder.is_alive is not on_sqlite
        holder.process.send_signal(signal.SIGCONT)
        code = holder.process.wait(PATIENCE_SECONDS)

    assert on_sqlite or code == FENCED_EXIT_CODE
    assert (epoch_of(driver), rows_of(driver)) == (epoch, before)
    pay = CashPaymentFlow(Amount.parse("10 JPY"), driver.party("PartyB"))
    driver.run(NODE, pay, f"after {where}")
    assert driver.await_quiet()
    assert driver.check() == []
