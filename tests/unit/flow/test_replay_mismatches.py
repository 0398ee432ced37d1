"""Each way in which a flow's code can differ from its journal is seen before anything leaves."""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

import pytest

from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    flow_name,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.errors import FlowReplayError
from corda_sim.flow.state import FlowStatus
from corda_sim.testing.mock_network import MockNetwork
from tests.unit.flow.scripted import nothing_is_left, only_flow


@initiating_flow("mismatch.Change")
class Change(FlowLogic[str]):
    """Takes inputs, talks, rests; `code` stands for what is installed."""

    code: ClassVar[str] = "old"

    def __init__(self, peer: str) -> None:
        self.peer = peer

    async def call(self) -> str:
        """What was heard."""
        session = self._begin()
        await self._say(session)
        heard = (await session.receive(str)).unwrap(str)
        if self.code == "other wait":
            await session.receive(str)
        await self.sleep(timedelta(seconds=30))
        if self.code == "added wait":
            await self.sleep(timedelta(seconds=1))
        return heard

    def _begin(self) -> FlowSession:
        party = self.service_hub.services.party_by_text(self.peer)
        if self.code == "session later":
            self.service_hub.now_ns()
            return self.initiate_flow(party)
        session = self.initiate_flow(party)
        if self.code == "another session":
            session = self.initiate_flow(party)
        if self.code != "input gone":
            self._inputs()
        return session

    def _inputs(self) -> None:
        if self.code == "other input":
            self.service_hub.fresh_key()
        elif self.code == "caught":
            try:
                self.service_hub.fresh_key()
            except Exception:  # noqa: BLE001 - a flow's author may do this
                self.service_hub.now_ns()
        else:
            self.service_hub.now_ns()
        if self.code == "added input":
            self.service_hub.fresh_key()

    async def _say(self, session: FlowSession) -> None:
        if self.code == "raises":
            raise FlowException("changed its mind")
        words = {
            "other words": ["HELLO", "you"],
            "fewer words": ["hello"],
            "more words": ["hello", "you", "too"],
            "swapped words": ["you", "hello"],
        }
        for word in words.get(self.code, ["hello", "you"]):
            await session.send(word)
        if self.code == "label":
            self.set_step("a label that the journal doesn't have")
        if self.code == "dice":
            self.service_hub.random_bytes(8)
        if self.code == "sub-flow":
            await self.sub_flow(Nothing())


@flow_name("mismatch.Nothing")
class Nothing(FlowLogic[None]):
    """A sub-flow that does nothing."""

    async def call(self) -> None:
        """Nothing."""


@initiated_by(Change)
class Answer(FlowLogic[None]):
    """Answers two words."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer."""
        words = [(await self.session.receive(str)).unwrap(str) for _ in range(2)]
        await self.session.send("+".join(words))


SEEN = {
    "other words": "other messages",
    "fewer words": "other messages",
    "more words": "other messages",
    "swapped words": "other messages",
    "another session": "the input 'clock'",
    "input gone": "the next suspension",
    "added input": "no more inputs",
    "other input": "the input 'key'",
    "caught": "the input 'key'",
    "other wait": "the next suspension",
    "added wait": "'sleep:",
    "raises": "nothing: it raises FlowException: changed its mind",
}
UNSEEN = ("old", "label", "dice", "sub-flow", "session later")


@pytest.fixture(autouse=True)
def _old_code() -> Iterator[None]:
    Change.code = "old"
    yield
    Change.code = "old"


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with MockNetwork(cordapps=[CordApp("mismatch", (Change, Answer, Nothing))]) as made:
        yield made


def resting(network: MockNetwork) -> None:
    network["PartyA"].start_flow(Change("PartyB"), client_id="change")
    network.run_network()
    assert len(network["PartyA"].manager.flows) == 1


def restarted_with(network: MockNetwork, code: str) -> None:
    Change.code = code
    network["PartyA"].restart()
    network.run_network()


@pytest.mark.parametrize(
    ("code", "says"), [pair for pair in SEEN.items() if "added" not in pair[0]]
)
def test_a_change_is_seen_and_the_flow_kept(network: MockNetwork, code: str, says: str) -> None:
    a = network["PartyA"]
    resting(network)
    sent = network.bus.sent
    restarted_with(network, code)
    kept = only_flow(a)
    assert kept.status is FlowStatus.HOSPITALIZED
    assert isinstance(kept.error, FlowReplayError)
    assert says in str(kept.error)
    for choice in ("former CorDapp", "patch()", "kill"):
        assert choice in str(kept.error)
    network.advance(timedelta(minutes=5))
    assert network.bus.sent == sent
    assert not a.hub.checkpoints.outbox()


@pytest.mark.parametrize("code", ["added input", "raises", "other wait"])
def test_the_former_code_takes_the_flow_to_its_end(network: MockNetwork, code: str) -> None:
    a = network["PartyA"]
    resting(network)
    restarted_with(network, code)
    Change.code = "old"
    a.room.perform(a.manager.retry(only_flow(a).flow_id))
    network.advance(timedelta(seconds=31))
    assert a.stored_result("change") == "hello+you"
    assert nothing_is_left(network)


def test_it_may_be_killed_instead_and_its_peer_is_told(network: MockNetwork) -> None:
    a = network["PartyA"]
    resting(network)
    restarted_with(network, "other words")
    a.manager.kill(only_flow(a).flow_id)
    network.run_network()
    assert nothing_is_left(network)


@pytest.mark.parametrize("code", UNSEEN)
def test_what_the_journal_does_not_depend_on_may_change(network: MockNetwork, code: str) -> None:
    resting(network)
    restarted_with(network, code)
    network.advance(timedelta(seconds=31))
    assert network["PartyA"].stored_result("change") == "hello+you"


def test_a_change_behind_the_present_step_only_shows_when_it_is_reached(
    network: MockNetwork,
) -> None:
    """The journal has nothing to say of what is still to come."""
    resting(network)
    restarted_with(network, "added wait")
    network.advance(timedelta(seconds=31))
    network.advance(timedelta(seconds=2))
    assert network["PartyA"].stored_result("change") == "hello+you"


def test_an_input_added_before_the_present_step_is_seen(network: MockNetwork) -> None:
    resting(network)
    restarted_with(network, "added input")
    assert SEEN["added input"] in str(only_flow(network["PartyA"]).error)
