"""A flow that fails while it receives a final transaction is kept, not lost (FinalityDoctor)."""

from collections.abc import Iterable

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowException, FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.effects import FlowEnded
from corda_sim.flow.explain import explain
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.state import FlowStatus
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.exit import CashExitFlow
from flows.cash.issue import CashIssueFlow
from flows.data_vending import SendTransactionFlow
from flows.finality import ReceiveFinalityFlow
from tests.unit.flows.conftest import NewNetwork
from tests.unit.flows.test_finality import YEN

OTHER = SecureHash.sha256(b"another transaction")


@initiating_flow("finality.Deliver")
class Deliver(FlowLogic[str]):
    """Sends a recorded transaction to `recipient`, or does what `how` says instead."""

    def __init__(self, recipient: str, how: str, tx_id: SecureHash | None = None) -> None:
        self.recipient, self.how, self.tx_id = recipient, how, tx_id

    async def call(self) -> str:
        """Send."""
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.recipient))
        await session.send(self.how == "expect another")
        if self.how == "fail":
            raise FlowException("the notary refused")
        if self.how == "bug":
            raise ZeroDivisionError
        if self.how == "junk":
            await session.send("not a transaction")
            return "sent junk"
        transaction = self.service_hub.get_transaction(self.tx_id or OTHER)
        if self.how == "vanish":
            await session.get_counterparty_flow_info()
            await session.send(transaction)
            raise FlowException("gone")
        await self.sub_flow(SendTransactionFlow(session, transaction))  # type: ignore[arg-type]
        return "sent"


@initiated_by(Deliver)
class Receive(FlowLogic[SignedTransaction]):
    """Expects what it is told to."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SignedTransaction:
        """Record it."""
        other = (await self.session.receive(bool)).unwrap(bool)
        return await self.sub_flow(ReceiveFinalityFlow(self.session, OTHER if other else None))


APP = CordApp("finality", flows=(Deliver, Receive))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


def a_transaction(network: MockNetwork) -> SecureHash:
    """One with a back-chain, which PartyA has and PartyB has never heard of."""
    a = network["PartyA"]
    a.run_flow(CashIssueFlow(YEN))
    return a.run_flow(CashExitFlow(Amount.parse("5 JPY"))).id


def deliver(network: MockNetwork, how: str) -> SecureHash:
    tx_id = a_transaction(network)
    network["PartyA"].start_flow(Deliver("PartyB", how, tx_id))
    network.run_network()
    return tx_id


def kept(node: MockNode) -> list[LiveFlow]:
    return [f for f in node.manager.flows.values() if f.status is FlowStatus.HOSPITALIZED]


@pytest.mark.parametrize("how", ["fail", "bug"])
def test_a_counterparty_that_fails_before_it_sends_ends_the_flow(
    network: MockNetwork, how: str
) -> None:
    deliver(network, how)
    assert not network["PartyB"].manager.flows


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("junk", "expecting a SignedTransaction"),
        ("expect another", "but instead got"),
        ("vanish", "gone"),
    ],
)
def test_any_other_failure_keeps_it_over_restarts(
    network: MockNetwork, how: str, says: str
) -> None:
    b = network["PartyB"]
    tx_id = deliver(network, how)
    for _ in range(2):
        (flow,) = kept(b)
        assert says in str(flow.error)
        assert not b.hub.is_verified(tx_id)
        b.restart()
        network.run_network()
    b.manager.kill(kept(b)[0].flow_id)
    network.run_network()
    assert not b.manager.flows


def test_what_failed_locally_is_recorded_by_a_retry(
    network: MockNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    tx_id = a_transaction(network)

    def no_vault(*_: object) -> Iterable[object]:
        raise ValueError("the vault's table is full")

    with monkeypatch.context() as broken:
        broken.setattr(type(b.hub.vault), "record", no_vault)
        sender = a.start_flow(Deliver("PartyB", "send", tx_id))
        network.run_network()
        (flow,) = kept(b)
        assert "table is full" in str(flow.error)
        assert not b.hub.is_verified(tx_id)
    b.room.perform(b.manager.retry(flow.flow_id))
    network.run_network()
    assert b.hub.is_verified(tx_id)
    assert sender.result() == "sent"
    assert not b.manager.flows


@pytest.mark.parametrize("how", ["retry", "kill"])
def test_the_sender_waits_for_a_receiver_in_the_hospital(
    network: MockNetwork, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """docs/decisions/0014: it is told with the record, or that there will be none."""
    a, b = network["PartyA"], network["PartyB"]
    tx_id = a_transaction(network)

    def no_vault(*_: object) -> Iterable[object]:
        raise ValueError("the vault's table is full")

    with monkeypatch.context() as broken:
        broken.setattr(type(b.hub.vault), "record", no_vault)
        sender = a.start_flow(Deliver("PartyB", "send", tx_id))
        network.run_network()
        a.restart()
        network.run_network()
    (flow,) = kept(b)
    found = explain(a.manager.flows[sender.flow_id], a.hub.now_ns())
    assert (found["waits_for"], found["from"]) == ("a message", str(b.party))
    told: list[FlowEnded] = []
    a.room.when_ended(sender.flow_id, told.append)
    if how == "kill":
        b.manager.kill(flow.flow_id)
    else:
        b.room.perform(b.manager.retry(flow.flow_id))
    network.run_network()
    assert b.hub.is_verified(tx_id) is (how == "retry")
    assert [type(one.error).__name__ for one in told] == [
        "NoneType" if how == "retry" else "UnexpectedFlowEndException"
    ]
    assert a.hub.is_verified(tx_id)
