"""How long a flow's soft locks last (FlowSoftLocksTests)."""

from datetime import timedelta

import pytest

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.flow import FlowException, FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.selection import CoinSelection, StatesNotAvailableException
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from tests.unit.flows.conftest import NewNetwork

YEN = Amount.parse("100 JPY")
HOUR = timedelta(seconds=300)


@flow_name("test.Take")
class Take(FlowLogic[int]):
    """Locks a coin in the way it is told to, sleeps, and ends as it is told to."""

    def __init__(self, ref: StateRef | None = None, fail: bool = False) -> None:
        self.ref, self.fail = ref, fail

    async def call(self) -> int:
        vault = self.service_hub.vault
        if self.ref is None:
            chosen = [one.ref for one in await vault.select_coins(CoinSelection(YEN))]
        else:
            chosen = [self.ref]
            vault.soft_lock_reserve(chosen)
        await self.sleep(HOUR)
        if self.fail:
            raise FlowException("as told")
        return len(chosen)


@flow_name("test.TakeAndGiveBack")
class TakeAndGiveBack(FlowLogic[None]):
    """Unlocks before it ends."""

    def __init__(self, ref: StateRef) -> None:
        self.ref = ref

    async def call(self) -> None:
        vault = self.service_hub.vault
        vault.soft_lock_reserve([self.ref])
        await self.sleep(timedelta(seconds=1))
        vault.soft_lock_release([self.ref])
        await self.sleep(HOUR)


APP = CordApp("test", flows=(Take, TakeAndGiveBack))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


@pytest.fixture
def node(network: MockNetwork) -> MockNode:
    return network["PartyA"]


@pytest.fixture
def ref(node: MockNode) -> StateRef:
    return StateRef(node.run_flow(CashIssueFlow(YEN)).id, 0)


def start(network: MockNetwork, node: MockNode, flow: FlowLogic[int]) -> str:
    flow_id = node.start_flow(flow).flow_id
    network.run_network()
    return flow_id


@pytest.mark.parametrize("explicit", [True, False])
def test_a_lock_lasts_as_long_as_its_flow(
    network: MockNetwork, node: MockNode, ref: StateRef, explicit: bool
) -> None:
    flow_id = start(network, node, Take(ref if explicit else None))
    assert node.hub.vault.lock_holder(ref) == flow_id
    node.restart()
    assert node.hub.vault.lock_holder(ref) == flow_id
    network.advance(HOUR)
    assert node.hub.vault.lock_holder(ref) is None
    node.restart()
    assert node.hub.vault.lock_holder(ref) is None


def test_a_failed_flow_holds_nothing(network: MockNetwork, node: MockNode, ref: StateRef) -> None:
    start(network, node, Take(ref, fail=True))
    network.advance(HOUR)
    assert node.hub.vault.lock_holder(ref) is None


def test_a_killed_flow_holds_nothing(network: MockNetwork, node: MockNode, ref: StateRef) -> None:
    flow_id = start(network, node, Take(ref))
    node.manager.kill(flow_id)
    network.run_network()
    assert node.hub.vault.lock_holder(ref) is None
    node.run_flow(CashPaymentFlow(YEN, network.party_of("PartyB")))


def test_a_lock_given_back_early(network: MockNetwork, node: MockNode, ref: StateRef) -> None:
    giving = node.start_flow(TakeAndGiveBack(ref))
    network.run_network()
    assert node.hub.vault.lock_holder(ref) == giving.flow_id
    network.advance(timedelta(seconds=1))
    assert giving.ended is None
    assert node.hub.vault.lock_holder(ref) is None


def test_what_another_flow_holds_is_not_available(
    network: MockNetwork, node: MockNode, ref: StateRef
) -> None:
    start(network, node, Take(ref))
    with pytest.raises(StatesNotAvailableException, match="held by another flow"):
        node.run_flow(Take(ref))


def test_locks_of_flows_that_are_gone_end_at_the_start(
    network: MockNetwork, node: MockNode, ref: StateRef
) -> None:
    with node.storage.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE vault_states SET lock_id = 'a flow that is gone'")
    node.restart()
    network.run_network()
    assert node.hub.vault.lock_holder(ref) is None
    node.run_flow(CashPaymentFlow(YEN, network.party_of("PartyB")))
