"""What a flow waits for, for each kind of wait."""

from collections.abc import Awaitable, Iterator
from datetime import timedelta

import msgspec
import pytest

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow import (
    FlowLogic,
    FlowSession,
    HospitalizeFlowException,
    flow_name,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.explain import Explanation, explain
from corda_sim.flow.requests import (
    AwaitCondition,
    ExecuteAsyncOperation,
    FlowIORequest,
    ForceCheckpoint,
    WaitForSessionConfirmations,
)
from corda_sim.testing.mock_network import MockNetwork

TX = SecureHash.sha256(b"never recorded")


class NeverEnds:
    """An operation that nobody ever answers."""

    def execute(self, deduplication_id: str) -> Awaitable[object]:
        raise NotImplementedError(deduplication_id)


class NeverEndsAlone(NeverEnds):
    """One that knows what has to happen first."""

    def blocked_by(self) -> str:
        return "PartyB must be up"


@initiating_flow("test.Waiter")
class Waiter(FlowLogic[None]):
    """Waits in the way that it is told to."""

    def __init__(self, how: str) -> None:
        self.how = how

    async def call(self) -> None:
        if self.how == "peer":
            peer = self.service_hub.services.party_by_text("PartyB")
            await self.initiate_flow(peer).send_and_receive(str, "hello")
        elif self.how == "ledger":
            await self.wait_for_ledger_commit(TX)
        elif self.how == "timer":
            await self.sleep(timedelta(minutes=2))
        else:
            raise HospitalizeFlowException("wait for the operator")


@initiated_by(Waiter)
class Silent(FlowLogic[None]):
    """Never answers."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        await self.session.receive(str)
        await self.sleep(timedelta(minutes=4))


@flow_name("test.Idle")
class Idle(FlowLogic[None]):
    async def call(self) -> None:
        await self.sleep(timedelta(minutes=4))


@initiating_flow("test.Farewell")
class Farewell(FlowLogic[None]):
    """Sends and ends."""

    def __init__(self, peer: str) -> None:
        self.peer = peer

    async def call(self) -> None:
        await self.initiate_flow(self.service_hub.services.party_by_text(self.peer)).send("bye")


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with MockNetwork(cordapps=[CordApp("test-explain", (Waiter, Silent, Idle, Farewell))]) as made:
        yield made


def explained(network: MockNetwork, how: str, *, run: bool = True) -> Explanation:
    node = network["PartyA"]
    flow = node.start_flow(Waiter(how))
    if run:
        network.run_network()
    found = explain(node.manager.flows[flow.flow_id], node.hub.now_ns())
    assert set(found) == {"flow", "waits_for", "from", "since", "unblock"}
    assert found["flow"] == f"test.Waiter {flow.flow_id}"
    assert found["since"]
    return found


def test_a_peer(network: MockNetwork) -> None:
    found = explained(network, "peer")
    assert found["waits_for"] == "a message"
    assert "PartyB" in str(found["from"])
    assert "PartyB" in str(found["unblock"])


def test_a_peer_that_is_down(network: MockNetwork) -> None:
    network["PartyB"].stop()
    found = explained(network, "peer")
    assert found["waits_for"] == "confirmation of a message that was sent"
    assert str(found["unblock"]).endswith("must be up")


def test_the_ledger(network: MockNetwork) -> None:
    found = explained(network, "ledger")
    assert (found["waits_for"], found["from"]) == (f"transaction {TX}", "the ledger")


def test_the_clock(network: MockNetwork) -> None:
    found = explained(network, "timer")
    assert str(found["waits_for"]).startswith("the clock, 1")


def test_the_hospital(network: MockNetwork) -> None:
    found = explained(network, "hospital")
    assert "HospitalizeFlowException: wait for the operator" in str(found["waits_for"])
    assert "flow retry" in str(found["unblock"])


def test_an_operator(network: MockNetwork) -> None:
    node = network["PartyA"]
    flow = node.start_flow(Idle())
    network.run_network()
    node.manager.pause(flow.flow_id)
    network.run_network()
    found = explain(node.manager.flows[flow.flow_id], node.hub.now_ns())
    assert (found["waits_for"], found["unblock"]) == ("an operator", "flow resume")


def with_request(network: MockNetwork, request: FlowIORequest) -> Explanation:
    node = network["PartyA"]
    flow_id = node.start_flow(Idle()).flow_id
    network.run_network()
    live = node.manager.flows[flow_id]
    assert live.machine is not None
    live.machine.state = msgspec.structs.replace(live.machine.state, waiting=request)
    return explain(live, node.hub.now_ns())


def test_coins_that_another_flow_has_locked(network: MockNetwork) -> None:
    coins = AwaitCondition("coins", "coins of 10 JPY", 0, lambda: None, lambda: "flow 7 holds them")
    found = with_request(network, coins)
    assert (found["waits_for"], found["from"]) == ("coins of 10 JPY", "coins")
    assert found["unblock"] == "flow 7 holds them"


def test_an_operation_that_knows_what_blocks_it(network: MockNetwork) -> None:
    found = with_request(network, ExecuteAsyncOperation(NeverEndsAlone()))
    assert found["waits_for"] == "the operation NeverEndsAlone"
    assert found["unblock"] == "PartyB must be up"


def test_an_operation(network: MockNetwork) -> None:
    found = with_request(network, ExecuteAsyncOperation(NeverEnds()))
    assert found["waits_for"] == "the operation NeverEnds"


def test_a_commit(network: MockNetwork) -> None:
    found = explained(network, "peer", run=False)
    assert (found["waits_for"], found["from"]) == ("its step's commit", "the database")


def test_the_confirmation_of_a_finished_flows_last_messages(network: MockNetwork) -> None:
    node = network["PartyA"]
    network["PartyB"].stop()
    flow = node.start_flow(Farewell("PartyB"))
    network.run_network()
    assert flow.result() is None
    found = explain(node.manager.flows[flow.flow_id], node.hub.now_ns())
    assert found["waits_for"] == "confirmation of its last messages"
    assert str(found["unblock"]).endswith("must be up")


def test_the_other_sides_confirmation(network: MockNetwork) -> None:
    found = with_request(network, WaitForSessionConfirmations(()))
    assert found["waits_for"] == "a message"


def test_a_forced_checkpoint(network: MockNetwork) -> None:
    assert with_request(network, ForceCheckpoint())["waits_for"] == "its step's commit"
