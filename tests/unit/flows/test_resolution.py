import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import SignaturesMissingException
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.data_vending import SendTransactionFlow
from flows.fetching import (
    DataType,
    DownloadedVsRequestedDataMismatch,
    DownloadedVsRequestedSizeMismatch,
    FetchData,
    FetchEnd,
    FetchRequest,
    IllegalTransactionRequest,
)
from flows.resolution import ReceiveTransactionFlow
from tests.unit.flows.conftest import NewNetwork

YEN = Amount.parse("100 JPY")


@initiating_flow("test.Ask")
class Ask(FlowLogic[None]):
    """Gets a transaction sent, then makes its own requests."""

    def __init__(
        self, peer: Party, tx_id: SecureHash, wanted: tuple[SecureHash, ...], kind: DataType
    ) -> None:
        self.peer, self.tx_id, self.wanted, self.kind = peer, tx_id, wanted, kind

    async def call(self) -> None:
        session = self.initiate_flow(self.peer)
        await session.send_and_receive(SignedTransaction, self.tx_id)
        for one in self.wanted:
            await session.send_and_receive(tuple, FetchData((one,), self.kind))
        await session.send(FetchEnd())


@initiated_by(Ask)
class Serve(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        tx_id = (await self.session.receive(SecureHash)).unwrap(lambda value: value)
        transaction = self.service_hub.get_transaction(tx_id)
        assert transaction is not None
        await self.sub_flow(SendTransactionFlow(self.session, transaction))


@initiating_flow("test.Fetch")
class Fetch(FlowLogic[SignedTransaction]):
    """Receives a transaction from a peer that answers requests as it is told."""

    def __init__(
        self, peer: Party, root: SignedTransaction, answer: tuple[SignedTransaction, ...]
    ) -> None:
        self.peer, self.root, self.answer = peer, root, answer

    async def call(self) -> SignedTransaction:
        session = self.initiate_flow(self.peer)
        await session.send((self.root, *self.answer))
        return await self.sub_flow(ReceiveTransactionFlow(session))


@initiated_by(Fetch)
class Lie(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        root, *answer = (await self.session.receive(tuple)).unwrap(tuple)
        await self.session.send(root)
        await self.session.receive(FetchRequest)
        await self.session.send(tuple(answer))
        await self.session.receive(FetchRequest)


APP = CordApp("test", flows=(Ask, Serve, Fetch, Lie))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


@pytest.fixture
def chain(network: MockNetwork) -> list[SignedTransaction]:
    """An issue, a payment of it, and another issue that neither depends on; all at PartyA."""
    a = network["PartyA"]
    issue = a.run_flow(CashIssueFlow(YEN))
    paid = a.run_flow(CashPaymentFlow(YEN, a.party))
    return [issue, paid, a.run_flow(CashIssueFlow(YEN))]


def ask(network: MockNetwork, tx: SignedTransaction, *wanted: SecureHash, kind: DataType) -> None:
    network["PartyB"].run_flow(Ask(network.party_of("PartyA"), tx.id, wanted, kind))


def test_dependencies_are_given_once(network: MockNetwork, chain: list[SignedTransaction]) -> None:
    issue, paid, _ = chain
    ask(network, paid, issue.id, kind=DataType.BATCH_TRANSACTION)
    ask(network, paid, issue.attachments[0], kind=DataType.ATTACHMENT)
    with pytest.raises(IllegalTransactionRequest):
        ask(network, paid, issue.id, issue.id, kind=DataType.TRANSACTION)


@pytest.mark.parametrize("kind", DataType)
def test_nothing_else_is_given(
    network: MockNetwork, chain: list[SignedTransaction], kind: DataType
) -> None:
    _, paid, other = chain
    for wanted in (other.id, paid.id, SecureHash.sha256(b"?")):
        with pytest.raises(IllegalTransactionRequest):
            ask(network, paid, wanted, kind=kind)


def fetch(
    network: MockNetwork, root: SignedTransaction, *answer: SignedTransaction
) -> SignedTransaction:
    return network["PartyB"].run_flow(Fetch(network.party_of("PartyA"), root, answer))


def test_the_right_answer_is_verified_and_kept(
    network: MockNetwork, chain: list[SignedTransaction]
) -> None:
    issue, paid, _ = chain
    assert fetch(network, paid, issue) == paid
    assert network["PartyB"].hub.is_verified(issue.id)
    assert not network["PartyB"].hub.is_verified(paid.id)


def test_another_transaction_than_asked_for(
    network: MockNetwork, chain: list[SignedTransaction]
) -> None:
    _, paid, other = chain
    with pytest.raises(DownloadedVsRequestedDataMismatch):
        fetch(network, paid, other)
    assert network["PartyB"].hub.load_transaction(other.id) is None


def test_too_many_or_too_few(network: MockNetwork, chain: list[SignedTransaction]) -> None:
    issue, paid, other = chain
    for answer in ((), (issue, other)):
        with pytest.raises(DownloadedVsRequestedSizeMismatch):
            fetch(network, paid, *answer)


def test_a_dependency_without_its_signatures_is_not_stored(
    network: MockNetwork, chain: list[SignedTransaction]
) -> None:
    issue, paid, _ = chain
    stripped = SignedTransaction.of(
        issue.tx, [sign_transaction_id(network.keys["PartyB"], issue.id)]
    )
    with pytest.raises(SignaturesMissingException):
        fetch(network, paid, stripped)
    assert network["PartyB"].hub.load_transaction(issue.id) is None
    assert fetch(network, paid, issue) == paid
