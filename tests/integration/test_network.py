"""A network of real processes: issue, pay, and what those who aren't party to it never learn."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.invariants import databases_of
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage
from corda_sim.testing.driver import Driver
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with Driver(environment={"PYTHONHASHSEED": "random"}) as made:
        made.start()
        yield made


def transactions_of(driver: Driver, name: str) -> set[SecureHash]:
    database = next(one for one in databases_of(driver.network) if one.name == name)
    storage = SqlStorage(database.url)
    try:
        rows = storage.read(select(schema.node_transactions.c.tx_id))
        return {SecureHash.parse(row.tx_id) for row in rows}
    finally:
        storage.close()


def test_payments_are_known_to_their_parties_alone(driver: Driver) -> None:
    validator = driver.party("Validator")
    driver.run("PartyA", CashIssueFlow(Amount.parse("100 JPY"), validator=validator), "issue")
    issued = transactions_of(driver, "PartyA")

    pay = CashPaymentFlow(Amount.parse("10 JPY"), recipient=driver.party("PartyB"))
    driver.run("PartyA", pay, "pay")

    assert driver.await_quiet()
    assert driver.check() == []
    paid = transactions_of(driver, "PartyA") - issued
    assert len(paid) == 1
    assert paid <= transactions_of(driver, "PartyB")
    assert not paid & transactions_of(driver, "Outsider")
    assert not paid & transactions_of(driver, "Validator")
