"""Chains of other shapes than a line, and several flows that need one at once."""

from datetime import timedelta

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows import resolution
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from tests.unit.flows.conftest import NewNetwork


def yen(quantity: int) -> Amount:  # type: ignore[type-arg] # of Currency
    return Amount.parse(f"{quantity} JPY")


def balance(node: MockNode) -> int:
    return sum(amount.quantity for amount in node.hub.vault.balances())


def chain_of(node: MockNode, tx_id: SecureHash) -> set[SecureHash]:
    """All that a transaction depends on, itself included, as far as the node has it verified."""
    waiting, seen = [tx_id], set[SecureHash]()
    while waiting:
        one = waiting.pop()
        found = node.hub.load_verified(one)
        assert found is not None
        seen.add(one)
        waiting += [ref.txhash for ref in found.inputs if ref.txhash not in seen]
    return seen


def test_a_triangle(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    issued = a.run_flow(CashIssueFlow(yen(10), splits=2))
    side = a.run_flow(CashPaymentFlow(yen(5), a.party))
    top = a.run_flow(CashPaymentFlow(yen(10), b.party))
    assert {ref.txhash for ref in top.inputs} == {issued.id, side.id}
    assert chain_of(b, top.id) == {issued.id, side.id, top.id}
    assert balance(b) == 10


def test_many_issues_merged(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    issues = {a.run_flow(CashIssueFlow(yen(1))).id for _ in range(6)}
    paid = a.run_flow(CashPaymentFlow(yen(6), b.party))
    assert chain_of(b, paid.id) == issues | {paid.id}


def test_flows_that_need_one_chain_at_once(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CashIssueFlow(yen(40)))
    for _ in range(4):
        a.run_flow(CashPaymentFlow(yen(40), a.party))
    a.run_flow(CashPaymentFlow(yen(10), a.party))
    pays = [a.start_flow(CashPaymentFlow(yen(q), b.party)) for q in (10, 20, 10)]
    network.run_network()
    network.advance(timedelta(seconds=30))
    for pay in pays:
        assert len(chain_of(b, pay.result().id)) >= 6
    assert balance(b) == 40


@pytest.mark.parametrize("size", [1, 3, 7])
def test_batches_of_any_size(
    new_network: NewNetwork, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(resolution, "BATCH_SIZE", size)
    network = new_network(reload=False)
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CashIssueFlow(yen(10), splits=2))
    for _ in range(6):
        a.run_flow(CashPaymentFlow(yen(10), a.party))
    paid = a.run_flow(CashPaymentFlow(yen(10), b.party))
    assert len(chain_of(b, paid.id)) == 8
    b.restart()
    assert len(chain_of(b, paid.id)) == 8
