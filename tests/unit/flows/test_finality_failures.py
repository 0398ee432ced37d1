"""Finality where something goes wrong, and for those who only watch."""

import pytest

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.core.vault_query import RelevancyStatus, StateStatus, VaultQueryCriteria
from corda_sim.flow import (
    FlowLogic,
    FlowSession,
    StatesToRecord,
    UnexpectedFlowEndException,
    flow_name,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.notary.errors import Conflict, NotaryException
from corda_sim.testing.mock_network import MockNetwork
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.finality import FinalityFlow, ReceiveFinalityFlow
from states.cash import Move
from tests.unit.flows.conftest import NewNetwork

YEN = Amount.parse("100 JPY")
WATCH, EXPECT_ANOTHER, LEAVE, RECEIVE = "watch", "expect another", "leave", "receive"


def move(flow: FlowLogic[SignedTransaction], ref: StateRef, owner: Party) -> SignedTransaction:
    """The coin to another owner, signed by its present one, our legal identity."""
    coin = flow.service_hub.state_and_ref(ref)
    command, moved = coin.state.data.with_new_owner(owner)
    assert command == Move()
    builder = TransactionBuilder(coin.state.notary).add_input_state(coin)
    builder.add_output_state(moved).add_command(command, flow.our_identity.owning_key)
    return flow.service_hub.sign_initial_transaction(builder)


@initiating_flow("test.MoveTo")
class MoveTo(FlowLogic[SignedTransaction]):
    """Moves a coin to the first of `told`; each of them is told how to behave."""

    def __init__(self, ref: StateRef, told: tuple[tuple[Party, str], ...]) -> None:
        self.ref, self.told = ref, told

    async def call(self) -> SignedTransaction:
        stx = move(self, self.ref, self.told[0][0])
        sessions = [self.initiate_flow(party) for party, _ in self.told]
        for session, (_, how) in zip(sessions, self.told, strict=True):
            await session.send(how)
        return await self.sub_flow(FinalityFlow(stx, sessions))


@initiated_by(MoveTo)
class Behave(FlowLogic[SignedTransaction | None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SignedTransaction | None:
        how = (await self.session.receive(str)).unwrap(str)
        if how == LEAVE:
            return None
        expected = SecureHash.sha256(b"another") if how == EXPECT_ANOTHER else None
        only = StatesToRecord.ONLY_RELEVANT
        states = StatesToRecord.ALL_VISIBLE if how == WATCH else only
        return await self.sub_flow(ReceiveFinalityFlow(self.session, expected, states))


@flow_name("test.SpendTwice")
class SpendTwice(FlowLogic[SignedTransaction]):
    """Moves a coin to oneself, whether or not it is spent already."""

    def __init__(self, ref: StateRef) -> None:
        self.ref = ref

    async def call(self) -> SignedTransaction:
        return await self.sub_flow(FinalityFlow(move(self, self.ref, self.our_identity)))


APP = CordApp("test", flows=(MoveTo, Behave, SpendTwice))


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(APP)


def issue(network: MockNetwork) -> StateRef:
    return StateRef(network["PartyA"].run_flow(CashIssueFlow(YEN)).id, 0)


def told(network: MockNetwork, **how: str) -> tuple[tuple[Party, str], ...]:
    return tuple((network.party_of(name), text) for name, text in how.items())


def test_an_observer_keeps_what_it_sees(network: MockNetwork) -> None:
    stx = network["PartyA"].run_flow(
        MoveTo(issue(network), told(network, PartyB=RECEIVE, Validator=WATCH))
    )
    vault = network["Validator"].hub.vault
    seen = vault.query_page(VaultQueryCriteria(relevancy=RelevancyStatus.NOT_RELEVANT))
    assert seen.refs == (StateRef(stx.id, 0),)
    assert vault.balances() == ()
    again = network["PartyB"].run_flow(
        MoveTo(StateRef(stx.id, 0), told(network, PartyA=RECEIVE, Validator=WATCH))
    )
    assert vault.query_page(VaultQueryCriteria()).refs == (StateRef(again.id, 0),)
    spent = vault.query_page(VaultQueryCriteria(StateStatus.CONSUMED))
    assert spent.refs == (StateRef(stx.id, 0),)


def test_an_uninvolved_receiver_records_no_states(network: MockNetwork) -> None:
    stx = network["PartyA"].run_flow(
        MoveTo(issue(network), told(network, PartyB=RECEIVE, Validator=RECEIVE))
    )
    validator = network["Validator"].hub
    assert validator.is_verified(stx.id)
    assert validator.vault.query_page(VaultQueryCriteria(StateStatus.ALL)).refs == ()


def test_another_transaction_than_expected_is_not_recorded(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.start_flow(MoveTo(issue(network), told(network, PartyB=EXPECT_ANOTHER)))
    network.run_network()
    assert a.hub.vault.balances() == ()
    assert b.hub.vault.balances() == ()


def test_a_counterparty_that_went_away(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    moving = a.start_flow(MoveTo(issue(network), told(network, PartyB=LEAVE)))
    network.run_network()
    with pytest.raises(UnexpectedFlowEndException, match="Did they forget to call"):
        moving.result()
    assert a.hub.vault.balances() == ()
    (spent,) = a.hub.vault.query_page(VaultQueryCriteria(StateStatus.CONSUMED)).refs
    assert b.hub.load_transaction(spent.txhash) is None


def test_a_double_spend_records_nothing(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    ref = issue(network)
    paid = a.run_flow(CashPaymentFlow(YEN, b.party))
    with pytest.raises(NotaryException) as raised:
        a.run_flow(SpendTwice(ref))
    error = raised.value.error
    assert isinstance(error, Conflict)
    assert [one.ref for one in error.consumed_states] == [ref]
    everything = a.hub.vault.query_page(VaultQueryCriteria(StateStatus.ALL))
    assert everything.refs == (ref,)
    assert b.hub.vault.balances() == (YEN,)
    assert b.hub.is_verified(paid.id)


def test_the_same_transaction_is_made_final_twice(network: MockNetwork) -> None:
    a = network["PartyA"]
    stx = a.run_flow(SpendTwice(issue(network)))
    unsigned = SignedTransaction.of(
        stx.tx, [one for one in stx.sigs if one.by == a.party.owning_key]
    )
    again = a.run_flow(FinalityFlow(unsigned))
    assert again.id == stx.id
    assert a.hub.vault.balances() == (YEN,)
