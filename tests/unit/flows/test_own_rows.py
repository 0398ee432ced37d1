"""A flow sees what it has just written: its query, its notes and its coins wait for the commit."""

from datetime import timedelta

import pytest

from corda_sim.core.contracts import Amount, Currency
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.vault_query import VaultQueryCriteria, state_types
from corda_sim.flow import FlowLogic, FlowSession, flow_name, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.selection import CoinSelection, InsufficientBalanceException
from corda_sim.testing.mock_network import MockNetwork
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from states.cash import CashState
from tests.unit.flow.scripted import only_flow
from tests.unit.flows.conftest import NewNetwork

FIVE, TEN, TWENTY = (Amount.parse(f"{n} JPY") for n in (5, 10, 20))


@flow_name("test.IssueAndChoose")
class IssueAndChoose(FlowLogic[list[int]]):
    """Makes coins and chooses from all that there are, in one breath."""

    def __init__(self, made: tuple[Amount[Currency], ...], wanted: Amount[Currency]) -> None:
        self.made, self.wanted = made, wanted

    async def call(self) -> list[int]:
        for amount in self.made:
            await self.sub_flow(CashIssueFlow(amount))
        coins = await self.service_hub.vault.select_coins(CoinSelection(self.wanted))
        await self.sleep(timedelta(seconds=1))
        return sorted(coin.state.data.amount.quantity for coin in coins)


@flow_name("test.IssueAndCount")
class IssueAndCount(FlowLogic[int]):
    """Makes a coin and asks how many there are."""

    async def call(self) -> int:
        await self.sub_flow(CashIssueFlow(FIVE))
        coins = VaultQueryCriteria(contract_state_types=state_types(CashState))
        return len((await self.service_hub.vault.query(coins)).states)


@flow_name("test.Annotate")
class Annotate(FlowLogic[tuple[str, ...]]):
    """Notes, twice, with a wait between; then reads."""

    async def call(self) -> tuple[str, ...]:
        vault, tx_id = self.service_hub.vault, SecureHash.sha256(b"any")
        vault.add_note_to_transaction(tx_id, "one")
        await self.sleep(timedelta(seconds=1))
        vault.add_note_to_transaction(tx_id, "two")
        vault.add_note_to_transaction(SecureHash.sha256(b"another"), "three")
        return await vault.get_transaction_notes(tx_id)


@initiating_flow("test.AnnotateAndHear")
class AnnotateAndHear(FlowLogic[tuple[str, ...]]):
    """Notes, hears of its peer while that is being committed, and reads."""

    async def call(self) -> tuple[str, ...]:
        vault, tx_id = self.service_hub.vault, SecureHash.sha256(b"any")
        session = self.initiate_flow(self.service_hub.services.party_by_text("PartyB"))
        await session.send("in 40 s, please")
        await self.sleep(timedelta(seconds=40))
        vault.add_note_to_transaction(tx_id, "one")
        await session.receive(str)
        return await vault.get_transaction_notes(tx_id)


@initiated_by(AnnotateAndHear)
class Say(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        await self.session.receive(str)
        await self.sleep(timedelta(seconds=40))
        await self.session.send("now")


APP = CordApp("own-rows", flows=(IssueAndChoose, IssueAndCount, Annotate, AnnotateAndHear, Say))


@pytest.fixture(params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest, new_network: NewNetwork) -> MockNetwork:
    return new_network(APP, reload=request.param)


def chosen(network: MockNetwork, *made: Amount[Currency], wanted: Amount[Currency]) -> list[int]:
    flow = network["PartyA"].start_flow(IssueAndChoose(made, wanted))
    network.run_network()
    network.advance(timedelta(seconds=1))
    found: list[int] = flow.result()
    return found


def test_coins_of_the_same_step_are_chosen(network: MockNetwork) -> None:
    assert chosen(network, TEN, FIVE, wanted=Amount.parse("15 JPY")) == [5, 10]


def test_with_coins_that_were_there_before(network: MockNetwork) -> None:
    network["PartyA"].run_flow(CashIssueFlow(TEN))
    assert chosen(network, FIVE, wanted=Amount.parse("15 JPY")) == [5, 10]


def test_where_committed_coins_do_nothing_is_awaited(network: MockNetwork) -> None:
    a = network["PartyA"]
    a.run_flow(CashIssueFlow(TEN))
    a.start_flow(IssueAndChoose((TEN,), TEN))
    network.run_network()
    machine = only_flow(a).machine
    assert machine is not None
    journal = a.hub.load_journal(machine.flow_id)
    assert journal is not None
    assert not [one.request for one in journal.steps if one.request.startswith("condition:coins")]


def test_too_few_with_the_flows_own_are_too_few(network: MockNetwork) -> None:
    with pytest.raises(InsufficientBalanceException, match="missing 5 JPY") as raised:
        chosen(network, FIVE, wanted=TEN)
    assert raised.value.amount_missing == FIVE


def test_the_choice_survives_a_restart(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.start_flow(IssueAndChoose((TEN,), TEN), client_id="choice")
    network.run_network()
    a.restart()
    with pytest.raises(AssertionError, match="hasn't ended"):
        a.run_flow(CashPaymentFlow(TEN, b.party))
    network.advance(timedelta(seconds=1))
    assert a.stored_result("choice") == (10,)


def test_a_query_counts_the_flows_own(network: MockNetwork) -> None:
    assert network["PartyA"].run_flow(IssueAndCount()) == 1


def test_notes_are_written_once_and_read_in_order(network: MockNetwork) -> None:
    a = network["PartyA"]
    a.start_flow(Annotate(), client_id="notes")
    network.run_network()
    a.restart()
    network.advance(timedelta(seconds=1))
    assert a.stored_result("notes") == ("one", "two")
    assert a.hub.vault.transaction_notes(SecureHash.sha256(b"another")) == ("three",)
    assert a.hub.vault.transaction_notes(SecureHash.sha256(b"a third")) == ()


def test_rows_that_are_just_being_committed_are_waited_for_too(new_network: NewNetwork) -> None:
    """The peer's message wakes the flow before the step that wrote is settled."""
    network = new_network(APP, reload=False)
    a, b = network["PartyA"], network["PartyB"]
    flow = a.start_flow(AnnotateAndHear())
    network.run_network()
    network.clock.advance(timedelta(seconds=41))
    steps = a.manager.take_steps()
    while b.pump():
        pass
    for posted in network.bus.take(a.party.owning_key):
        a.manager.on_message(posted.sender, posted.wire, posted)
    outcomes = a.storage.commit([one.batch for one in steps], epoch=None)
    a.cycle.settled(steps, outcomes)
    network.run_network()
    assert flow.result() == ("one",)
