"""Transactions that refer to states without spending them, from node to node."""

import pytest

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.core.vault_query import RelevancyStatus, VaultQueryCriteria, state_types
from corda_sim.flow import FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.notary.errors import NotaryException
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.accounts.create import CreateAccount
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.finality import FinalityFlow, ReceiveFinalityFlow
from states.accounts import AccountInfo
from tests.unit.flows.conftest import NewNetwork

YEN = Amount.parse("100 JPY")


@initiating_flow("test.MoveReferring")
class MoveReferring(FlowLogic[SignedTransaction]):
    """Moves a coin in a transaction that refers to another state."""

    def __init__(self, coin: StateRef, referred: StateRef, owner: Party) -> None:
        self.coin, self.referred, self.owner = coin, referred, owner

    async def call(self) -> SignedTransaction:
        hub = self.service_hub
        coin = hub.state_and_ref(self.coin)
        command, moved = coin.state.data.with_new_owner(self.owner)
        builder = TransactionBuilder(coin.state.notary).add_input_state(coin)
        builder.add_reference_state(hub.state_and_ref(self.referred))
        builder.add_output_state(moved).add_command(command, self.our_identity.owning_key)
        stx = hub.sign_initial_transaction(builder)
        return await self.sub_flow(FinalityFlow(stx, (self.initiate_flow(self.owner),)))


@initiated_by(MoveReferring)
class Receive(FlowLogic[SignedTransaction]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SignedTransaction:
        return await self.sub_flow(ReceiveFinalityFlow(self.session))


APP = CordApp("test", flows=(MoveReferring, Receive))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


def issue(node: MockNode) -> StateRef:
    return StateRef(node.run_flow(CashIssueFlow(YEN)).id, 0)


def test_the_receiver_keeps_what_was_referred_to(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    account = a.run_flow(CreateAccount("alice")).ref
    stx = a.run_flow(MoveReferring(issue(a), account, b.party))
    assert stx.references == (account,)
    of_accounts = VaultQueryCriteria(contract_state_types=state_types(AccountInfo))
    (seen,) = b.hub.vault.query_page(of_accounts).states
    assert (seen.ref, seen.relevancy) == (account, RelevancyStatus.NOT_RELEVANT)
    (own,) = a.hub.vault.query_page(of_accounts).states
    assert own.relevancy is RelevancyStatus.RELEVANT
    assert b.hub.vault.balances() == (YEN,)
    assert network["Validator"].hub.load_transaction(stx.id) is None


def test_what_is_spent_may_not_be_referred_to(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    spent = issue(a)
    a.run_flow(CashPaymentFlow(YEN, b.party))
    with pytest.raises(NotaryException):
        a.run_flow(MoveReferring(issue(a), spent, b.party))
    assert a.hub.vault.balances() == (YEN,)


def test_a_coin_that_was_referred_to_can_still_be_spent(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    referred, moved = issue(a), issue(a)
    a.run_flow(MoveReferring(moved, referred, b.party))
    a.run_flow(CashPaymentFlow(YEN, b.party))
    assert a.hub.vault.balances() == ()
    assert b.hub.vault.balances() == (Amount.parse("200 JPY"),)
    everything = b.hub.vault.query_page(VaultQueryCriteria())
    assert referred not in everything.refs
