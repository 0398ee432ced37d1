"""Flows that need the same transactions at the same time fetch each of them once."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowException, FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.explain import explain
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow, MockNode
from flows import resolution
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.data_vending import SendTransactionFlow
from flows.resolution import ReceiveTransactionFlow, ResolveTransactionsFlow
from tests.unit.flows.conftest import NewNetwork


@initiating_flow("test.Get")
class Get(FlowLogic[SecureHash]):
    """Gets a transaction of a peer that is `honest`, `silent` or `fails` when it is asked."""

    def __init__(self, peer: Party, tx_id: SecureHash, peer_is: str = "honest") -> None:
        self.peer, self.tx_id, self.peer_is = peer, tx_id, peer_is

    async def call(self) -> SecureHash:
        session = self.initiate_flow(self.peer)
        await session.send((self.tx_id, self.peer_is))
        return (await self.sub_flow(ReceiveTransactionFlow(session))).id


@initiated_by(Get)
class Give(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        tx_id, how = (await self.session.receive(tuple)).unwrap(tuple)
        transaction = self.service_hub.get_transaction(tx_id)
        assert transaction is not None
        if how == "honest":
            await self.sub_flow(SendTransactionFlow(self.session, transaction))
            return
        await self.session.send(transaction)
        await self.session.receive(object)
        await self.sleep(timedelta(seconds=5 if how == "fails" else 200))
        raise FlowException("out of order")


APP = CordApp("sharing", flows=(Get, Give))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP, reload=False)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> "Counter[SecureHash]":
    """How often each transaction was asked for."""
    counted: Counter[SecureHash] = Counter()
    fetch = ResolveTransactionsFlow._fetch_transactions

    async def count(
        self: ResolveTransactionsFlow, wanted: list[SecureHash]
    ) -> Sequence[SignedTransaction]:
        if not self.context.replaying:
            counted.update(wanted)
        return await fetch(self, wanted)

    monkeypatch.setattr(ResolveTransactionsFlow, "_fetch_transactions", count)
    return counted


def yen(quantity: int) -> Any:  # noqa: ANN401 - of Currency
    return Amount.parse(f"{quantity} JPY")


def chain(network: MockNetwork, payments: int = 3) -> list[SecureHash]:
    """Transactions of PartyA alone, each after the first depends on the one before."""
    a = network["PartyA"]
    ids = [a.run_flow(CashIssueFlow(yen(10))).id]
    return ids + [a.run_flow(CashPaymentFlow(yen(10), a.party)).id for _ in range(payments)]


def get(network: MockNetwork, tx_id: SecureHash, peer_is: str = "honest") -> MockFlow[SecureHash]:
    flow = network["PartyB"].start_flow(Get(network["PartyA"].party, tx_id, peer_is))
    network.run_network()
    return flow


def has(node: MockNode, ids: Sequence[SecureHash]) -> bool:
    return all(node.hub.is_verified(one) for one in ids)


def test_two_payments_out_of_one_issue(network: MockNetwork, asked: Counter[SecureHash]) -> None:
    a, b = network["PartyA"], network["PartyB"]
    issued = a.run_flow(CashIssueFlow(yen(10), splits=2))
    asked.clear()
    payments = [a.start_flow(CashPaymentFlow(yen(5), b.party)) for _ in range(2)]
    network.run_network()
    assert len({payment.result().id for payment in payments}) == 2
    assert [str(one) for one in b.hub.vault.balances()] == ["10 JPY"]
    by_notary_and_b = 2
    assert asked == {issued.id: by_notary_and_b}
    assert len(b.hub.fetches) == 0


@pytest.mark.parametrize("seed", range(6))
def test_however_they_meet_none_waits_for_ever(
    network: MockNetwork,
    asked: Counter[SecureHash],
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Histories that cross, begun at any moment of each other's: nothing waits for the clock."""
    monkeypatch.setattr(resolution, "BATCH_SIZE", 1)
    dice, a, b = Random(seed), network["PartyA"], network["PartyB"]
    a.run_flow(CashIssueFlow(yen(12), splits=4))
    ids = [
        a.run_flow(CashPaymentFlow(yen(dice.randint(1, 12)), a.party, anonymous=False)).id
        for _ in range(7)
    ]
    asked.clear()
    got = []
    for tx_id in dice.sample(ids, 5):
        got.append(b.start_flow(Get(a.party, tx_id)))
        for _ in range(dice.randint(0, 6)):
            for node in network.nodes.values():
                node.pump()
    network.run_network()
    assert [flow.result() for flow in got]
    assert set(asked.values()) <= {1}
    assert len(b.hub.fetches) == 0


def test_a_silent_peer_holds_up_nobody_for_long(
    network: MockNetwork, asked: Counter[SecureHash]
) -> None:
    ids, b = chain(network), network["PartyB"]
    asked.clear()
    get(network, ids[-1], "silent")
    honest = get(network, ids[-1])
    assert honest.ended is None
    found = explain(b.manager.flows[honest.flow_id], b.hub.now_ns())
    assert found["waits_for"] == "1 transactions that other flows fetch"
    assert "must end" in str(found["unblock"])
    network.advance(timedelta(seconds=9))
    assert honest.ended is None
    network.advance(timedelta(seconds=2))
    assert honest.result() == ids[-1]
    assert has(b, ids[:-1])
    assert asked[ids[-2]] == 2


def test_patience_is_lost_once(network: MockNetwork) -> None:
    """A second flow of the same kind, deeper down, isn't waited for again."""
    ids, b = chain(network), network["PartyB"]
    get(network, ids[1], "silent")
    get(network, ids[3], "silent")
    honest = get(network, ids[3])
    network.advance(timedelta(seconds=11))
    assert honest.result() == ids[3]
    assert has(b, ids[:3])


@pytest.mark.parametrize("how", ["kill", "pause"])
def test_what_another_gives_up_is_fetched_at_once(network: MockNetwork, how: str) -> None:
    ids, b = chain(network), network["PartyB"]
    first = get(network, ids[-1], "silent")
    honest = get(network, ids[-1])
    assert honest.ended is None
    getattr(b.manager, how)(first.flow_id)
    network.run_network()
    assert honest.result() == ids[-1]


def test_the_failure_of_one_is_not_the_others(network: MockNetwork) -> None:
    ids = chain(network)
    failing = get(network, ids[-1], "fails")
    honest = get(network, ids[-1])
    network.advance(timedelta(seconds=6))
    with pytest.raises(FlowException, match="out of order"):
        failing.result()
    assert honest.result() == ids[-1]


def test_a_restart_forgets_who_fetches(network: MockNetwork) -> None:
    ids, b = chain(network), network["PartyB"]
    get(network, ids[-1], "silent")
    honest = get(network, ids[-1])
    b.restart()
    network.run_network()
    assert has(b, ids[:-1])
    assert honest.flow_id not in b.manager.flows


def test_both_ways_replay(new_network: NewNetwork) -> None:
    """With every flow rebuilt at each suspension, who fetches is the journal's to say."""
    network = new_network(APP, reload=True)
    ids = chain(network)
    flows = [network["PartyB"].start_flow(Get(network["PartyA"].party, ids[n])) for n in (3, 2, 3)]
    network.run_network()
    assert [flow.result() for flow in flows] == [ids[3], ids[2], ids[3]]
