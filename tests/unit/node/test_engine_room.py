"""Draining: what comes meanwhile is kept, and runs once when draining ends, however it ends."""

from collections.abc import Iterator

import pytest

from corda_sim.flow import (
    FlowLogic,
    FlowSession,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode

RUNS: list[str] = []


@initiating_flow("room.Ask")
class Ask(FlowLogic[str]):
    """Has the other side run."""

    async def call(self) -> str:
        """Its answer."""
        peer = self.service_hub.services.party_by_text("PartyB")
        return (await self.initiate_flow(peer).send_and_receive(str, "?")).unwrap(str)


@initiated_by(Ask)
class Answer(FlowLogic[None]):
    """Counts how often it is run."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer."""
        RUNS.append((await self.session.receive(str)).unwrap(str))
        await self.session.send("!")


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    RUNS.clear()
    with MockNetwork(cordapps=[CordApp("room", (Ask, Answer))]) as made:
        yield made


def deliver(network: MockNetwork, node: MockNode) -> None:
    """Hand over what is in the inbox; nothing is committed yet."""
    for posted in network.bus.take(node.party.owning_key):
        node.manager.on_message(posted.sender, posted.wire, posted)


def draining_b_is_asked(network: MockNetwork) -> MockNode:
    party_b = network["PartyB"]
    party_b.room.set_draining(enabled=True)
    network.run_network()
    network["PartyA"].start_flow(Ask())
    network["PartyA"].pump()
    return party_b


def test_an_init_whose_row_is_not_committed_yet_runs_after_draining(network: MockNetwork) -> None:
    party_b = draining_b_is_asked(network)
    deliver(network, party_b)

    party_b.room.set_draining(enabled=False)
    network.run_network()

    assert RUNS == ["?"]
    assert not network["PartyA"].manager.flows


@pytest.mark.parametrize("committed", [False, True])
def test_ending_draining_twice_runs_what_was_kept_once(
    network: MockNetwork, committed: bool
) -> None:
    party_b = draining_b_is_asked(network)
    deliver(network, party_b)
    if committed:
        party_b.pump()

    party_b.room.set_draining(enabled=False)
    party_b.room.set_draining(enabled=False)
    network.run_network()

    assert RUNS == ["?"]
    assert party_b.hub.checkpoints.kept_inits() == []


def test_draining_outlives_the_process(network: MockNetwork) -> None:
    party_b = draining_b_is_asked(network)
    network.run_network()

    party_b.restart()
    network.run_network()
    kept = len(party_b.hub.checkpoints.kept_inits())
    draining = party_b.manager.draining
    party_b.room.set_draining(enabled=False)
    network.run_network()
    party_b.restart()
    network.run_network()

    assert (draining, kept, RUNS) == (True, 1, ["?"])
    assert not party_b.manager.draining
