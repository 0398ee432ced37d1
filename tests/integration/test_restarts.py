"""PostgreSQL and RabbitMQ go away under load and come back: nothing is lost, work goes on."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future

import psycopg
import pytest

from corda_sim.core.contracts import Amount
from corda_sim.testing.driver import Driver
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from tests.conftest import PARTIES
from tests.integration.rigs import on_servers
from tests.servers.process import Server
from tests.services import missing, running, variables

pytestmark = [pytest.mark.integration, pytest.mark.postgres, pytest.mark.rabbitmq]

PAYER = "PartyA"
PAYMENTS = 100
DOWN_SECONDS, ALARM_SECONDS = 1.5, 4.0
START_ATTEMPTS = 10
BROKERS = ["RabbitMQ corda_sim_a", "RabbitMQ corda_sim_b"]
ALARMS = {
    "memory": ("set_vm_memory_high_watermark", "absolute", "1MB", "512MB"),
    "disk": ("set_disk_free_limit", "1000000GB", "50MB"),
}
"""What raises an alarm, after which a broker takes no message, and last what ends it."""


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Server]]:
    """Servers of these tests' own, which they may stop."""
    if missing():
        pytest.skip(f"{', '.join(missing())} is not installed")
    with running() as started:
        yield {server.name: server for server in started}


@pytest.fixture(scope="module")
def driver(
    servers: dict[str, Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Driver]:
    found = variables(servers.values())
    brokers = {party: found[f"CORDA_SIM_TEST_RABBITMQ_{party}"] for party in PARTIES}
    asked = on_servers(found["CORDA_SIM_TEST_POSTGRES"], brokers)
    directory, environment = tmp_path_factory.mktemp("restarts"), {"PYTHONHASHSEED": "random"}
    with Driver(asked, directory, environment=environment) as made:
        made.start()
        made.run(PAYER, CashIssueFlow(Amount.parse("10000 JPY"), splits=100), "issue")
        yield made


def begin_payments(driver: Driver, name: str) -> list[Future[str]]:
    """Ask for payments, wait until the first are settled, and ask for as many again.

    The first ones come to their end together, so that others must be under way behind them.
    """
    first = ask(driver, name, range(PAYMENTS))
    assert first[0].result(60) == ""
    second = ask(driver, name, range(PAYMENTS, 2 * PAYMENTS))
    assert unsettled(second) > PAYMENTS // 2
    return first + second


def ask(driver: Driver, name: str, numbers: Iterable[int]) -> list[Future[str]]:
    """Ask for payments, or again for what became of them."""
    flow = CashPaymentFlow(Amount.parse("1 JPY"), driver.party("PartyB"))
    return [driver.ask(PAYER, flow, f"{name} {number}") for number in numbers]


def unsettled(asked: list[Future[str]]) -> int:
    return sum(not future.done() for future in asked)


def finish(driver: Driver, asked: list[Future[str]], pids: dict[str, int]) -> None:
    """All are settled by the same processes, and nothing is wrong."""
    assert {future.result(90) for future in asked} == {""}
    assert driver.await_quiet()
    assert driver.check() == []
    assert pids_of(driver) == pids
    assert all(node.is_alive for node in driver.running.values())


def pids_of(driver: Driver) -> dict[str, int]:
    return {name: node.process.pid for name, node in driver.running.items()}


@pytest.mark.parametrize("node", BROKERS)
def test_a_broker_restarts(driver: Driver, servers: dict[str, Server], node: str) -> None:
    pids, asked = pids_of(driver), begin_payments(driver, node)
    servers[node].restart(DOWN_SECONDS)
    finish(driver, asked, pids)


def test_postgresql_restarts(driver: Driver, servers: dict[str, Server]) -> None:
    pids, asked = pids_of(driver), begin_payments(driver, "restart of PostgreSQL")
    servers["PostgreSQL"].restart(DOWN_SECONDS)
    finish(driver, asked, pids)


def test_database_sessions_are_ended(driver: Driver, servers: dict[str, Server]) -> None:
    pids, asked = pids_of(driver), begin_payments(driver, "ended sessions")
    ended = 0
    while unsettled(asked) > PAYMENTS // 3:
        ended += end_sessions(servers)
        time.sleep(0.3)
    assert ended > 0
    finish(driver, asked, pids)


@pytest.mark.parametrize("alarm", ["memory", pytest.param("disk", marks=pytest.mark.slow)])
def test_a_broker_raises_an_alarm(driver: Driver, servers: dict[str, Server], alarm: str) -> None:
    *command, too_much, enough = ALARMS[alarm]
    pids, broker = pids_of(driver), servers[BROKERS[0]]
    broker.tell(*command, too_much)
    try:
        asked = ask(driver, f"{alarm} alarm", range(PAYMENTS))
        time.sleep(ALARM_SECONDS)
        assert unsettled(asked) == PAYMENTS
    finally:
        broker.tell(*command, enough)
    finish(driver, asked, pids)


@pytest.mark.parametrize(
    "server", ["PostgreSQL", *(pytest.param(one, marks=pytest.mark.slow) for one in BROKERS)]
)
def test_a_server_restarts_while_a_node_recovers(
    driver: Driver, servers: dict[str, Server], server: str
) -> None:
    name = f"recovery without {server}"
    kill_under_load(driver, name)
    driver.spawn(PAYER)
    servers[server].restart(DOWN_SECONDS)
    await_recovered(driver)
    finish(driver, ask(driver, name, range(2 * PAYMENTS)), pids_of(driver))


@pytest.mark.slow
def test_database_sessions_are_ended_while_a_node_recovers(
    driver: Driver, servers: dict[str, Server]
) -> None:
    name = "recovery with ended sessions"
    kill_under_load(driver, name)
    recovering, ended = driver.spawn(PAYER), 0
    while not recovering.client.ready.wait(0.1):
        ended += end_sessions(servers)
    assert ended > 0
    await_recovered(driver)
    finish(driver, ask(driver, name, range(2 * PAYMENTS)), pids_of(driver))


def kill_under_load(driver: Driver, name: str) -> None:
    begin_payments(driver, name)
    driver.kill(PAYER)


def await_recovered(driver: Driver) -> None:
    """A process that can't begin without its database ends: whoever runs it starts it again."""
    for _ in range(START_ATTEMPTS):
        node = driver.running[PAYER]
        if node.client.ready.wait(60) and node.is_alive:
            return
        driver.spawn(PAYER)
    pytest.fail(f"{PAYER} doesn't come back: {driver.running[PAYER].log.read_text()[-2000:]}")


def end_sessions(servers: dict[str, Server]) -> int:
    """End the nodes' sessions at PostgreSQL; how many there were."""
    with psycopg.connect(servers["PostgreSQL"].admin, autocommit=True) as connection:
        return len(connection.execute(END_SESSIONS).fetchall())


END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name LIKE 'corda-sim%' AND pid <> pg_backend_pid()
"""
