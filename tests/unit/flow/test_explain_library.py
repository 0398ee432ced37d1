"""What the library's own flows wait for, when it is another flow, the notary or a CorDapp."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.explain import Explanation, explain
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

YEN_10 = Amount.parse("10 JPY")


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    """PartyA has one coin, and no notary answers."""
    with MockNetwork() as made:
        made["PartyA"].run_flow(CashIssueFlow(YEN_10))
        made["Notary"].stop()
        yield made


def pay(network: MockNetwork) -> MockFlow[SignedTransaction]:
    started = network["PartyA"].start_flow(CashPaymentFlow(YEN_10, network["PartyB"].party))
    network.run_network()
    return started


def explained(network: MockNetwork, flow_id: str) -> Explanation:
    node = network["PartyA"]
    return explain(node.manager.flows[flow_id], node.hub.now_ns())


def test_a_payment_waits_for_the_notary_which_must_be_up(network: MockNetwork) -> None:
    found = explained(network, pay(network).flow_id)

    assert "Notary" in str(found["from"])
    assert "Notary Service, L=London, C=GB must be up" in str(found["unblock"])


def test_a_second_payment_waits_for_the_coin_that_the_first_one_holds(
    network: MockNetwork,
) -> None:
    first, second = pay(network), pay(network)

    found = explained(network, second.flow_id)

    assert "10 JPY" in str(found["waits_for"])
    assert f"flow {first.flow_id} holds" in str(found["unblock"])


def test_a_flow_waits_for_the_cordapp_that_it_was_started_from(network: MockNetwork) -> None:
    flow, node = pay(network), network["PartyA"]
    node.site = replace(node.site, cordapps=())
    node.restart()

    found = explained(network, flow.flow_id)

    needed = f"needs the CorDapp that has {CashPaymentFlow.flow_name}"
    assert needed in str(found["waits_for"])
    assert "flow retry" in str(found["unblock"])
