"""Replay: a changed flow is held before anything leaves, an unchanged one says the same again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from corda_sim.flow import FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.errors import FlowReplayError
from corda_sim.flow.state import FlowStatus
from corda_sim.testing.mock_bus import MockBus, Posted
from corda_sim.testing.mock_network import MockNetwork


@initiating_flow("replay.Chat")
class Chat(FlowLogic[str]):
    """Its `version` stands for the code that is installed."""

    version = "old"

    def __init__(self, peer: str) -> None:
        self.peer = peer

    async def call(self) -> str:
        """The answers."""
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.peer))
        first = (await session.send_and_receive(str, "one")).unwrap(str)
        await self.sleep(timedelta(seconds=1))
        word = "TWO" if Chat.version == "other words" else "two"
        if Chat.version == "patched" and self.patch("shout"):
            word = "TWO"
        if Chat.version == "other request":
            await self.sleep(timedelta(seconds=9))
        second = (await session.send_and_receive(str, word)).unwrap(str)
        await self.sleep(timedelta(seconds=60))
        return f"{first},{second}"


@initiated_by(Chat)
class Echo(FlowLogic[None]):
    """Says everything back."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Echo twice."""
        for _ in range(2):
            await self.session.send((await self.session.receive(str)).unwrap(str))


class Recorder(MockBus):
    """Remembers every message by its id."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, set[bytes]] = {}

    def post(self, posted: Posted) -> None:
        """Note the message."""
        self.seen.setdefault(posted.wire.message_id, set()).add(posted.wire.body)
        super().post(posted)


@pytest.fixture(autouse=True)
def _old_code() -> Iterator[None]:
    Chat.version = "old"
    yield
    Chat.version = "old"


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with MockNetwork(cordapps=[CordApp("replay", (Chat, Echo))]) as made:
        made.bus = Recorder()
        yield made


def chat_until_the_second_sleep(network: MockNetwork) -> str:
    flow_id = network["PartyA"].start_flow(Chat("PartyB"), client_id="chat").flow_id
    network.run_network()
    network.advance(timedelta(seconds=1))
    return flow_id


@pytest.mark.parametrize("version", ["other words", "other request"])
def test_changed_code_is_held_with_its_step_and_nothing_leaves(
    network: MockNetwork, version: str
) -> None:
    a = network["PartyA"]
    flow_id = chat_until_the_second_sleep(network)
    sent = network.bus.sent
    Chat.version = version
    a.restart()
    network.run_network()
    kept = a.manager.flows[flow_id]
    assert kept.status is FlowStatus.HOSPITALIZED
    assert isinstance(kept.error, FlowReplayError)
    assert kept.error.step == 2
    assert "patch()" in str(kept.error)
    assert network.bus.sent == sent
    Chat.version = "old"
    a.room.perform(a.manager.retry(flow_id))
    network.advance(timedelta(seconds=61))
    assert a.stored_result("chat") == "one,two"


def test_patch_lets_an_old_run_go_the_old_way_and_a_new_one_the_new(network: MockNetwork) -> None:
    a = network["PartyA"]
    chat_until_the_second_sleep(network)
    Chat.version = "patched"
    a.restart()
    network.advance(timedelta(seconds=61))
    assert a.stored_result("chat") == "one,two"
    a.start_flow(Chat("PartyB"), client_id="new")
    network.run_network()
    network.advance(timedelta(seconds=1))
    a.restart()
    network.advance(timedelta(seconds=61))
    assert a.stored_result("new") == "one,TWO"


def test_a_replay_says_the_same_bytes_under_the_same_ids(network: MockNetwork) -> None:
    bus = network.bus
    assert isinstance(bus, Recorder)
    chat_until_the_second_sleep(network)
    live = {message_id: set(bodies) for message_id, bodies in bus.seen.items()}
    before = bus.sent
    for name in ("PartyA", "PartyB"):
        network[name].restart()
        network.run_network()
    assert bus.sent > before
    assert bus.seen == live
    assert all(len(bodies) == 1 for bodies in live.values())
