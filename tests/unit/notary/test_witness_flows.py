"""Worker and witnesses over whole nodes: what is remembered, and what an answer is good for."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from corda_sim.core.contracts import Amount, StateAndRef
from corda_sim.core.crypto.crypto import sign
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import SignatureException
from corda_sim.core.serialization import deserialize
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow import FlowException, FlowLogic, flow_name, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.notary.errors import NotaryException
from corda_sim.flow.notary.heads import NotaryHead, SignedHead, sign_head
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.node.storage import schema
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.notarise import NotaryFlow
from notary.hosting import HostedNotary
from notary.witness import AskWitnessFlow, HeadAnswer, HeadQuery
from notary.worker import NotaryWorker
from states.cash import CashState, Move


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


def paid_by_hand(rig: Rig, coin: StateAndRef[CashState]) -> SignedTransaction:
    """PartyA's coin to itself, signed by PartyA."""
    network, state = rig.network, coin.state.data
    builder = TransactionBuilder(network.notary_party).add_input_state(coin)
    builder.add_output_state(state.with_new_owner_and_amount(state.amount, state.owner))
    builder.add_command(Move(), network.party_of("PartyA").owning_key)
    wire = builder.to_wire_transaction(network["PartyA"].hub, b"\x01" * 32)
    return SignedTransaction.of(wire, [sign_transaction_id(network.keys["PartyA"], wire.id)])


@pytest.fixture
def refused(rig: Rig) -> SignedTransaction:
    """PartyA spends a coin a second time; of batch 1 it knows, of batch 2 PartyB alone."""
    dollar, a, b = Amount.parse("1 USD"), rig.network["PartyA"], rig.network["PartyB"]
    coin = a.run_flow(CashIssueFlow(dollar)).out_ref(0)
    a.run_flow(CashPaymentFlow(dollar, b.party))
    b.run_flow(CashPaymentFlow(dollar, a.party))
    return paid_by_hand(rig, coin)


def test_a_client_remembers_the_head_of_a_refusal(rig: Rig, refused: SignedTransaction) -> None:
    a = rig.network["PartyA"]
    assert [head.sequence for head in remembered(a)] == [1]
    with pytest.raises(NotaryException, match="already been used"):
        a.run_flow(NotaryFlow(refused))
    (head,) = remembered(a)
    assert head == rig.notary.worker.store.head()
    assert head.sequence == 2


def test_a_refusal_never_lowers_what_a_client_remembers(
    rig: Rig, refused: SignedTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = rig.notary.worker.head
    rig.pay()
    (known,) = remembered(rig.network["PartyA"])
    monkeypatch.setattr(NotaryWorker, "head", property(lambda _self: earlier))
    with pytest.raises(NotaryException):
        rig.network["PartyA"].run_flow(NotaryFlow(refused))
    assert remembered(rig.network["PartyA"]) == [known]
    assert known.sequence == 3


def test_a_refusal_with_a_head_that_the_notary_did_not_sign_is_no_answer(
    rig: Rig, refused: SignedTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = rig.network.keys["PartyB"]
    head = NotaryHead(rig.notary.worker.store.worker, 99, refused.id)
    forged = sign_head(head, keys.public, lambda data: sign(keys.private, data))
    monkeypatch.setattr(NotaryWorker, "head", property(lambda _self: forged))
    with pytest.raises(SignatureException, match="notary's key"):
        rig.network["PartyA"].run_flow(NotaryFlow(refused))
    assert [head.sequence for head in remembered(rig.network["PartyA"])] == [1]


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
