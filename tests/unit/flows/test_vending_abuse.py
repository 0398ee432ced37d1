"""Peers that ask a data vending flow for more than they may."""

from typing import Any

import pytest

from corda_sim.core.contracts import Amount, StateAndRef, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowException, FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.data_vending import SendStateAndRefFlow, SendTransactionFlow
from flows.fetching import (
    DataType,
    FetchData,
    FetchEnd,
    IllegalTransactionRequest,
)
from flows.resolution import ReceiveStateAndRefFlow
from tests.unit.flows.conftest import NewNetwork

YEN = Amount.parse("100 JPY")
TX, ATTACHMENT = DataType.TRANSACTION, DataType.ATTACHMENT


@initiating_flow("test.Script")
class Script(FlowLogic[tuple[int, ...]]):
    """Gets one thing sent, then sends these requests and counts the items of each answer."""

    def __init__(self, peer: Party, sent: SecureHash, requests: tuple[FetchData, ...]) -> None:
        self.peer, self.sent, self.requests = peer, sent, requests

    async def call(self) -> tuple[int, ...]:
        session = self.initiate_flow(self.peer)
        await session.send_and_receive(object, self.sent)
        counts = []
        for request in self.requests:
            answer = await session.send_and_receive(tuple, request)
            counts.append(len(answer.unwrap(tuple)))
        await session.send(FetchEnd())
        return tuple(counts)


@initiated_by(Script)
class Vend(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        tx_id = (await self.session.receive(SecureHash)).unwrap(lambda value: value)
        transaction = self.service_hub.get_transaction(tx_id)
        assert transaction is not None
        await self.sub_flow(SendTransactionFlow(self.session, transaction))


@initiating_flow("test.Look")
class Look(FlowLogic[tuple[StateAndRef[Any], ...]]):
    """Receives states; the peer says `quantity` of the first one's ref where it is told to lie."""

    def __init__(self, peer: Party, refs: tuple[StateRef, ...], told: tuple[StateRef, ...]) -> None:
        self.peer, self.refs, self.told = peer, refs, told

    async def call(self) -> tuple[StateAndRef[Any], ...]:
        session = self.initiate_flow(self.peer)
        await session.send((self.refs, self.told))
        return await self.sub_flow(ReceiveStateAndRefFlow(session))


@initiated_by(Look)
class Show(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        refs, told = (await self.session.receive(tuple)).unwrap(tuple)
        hub = self.service_hub
        states = [
            StateAndRef(hub.state_and_ref(ref).state, said)
            for ref, said in zip(refs, told, strict=True)
        ]
        await self.sub_flow(SendStateAndRefFlow(self.session, states))


APP = CordApp("test", flows=(Script, Vend, Look, Show))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


@pytest.fixture
def chain(network: MockNetwork) -> list[SignedTransaction]:
    """An issue and two payments on end, all at PartyA."""
    a = network["PartyA"]
    issue = a.run_flow(CashIssueFlow(YEN))
    payments = [a.run_flow(CashPaymentFlow(YEN, a.party)) for _ in range(2)]
    return [issue, *payments]


def ask(
    network: MockNetwork, sent: SignedTransaction, *requests: tuple[DataType, SecureHash]
) -> tuple[int, ...]:
    wanted = tuple(FetchData((item,), kind) for kind, item in requests)
    return network["PartyB"].run_flow(Script(network.party_of("PartyA"), sent.id, wanted))


def test_what_a_given_transaction_depends_on_may_be_asked_next(
    network: MockNetwork, chain: list[SignedTransaction]
) -> None:
    issue, first, second = chain
    assert ask(network, second, (TX, first.id), (TX, issue.id)) == (1, 1)


def test_nothing_is_given_out_of_order(
    network: MockNetwork, chain: list[SignedTransaction]
) -> None:
    issue, _, second = chain
    with pytest.raises(IllegalTransactionRequest) as raised:
        ask(network, second, (TX, issue.id))
    assert raised.value.requested == issue.id


def test_what_one_session_was_given_helps_no_other(
    network: MockNetwork, chain: list[SignedTransaction]
) -> None:
    issue, first, second = chain
    ask(network, second, (TX, first.id), (TX, issue.id))
    with pytest.raises(IllegalTransactionRequest):
        ask(network, issue, (TX, first.id))
    assert ask(network, second, (TX, first.id)) == (1,)


def test_an_attachment_is_given_once(network: MockNetwork, chain: list[SignedTransaction]) -> None:
    issue = chain[0]
    (item,) = issue.attachments
    with pytest.raises(IllegalTransactionRequest) as raised:
        ask(network, issue, (ATTACHMENT, item), (ATTACHMENT, item))
    assert raised.value.requested == item


def test_an_item_twice_in_one_request(network: MockNetwork, chain: list[SignedTransaction]) -> None:
    issue, first, _ = chain
    twice = FetchData((issue.id, issue.id), DataType.BATCH_TRANSACTION)
    with pytest.raises(IllegalTransactionRequest):
        network["PartyB"].run_flow(Script(network.party_of("PartyA"), first.id, (twice,)))


def test_a_request_for_nothing(network: MockNetwork, chain: list[SignedTransaction]) -> None:
    nothing = FetchData((), DataType.BATCH_TRANSACTION)
    with pytest.raises(FlowException, match="at least one"):
        network["PartyB"].run_flow(Script(network.party_of("PartyA"), chain[0].id, (nothing,)))


def test_one_illegal_item_spoils_the_request(
    network: MockNetwork, chain: list[SignedTransaction]
) -> None:
    issue, first, _ = chain
    mixed = FetchData((issue.id, first.id), DataType.BATCH_TRANSACTION)
    with pytest.raises(IllegalTransactionRequest) as raised:
        network["PartyB"].run_flow(Script(network.party_of("PartyA"), first.id, (mixed,)))
    assert raised.value.requested == first.id
    assert network["PartyB"].hub.load_transaction(issue.id) is None


def look(network: MockNetwork, ref: StateRef, told: StateRef) -> tuple[StateAndRef[Any], ...]:
    return network["PartyB"].run_flow(Look(network.party_of("PartyA"), (ref,), (told,)))


def test_states_come_with_their_transactions(
    network: MockNetwork, chain: list[SignedTransaction]
) -> None:
    second = chain[2]
    (seen,) = look(network, StateRef(second.id, 0), StateRef(second.id, 0))
    assert seen == network["PartyA"].hub.state_and_ref(StateRef(second.id, 0))
    assert all(network["PartyB"].hub.is_verified(stx.id) for stx in chain)
    assert network["PartyB"].hub.vault.balances() == ()


def test_a_state_that_differs_from_its_transaction(
    network: MockNetwork, chain: list[SignedTransaction]
) -> None:
    issue = network["PartyA"].run_flow(CashIssueFlow(Amount.parse("7 JPY")))
    with pytest.raises(IllegalArgumentError, match="differ"):
        look(network, StateRef(chain[2].id, 0), StateRef(issue.id, 0))


def test_a_state_says_nothing_of_other_transactions(
    network: MockNetwork, chain: list[SignedTransaction]
) -> None:
    unknown = StateRef(SecureHash.sha256(b"unknown"), 0)
    with pytest.raises(FlowException):
        look(network, StateRef(chain[2].id, 0), unknown)
