"""Flows that wait until states are spent (FlowLogic.waitForStateConsumption)."""

import pytest

from corda_sim.core.contracts import Amount, Currency, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow import FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.explain import explain
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow, MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from tests.unit.flows.conftest import NewNetwork

FIVE, TEN = Amount.parse("5 JPY"), Amount.parse("10 JPY")


@initiating_flow("test.Mourn")
class Mourn(FlowLogic[str]):
    """Waits for the end of states; with a peer, says first that it does."""

    def __init__(self, refs: tuple[StateRef, ...], peer: str = "") -> None:
        self.refs, self.peer = refs, peer

    async def call(self) -> str:
        if self.peer:
            party = self.service_hub.services.party_by_text(self.peer)
            await self.initiate_flow(party).send("fail")
        await self.wait_for_state_consumption(self.refs)
        return "they are gone"


@initiated_by(Mourn)
class Fail(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        raise ZeroDivisionError


@pytest.fixture(params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest, new_network: NewNetwork) -> MockNetwork:
    return new_network(CordApp("mourning", flows=(Mourn, Fail)), reload=request.param)


def issue(node: MockNode, amount: Amount[Currency] = TEN) -> StateRef:
    return StateRef(node.run_flow(CashIssueFlow(amount)).id, 0)


def spend(network: MockNetwork, amount: Amount[Currency] = TEN) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CashPaymentFlow(amount, b.party))


def waits(network: MockNetwork, *refs: StateRef, peer: str = "") -> MockFlow[str]:
    flow = network["PartyA"].start_flow(Mourn(refs, peer))
    network.run_network()
    return flow


def test_the_flow_goes_on_when_the_state_is_spent(network: MockNetwork) -> None:
    flow = waits(network, issue(network["PartyA"]))
    assert flow.ended is None
    spend(network)
    assert flow.result() == "they are gone"


def test_it_waits_for_all_of_them(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = waits(network, issue(a, FIVE), issue(a))
    spend(network, FIVE)
    assert flow.ended is None
    spend(network)
    assert flow.result() == "they are gone"


def test_of_what_is_spent_already_nothing_is_awaited(network: MockNetwork) -> None:
    ref = issue(network["PartyA"])
    spend(network)
    assert waits(network, ref, ref).result() == "they are gone"
    assert waits(network).result() == "they are gone"


def test_a_restart_doesnt_lose_the_wait(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(Mourn((issue(a),)), client_id="mourner")
    network.run_network()
    a.restart()
    spend(network)
    assert flow.flow_id not in a.manager.flows
    assert a.stored_result("mourner") == "they are gone"


def test_it_may_be_spent_while_the_flow_is_paused(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = waits(network, issue(a))
    a.manager.pause(flow.flow_id)
    network.run_network()
    spend(network)
    assert flow.ended is None
    a.room.perform(a.manager.retry(flow.flow_id))
    network.run_network()
    assert flow.result() == "they are gone"


def test_a_killed_flow_is_not_woken(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = waits(network, issue(a))
    a.manager.kill(flow.flow_id)
    network.run_network()
    spend(network)
    with pytest.raises(Exception, match="was killed"):
        flow.result()


def test_a_failed_session_doesnt_end_the_wait(network: MockNetwork) -> None:
    """Unlike that for the ledger: in Corda this one is an operation."""
    flow = waits(network, issue(network["PartyA"]), peer="PartyB")
    assert flow.ended is None


def test_a_state_that_the_vault_doesnt_know_is_awaited(network: MockNetwork) -> None:
    unknown = StateRef(SecureHash.sha256(b"unknown"), 0)
    flow = waits(network, unknown, issue(network["PartyA"]))
    spend(network)
    assert flow.ended is None


def test_explain_names_the_states(network: MockNetwork) -> None:
    a = network["PartyA"]
    ref = issue(a)
    flow = waits(network, ref)
    found = explain(a.manager.flows[flow.flow_id], a.hub.now_ns())
    assert (found["waits_for"], found["from"]) == (f"the end of {ref}", "the ledger")
    assert found["unblock"] == "a transaction that spends them must be recorded here"
