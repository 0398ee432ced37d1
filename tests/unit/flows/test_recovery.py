import shutil

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.accounts.create import CreateAccount
from flows.accounts.share import ShareAccountInfo
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.fetching import IllegalTransactionRequest
from flows.recovery import (
    Finished,
    GiveBackTransactionsFlow,
    GiveTransactions,
    ListTransactions,
    OfferPage,
    RecoverTransactionsFlow,
)
from tests.unit.flows.conftest import NewNetwork


@initiating_flow("test.AskFor")
class AskFor(FlowLogic[OfferPage]):
    """Asks for the first page and for transactions of its own choice."""

    def __init__(self, peer: Party, wanted: tuple[SecureHash, ...] = ()) -> None:
        self.peer, self.wanted = peer, wanted

    async def call(self) -> OfferPage:
        session = self.initiate_flow(self.peer)
        page = await session.send_and_receive(OfferPage, ListTransactions())
        if self.wanted:
            await session.send(GiveTransactions(self.wanted))
            await session.receive(SignedTransaction)
        await session.send(Finished())
        return page.unwrap(lambda value: value)


@initiated_by(AskFor)
class Answer(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        await self.sub_flow(GiveBackTransactionsFlow(self.session))


APP = CordApp("test", flows=(AskFor, Answer))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


def yen(quantity: int) -> Amount:  # type: ignore[type-arg] # of Currency
    return Amount.parse(f"{quantity} JPY")


def balance(node: MockNode) -> int:
    return sum(amount.quantity for amount in node.hub.vault.balances())


def back_up(node: MockNode) -> None:
    node.stop()
    shutil.copy(node.spec.directory / "node.sqlite", node.spec.directory / "backup")
    node.start()


def restore(node: MockNode) -> None:
    node.stop()
    for rest in node.spec.directory.glob("node.sqlite-*"):
        rest.unlink()
    shutil.copy(node.spec.directory / "backup", node.spec.directory / "node.sqlite")
    node.start()


def test_a_restored_node_gets_back_its_coins_and_keys(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CashIssueFlow(yen(1000)))
    a.run_flow(CashPaymentFlow(yen(5), b.party))
    back_up(b)
    bob = b.run_flow(CreateAccount("bob")).state.data.linear_id.id
    b.run_flow(ShareAccountInfo("bob", a.party))
    for quantity in (10, 20):
        a.run_flow(CashPaymentFlow(yen(quantity), to_account=str(bob)))
    a.run_flow(CashPaymentFlow(yen(40), b.party, anonymous=True))
    a.run_flow(CashPaymentFlow(yen(80), b.party))
    b.run_flow(CashPaymentFlow(yen(80), a.party))
    assert balance(b) == 75
    restore(b)
    assert balance(b) == 5

    assert b.run_flow(RecoverTransactionsFlow(a.party)) == 6
    assert balance(b) == 75
    assert [amount.quantity for amount in b.hub.vault.balances(bob)] == [30]
    assert b.run_flow(RecoverTransactionsFlow(a.party)) == 0
    b.restart()
    assert balance(b) == 75
    b.run_flow(CashPaymentFlow(yen(30), a.party, from_account="bob"))
    b.run_flow(CashPaymentFlow(yen(45), a.party))
    assert balance(b) == 0


def test_new_keys_follow_those_that_were_found(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CashIssueFlow(yen(100)))
    back_up(b)
    lost = a.run_flow(CashPaymentFlow(yen(10), b.party, anonymous=True)).outputs[0].data.owner
    restore(b)
    assert not b.hub.is_our_key(lost.owning_key)
    b.run_flow(RecoverTransactionsFlow(a.party))
    assert b.hub.is_our_key(lost.owning_key)
    fresh = a.run_flow(CashPaymentFlow(yen(10), b.party, anonymous=True)).outputs[0].data.owner
    assert fresh != lost


def test_strangers_are_offered_nothing(network: MockNetwork) -> None:
    a, b, stranger = (network[name] for name in ("PartyA", "PartyB", "Validator"))
    issued = a.run_flow(CashIssueFlow(yen(100)))
    a.run_flow(CashPaymentFlow(yen(10), b.party))
    assert stranger.run_flow(AskFor(a.party)).offers == ()
    assert stranger.run_flow(RecoverTransactionsFlow(a.party)) == 0
    for wanted in (issued.id, SecureHash.sha256(b"unknown")):
        with pytest.raises(IllegalTransactionRequest) as raised:
            stranger.run_flow(AskFor(a.party, (wanted,)))
        assert raised.value.requested == wanted
    assert stranger.hub.load_transaction(issued.id) is None


def test_who_was_paid_is_offered_the_payment_alone(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CashIssueFlow(yen(100)))
    paid = a.run_flow(CashPaymentFlow(yen(10), b.party))
    (offer,) = b.run_flow(AskFor(a.party)).offers
    assert offer.tx_id == paid.id
    assert [(one.key, one.account) for one in offer.keys] == [(b.party.owning_key, None)]


def test_nobody_recovers_from_himself(network: MockNetwork) -> None:
    a = network["PartyA"]
    with pytest.raises(IllegalArgumentError, match="itself"):
        a.run_flow(RecoverTransactionsFlow(a.party))
