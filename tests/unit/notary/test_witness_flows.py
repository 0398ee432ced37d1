"""Worker and witnesses over whole nodes: what is remembered, and what an answer is good for."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from corda_sim.core.contracts import Amount
from corda_sim.core.serialization import deserialize
from corda_sim.flow import FlowException, FlowLogic, flow_name, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.notary.heads import NotaryHead, SignedHead
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.node.storage import schema
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from notary.hosting import HostedNotary
from notary.witness import AskWitnessFlow, HeadAnswer, HeadQuery
from notary.worker import NotaryWorker


@initiating_flow("corda_sim.notary.AskWitnessFlow")
class CuriousParty(FlowLogic[HeadAnswer]):
    """A node that is no worker asks as if it were one."""

    def __init__(self, witness: str, query: HeadQuery) -> None:
        self.witness, self.query = witness, query

    async def call(self) -> HeadAnswer:
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.witness))
        return (await session.send_and_receive(HeadAnswer, self.query)).unwrap(lambda value: value)


@flow_name("test.AskAsStranger")
class AskAsStranger(FlowLogic[HeadAnswer]):
    def __init__(self, witness: str, query: HeadQuery) -> None:
        self.witness, self.query = witness, query

    async def call(self) -> HeadAnswer:
        return await self.sub_flow(CuriousParty(self.witness, self.query))


class Rig:
    def __init__(self, network: MockNetwork) -> None:
        self.network = network
        network["PartyA"].run_flow(CashIssueFlow(Amount.parse("10 JPY"), splits=10))

    @property
    def notary(self) -> HostedNotary:
        hosted = self.network["Notary"].hub.cordapp_services[HostedNotary]
        assert isinstance(hosted, HostedNotary)
        return hosted

    def pay(self) -> None:
        pay = CashPaymentFlow(Amount.parse("1 JPY"), self.network.party_of("PartyB"))
        self.network["PartyA"].run_flow(pay)

    def ask(self, witness: str) -> None:
        party = self.network.party_of(witness)
        self.network["Notary"].run_flow(AskWitnessFlow(party, self.notary.instance_id))


@pytest.fixture
def rig() -> Iterator[Rig]:
    apps = installed_cordapps()
    strangers = CordApp("strangers", flows=(AskAsStranger,))
    with MockNetwork(cordapps=[*apps, strangers]) as network:
        yield Rig(network)


def remembered(node: MockNode) -> list[NotaryHead]:
    rows = node.storage.read(select(schema.node_notary_heads))
    return [deserialize(bytes(row.head), SignedHead).head for row in rows]


def test_a_client_remembers_the_highest_head_it_was_given(rig: Rig) -> None:
    assert remembered(rig.network["PartyA"]) == []
    for number in (1, 2):
        rig.pay()
        (head,) = remembered(rig.network["PartyA"])
        assert head.sequence == number
        assert head == rig.notary.worker.store.head()
    rig.network["PartyA"].restart()
    assert [head.sequence for head in remembered(rig.network["PartyA"])] == [2]


def test_a_witness_that_notarises_nothing_learns_the_head_when_asked(rig: Rig) -> None:
    rig.pay()
    assert remembered(rig.network["Validator"]) == []
    rig.ask("Validator")
    assert remembered(rig.network["Validator"]) == [rig.notary.worker.store.head()]


def test_a_witness_never_forgets_a_higher_head_for_a_lower_one(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.pay()
    rig.ask("Validator")
    earlier = rig.notary.worker.head
    assert earlier is not None
    rig.pay()
    rig.ask("Validator")
    monkeypatch.setattr(NotaryWorker, "head", property(lambda _self: earlier))
    rig.ask("Validator")
    assert [head.sequence for head in remembered(rig.network["Validator"])] == [2]


def test_only_a_worker_is_told_and_only_its_own_head(rig: Rig) -> None:
    rig.pay()
    worker = rig.notary.worker.store.worker
    with pytest.raises(FlowException, match="its own head only"):
        rig.network["PartyB"].run_flow(AskAsStranger("PartyA", HeadQuery(worker)))


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_a_worker_that_dies_while_it_asks_is_not_opened_by_an_old_answer(
    rig: Rig, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, party = rig.network["Notary"], rig.network.party_of("PartyA")
    node.start_flow(AskWitnessFlow(party, rig.notary.instance_id))
    for _ in range(rounds):
        for each in rig.network.nodes.values():
            each.pump()
    node.restart()
    heard: list[str] = []
    monkeypatch.setattr(
        NotaryWorker, "witness_answered", lambda _self, name, _head: heard.append(name)
    )
    rig.network.run_network()
    assert not node.manager.flows
    assert heard == []
