"""Payments in a MockNetwork whose nodes are killed and started again between any two rounds."""

from collections.abc import Iterator

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.selection import InsufficientBalanceException
from corda_sim.testing.checking import check_mock
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

YEN_1000 = Amount.parse("1000 JPY")
MAX_ROUNDS = 60
"""A payment takes fewer; the sweep below ends when one has run through undisturbed."""


@pytest.fixture(params=[False, True], ids=["plain", "reload"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    with MockNetwork(reload=request.param) as made:
        yield made


def test_a_client_id_has_one_outcome(network: MockNetwork) -> None:
    party_a, party_b = network["PartyA"], network["PartyB"]
    party_a.run_flow(CashIssueFlow(YEN_1000))

    def pay(amount: str, client_id: str) -> MockFlow[SignedTransaction]:
        flow = CashPaymentFlow(Amount.parse(amount), recipient=party_b.party)
        started = party_a.start_flow(flow, client_id)
        network.run_network()
        return started

    first, refused = pay("10 JPY", "pay"), pay("5000 JPY", "too much")
    party_a.restart()
    again, refused_again = pay("10 JPY", "pay"), pay("5000 JPY", "too much")

    assert (again.flow_id, again.result()) == (first.flow_id, first.result())
    assert refused_again.flow_id == refused.flow_id
    with pytest.raises(InsufficientBalanceException):
        refused_again.result()
    assert balance(network, "PartyB") == 10
    assert check_mock(network) == []


def balance(network: MockNetwork, name: str) -> int:
    amounts = network[name].hub.vault.balances()
    return sum(amount.quantity for amount in amounts)


def test_issue_and_pay(network: MockNetwork) -> None:
    party_a, party_b = network["PartyA"], network["PartyB"]
    party_a.run_flow(CashIssueFlow(YEN_1000))

    party_a.run_flow(CashPaymentFlow(Amount.parse("10 JPY"), recipient=party_b.party))

    assert (balance(network, "PartyA"), balance(network, "PartyB")) == (990, 10)
    assert check_mock(network) == []


def test_payments_both_ways_side_by_side(network: MockNetwork) -> None:
    party_a, party_b = network["PartyA"], network["PartyB"]
    party_a.run_flow(CashIssueFlow(YEN_1000, splits=20))
    party_b.run_flow(CashIssueFlow(YEN_1000, splits=20))

    pays = [
        node.start_flow(CashPaymentFlow(Amount.parse("7 JPY"), recipient=peer.party))
        for node, peer in ((party_a, party_b), (party_b, party_a))
        for _ in range(10)
    ]
    network.run_network()

    assert all(pay.result() for pay in pays)
    assert (balance(network, "PartyA"), balance(network, "PartyB")) == (1000, 1000)
    assert check_mock(network) == []


def test_300_payments_at_once_out_of_one_coin() -> None:
    with MockNetwork() as network:
        party_a, party_b = network["PartyA"], network["PartyB"]
        party_a.run_flow(CashIssueFlow(YEN_1000))

        pays = [
            party_a.start_flow(CashPaymentFlow(Amount.parse("3 JPY"), recipient=party_b.party))
            for _ in range(300)
        ]
        network.run_network()

        assert all(pay.result() for pay in pays)
        assert (balance(network, "PartyA"), balance(network, "PartyB")) == (100, 900)
        assert check_mock(network) == []


@pytest.mark.parametrize("victim", ["PartyA", "PartyB", "Notary"])
@pytest.mark.parametrize(
    ("validating", "reload"), [(True, False), (False, True)], ids=["validating", "reload"]
)
def test_kill_in_every_round(victim: str, validating: bool, reload: bool) -> None:
    for kill_at in range(MAX_ROUNDS):
        with MockNetwork(validating_notary=validating, reload=reload) as network:
            if not killed_in_round(network, victim, kill_at):
                assert kill_at > 3
                return
            assert check_mock(network) == [], f"{victim} killed in round {kill_at}"
            assert (balance(network, "PartyA"), balance(network, "PartyB")) == (990, 10)
    pytest.fail(f"the payment takes more than {MAX_ROUNDS} rounds")


def killed_in_round(network: MockNetwork, victim: str, kill_at: int) -> bool:
    """Whether the payment was still under way in that round; the network is at rest after it."""
    party_a, party_b = network["PartyA"], network["PartyB"]
    party_a.run_flow(CashIssueFlow(YEN_1000))
    payment = CashPaymentFlow(Amount.parse("10 JPY"), recipient=party_b.party)
    party_a.start_flow(payment, client_id="payment")
    for _ in range(kill_at):
        worked = [node.pump() for node in network.nodes.values()]
        if not any(worked):
            return False
    network[victim].restart()
    party_a.start_flow(
        CashPaymentFlow(Amount.parse("10 JPY"), recipient=party_b.party), client_id="payment"
    )
    network.run_network()
    return True
