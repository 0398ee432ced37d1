"""Two workers of one notary: real processes over one PostgreSQL database and one queue."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from corda_sim.cli.main import run
from corda_sim.core.contracts import Amount
from corda_sim.node.config import load_config, write_config
from corda_sim.node.crash import CrashPoint
from corda_sim.node.network_create import NetworkRequest
from corda_sim.node.provision import drop_provisioned
from corda_sim.testing.driver import Driver
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from notary.database import open_engine

pytestmark = [pytest.mark.integration, pytest.mark.postgres, pytest.mark.rabbitmq]

WORKERS = ("Notary", "Notary2")
YEN_1 = Amount.parse("1 JPY")


@pytest.fixture(scope="module")
def request_of_two(postgres_url: str, rabbitmq_urls: dict[str, str]) -> NetworkRequest:
    brokers = {"PartyA": "A", "PartyB": "B", "Notary": "NOTARY"}
    return NetworkRequest(
        databases=[postgres_url],
        brokers=[f"{node}={rabbitmq_urls[url]}" for node, url in brokers.items()],
        validator=False,
        outsider=False,
        notary_workers=2,
    )


@pytest.fixture(scope="module")
def driver(request_of_two: NetworkRequest) -> Iterator[Driver]:
    driver = Driver(request_of_two)
    made = driver.manifest.postgres
    assert made is not None
    try:
        with driver:
            driver.start()
            issue = CashIssueFlow(Amount.parse("1000 JPY"), splits=50)
            driver.run("PartyA", issue, "issue")
            yield driver
    finally:
        drop_provisioned(made.admin_url, list(made.databases), list(made.roles))


def pay(driver: Driver, client_id: str, count: int) -> None:
    flow = CashPaymentFlow(YEN_1, recipient=driver.party("PartyB"))
    # One at a time: session-inits that leave in one pack go to one worker.
    for number in range(count):
        driver.run("PartyA", flow, f"{client_id} {number}")


def ledger_url(driver: Driver, worker: str = "Notary") -> str:
    notary = load_config(driver.network / worker).notary
    assert notary is not None
    return notary.data_source_properties.url


def served(driver: Driver) -> dict[str, int]:
    """How many requests each worker has logged."""
    engine = open_engine(ledger_url(driver))
    query = "SELECT worker_node_x500_name, count(*) FROM notary_request_log GROUP BY 1"
    with engine.connect() as connection:
        rows = connection.execute(text(query)).all()
    engine.dispose()
    return {name.split(",")[0].removeprefix("O="): count for name, count in rows}


def test_both_workers_serve_one_queue_and_write_one_ledger(driver: Driver) -> None:
    pay(driver, "shared", 8)
    assert set(served(driver)) == set(WORKERS)
    assert sum(served(driver).values()) == 8
    assert ledger_url(driver, "Notary") == ledger_url(driver, "Notary2")
    assert driver.await_quiet()
    assert driver.check() == []


def test_the_status_shows_the_workers(driver: Driver, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["network", "status", str(driver.network), "--json"]) == 0
    nodes = json.loads(capsys.readouterr().out)["nodes"]
    assert {n["name"]: n["state"] for n in nodes} == dict.fromkeys(driver.names, "ready")
    assert set(WORKERS) <= {node["name"] for node in nodes}


def ask_again_after(node_dir: Path, seconds: float) -> None:
    """Have a node ask a silent notary worker's colleagues after that time, not after 30 s."""
    config = load_config(node_dir)
    waits = config.flow_timeout.model_copy(update={"timeout": timedelta(seconds=seconds)})
    write_config(node_dir, config.model_copy(update={"flow_timeout": waits}))


def requests_of(driver: Driver, worker: str) -> set[str]:
    """The transactions that a worker was asked to notarise."""
    engine = open_engine(ledger_url(driver))
    query = (
        "SELECT consuming_transaction_id FROM notary_request_log "
        "WHERE worker_node_x500_name LIKE :name"
    )
    with engine.connect() as connection:
        found = set(connection.execute(text(query), {"name": f"O={worker},%"}).scalars())
    engine.dispose()
    return found


def test_a_worker_killed_between_commit_and_reply_is_answered_for_by_the_other(
    driver: Driver,
) -> None:
    ask_again_after(driver.network / "PartyA", 2)
    driver.restart("PartyA")
    driver.kill("Notary")
    driver.await_ready(driver.spawn("Notary", crash=f"{CrashPoint.NOTARY_AFTER_COMMIT}:1"))

    for number in range(2 * len(WORKERS)):
        pay(driver, f"killed {number}", 1)
        if not driver.running["Notary"].is_alive:
            break
    else:
        pytest.fail("the armed worker was never asked")

    assert requests_of(driver, "Notary") & requests_of(driver, "Notary2")
    driver.start(["Notary"])
    pay(driver, "after", len(WORKERS))
    assert driver.await_quiet()
    assert driver.check() == []
