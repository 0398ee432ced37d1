"""PostgreSQL and RabbitMQ go away under load and come back: nothing is lost, work goes on."""

import time
from collections.abc import Iterator
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

PAYMENTS = 100
DOWN_SECONDS = 1.5


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
        made.run("PartyA", CashIssueFlow(Amount.parse("10000 JPY"), splits=100), "issue")
        yield made


def begin_payments(driver: Driver, name: str) -> list[Future[str]]:
    """Ask for payments, wait until the first are settled, and ask for as many again.

    The first ones come to their end together, so that others must be under way behind them.
    """
    payee = driver.party("PartyB")

    def ask(number: int) -> Future[str]:
        flow = CashPaymentFlow(Amount.parse("1 JPY"), payee)
        return driver.ask("PartyA", flow, f"{name} {number}")

    first = [ask(number) for number in range(PAYMENTS)]
    assert first[0].result(60) == ""
    second = [ask(number) for number in range(PAYMENTS, 2 * PAYMENTS)]
    assert unsettled(second) > PAYMENTS // 2
    return first + second


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


@pytest.mark.parametrize("node", ["RabbitMQ corda_sim_a", "RabbitMQ corda_sim_b"])
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
    with psycopg.connect(servers["PostgreSQL"].admin, autocommit=True) as connection:
        ended = 0
        while unsettled(asked) > PAYMENTS // 3:
            ended += len(connection.execute(END_SESSIONS).fetchall())
            time.sleep(0.3)
    assert ended > 0
    finish(driver, asked, pids)


END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name LIKE 'corda-sim%' AND pid <> pg_backend_pid()
"""
