"""On processes: what arrives while a node drains, and a flow whose row breaks the database."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from corda_sim.core.contracts import Amount
from corda_sim.flow.state import FlowStatus
from corda_sim.invariants import databases_of
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.schema import node_session_inits
from corda_sim.testing.driver import Driver
from corda_sim.testing.sim.poison import PoisonFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from tests.integration.crashing import PATIENCE_SECONDS, view_of
from tests.integration.rigs import Rig

pytestmark = pytest.mark.integration

PAYER, PAYEE = "PartyA", "PartyB"
STARTED = "corda_flows_started_total"
IN_FLIGHT, IN_HOSPITAL = "corda_flows_in_flight", "corda_flows_in_hospital"
YEN_10 = Amount.parse("10 JPY")
MANY = 200


@pytest.fixture(scope="module", params=[pytest.param(rig, marks=rig.marks, id=rig) for rig in Rig])
def driver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Driver]:
    folder = tmp_path_factory.mktemp("poison")
    install_poison(folder)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {"PYTHONHASHSEED": "random", "PYTHONPATH": os.pathsep.join(paths)}
    with Driver(request.param.network(request), environment=environment) as made:
        made.start()
        made.run(PAYER, CashIssueFlow(Amount.parse("10000 JPY"), splits=MANY), "issue")
        yield made


def install_poison(folder: Path) -> None:
    """An entry point as that of a user's CorDapp."""
    info = folder / "poison-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: poison\nVersion: 1\n")
    points = "[corda_sim.cordapps]\npoison = corda_sim.testing.sim.poison:POISON_APP\n"
    (info / "entry_points.txt").write_text(points)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def kept_inits(driver: Driver, name: str) -> int:
    url = next(one.url for one in databases_of(driver.network) if one.name == name)
    storage = SqlStorage(url)
    try:
        return len(storage.read(select(node_session_inits.c.message_id)))
    finally:
        storage.close()


@pytest.mark.slow
def test_what_arrives_while_a_node_drains_runs_once_after_a_kill(driver: Driver) -> None:
    assert driver.await_quiet()  # the notary has asked all its witnesses, the payee among them
    received, pay = len(view_of(driver, PAYEE).vault), CashPaymentFlow(YEN_10, driver.party(PAYEE))
    driver.running[PAYEE].client.set_draining(enabled=True)
    paid = driver.ask(PAYER, pay, "paid to a node that drains")
    until(lambda: kept_inits(driver, PAYEE) == 1)

    driver.restart(PAYEE)
    assert (kept_inits(driver, PAYEE), driver.metrics(PAYEE)[STARTED]) == (1, 0)
    assert not paid.done()

    driver.running[PAYEE].client.set_draining(enabled=False)
    assert paid.result(PATIENCE_SECONDS) == ""
    assert driver.await_quiet()
    assert (kept_inits(driver, PAYEE), driver.metrics(PAYEE)[STARTED]) == (0, 1)
    assert len(view_of(driver, PAYEE).vault) == received + 1
    assert driver.check() == []


def test_one_poison_flow_among_many_goes_to_hospital_alone(driver: Driver) -> None:
    """The module's last test: the hospital keeps its patient."""
    pay, asked = CashPaymentFlow(YEN_10, driver.party(PAYEE)), []
    for number in range(MANY):
        if number == MANY // 2:
            poison = driver.ask(PAYER, PoisonFlow(), "poison")
        asked.append(driver.ask(PAYER, pay, f"beside poison {number}"))

    assert {future.result(PATIENCE_SECONDS) for future in asked} == {""}
    until(lambda: driver.metrics(PAYER)[IN_HOSPITAL] == driver.metrics(PAYER)[IN_FLIGHT] == 1)
    assert not poison.done()
    flows = view_of(driver, PAYER).flows.values()
    ill = [flow.name for flow in flows if flow.status is FlowStatus.HOSPITALIZED]
    assert ill == [PoisonFlow.flow_name]
    assert driver.check() == []
