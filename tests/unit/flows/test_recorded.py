"""Paging through what a node has verified, and giving much of it back."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.write_batch import WriteBatch
from corda_sim.node.storage.database import SqlStorage
from corda_sim.testing.databases import make_database
from corda_sim.testing.mock_network import MockNetwork
from flows import recorded, recovery
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.database import reader
from flows.recorded import RecordedTransactions, create_recorded_transactions
from flows.recovery import RecoverTransactionsFlow
from tests.unit.flows.conftest import NewNetwork

IDS = sorted((SecureHash.sha256(bytes([number])) for number in range(7)), key=str)


@pytest.fixture
def index(tmp_path: Path) -> RecordedTransactions:
    """Seven transactions, of which the third isn't verified."""
    url = make_database(tmp_path / "node.db", ("node",))
    storage, batch = SqlStorage(url), WriteBatch()
    for number, tx_id in enumerate(IDS):
        row: dict[str, Any] = {
            "tx_id": str(tx_id),
            "transaction_value": b"",
            "state_machine_run_id": None,
            "status": "U" if number == 2 else "V",
            "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
        }
        batch.insert("node_transactions", row)
    assert storage.commit([batch], epoch=None) == [None]
    storage.close()
    return RecordedTransactions(reader(url))


def test_verified_ones_in_order(index: RecordedTransactions) -> None:
    assert index.page(None) == (*IDS[:2], *IDS[3:])
    assert index.page(IDS[4]) == tuple(IDS[5:])
    assert index.page(IDS[6]) == ()


@pytest.mark.parametrize("size", [1, 2, 5, 6, 7])
def test_pages_join_without_gap(
    index: RecordedTransactions, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(recorded, "PAGE_SIZE", size)
    found: list[SecureHash] = []
    while page := index.page(found[-1] if found else None):
        assert len(page) <= size
        found += page
    assert found == [*IDS[:2], *IDS[3:]]


def test_a_notary_keeps_no_transactions() -> None:
    hub: Any = SimpleNamespace(settings={"notary": {}}, database_url="sqlite:///none")
    assert create_recorded_transactions(hub) is None
    hub.settings = {}
    assert isinstance(create_recorded_transactions(hub), RecordedTransactions)


@pytest.fixture
def network(new_network: NewNetwork, monkeypatch: pytest.MonkeyPatch) -> MockNetwork:
    for module, name in ((recorded, "PAGE_SIZE"), (recovery, "BATCH_SIZE")):
        monkeypatch.setattr(module, name, 2)
    return new_network(reload=False)


def test_more_than_a_page_and_a_batch_come_back(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CashIssueFlow(Amount.parse("100 JPY")))
    for quantity in range(1, 6):
        a.run_flow(CashPaymentFlow(Amount.parse(f"{quantity} JPY"), b.party))
    b.run_flow(CashPaymentFlow(Amount.parse("6 JPY"), a.party))
    before = b.hub.vault.balances()
    with b.storage.writer.begin() as connection:
        for table in ("node_transactions", "vault_states", "vault_fungible_states", "state_party"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    b.restart()
    assert b.hub.vault.balances() == ()
    assert b.run_flow(RecoverTransactionsFlow(a.party)) == 6
    assert b.hub.vault.balances() == before == (Amount.parse("9 JPY"),)
