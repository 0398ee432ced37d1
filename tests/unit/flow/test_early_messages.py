"""Messages that come before an earlier one of their session, once or more often."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from corda_sim.flow import FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_bus import Posted
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode

HEARD: list[list[str]] = []
WORDS = ["one", "two", "three"]


@initiating_flow("early.Tell")
class Tell(FlowLogic[None]):
    """Says several things at once, as soon as the other side has asked."""

    async def call(self) -> None:
        """Say them."""
        session = self.initiate_flow(self.service_hub.services.party_by_text("PartyB"))
        await session.receive(str)
        for word in WORDS:
            await session.send(word)


@initiated_by(Tell)
class Hear(FlowLogic[None]):
    """Hears them."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Hear them in order."""
        await self.session.send("go on")
        HEARD.append([(await self.session.receive(str)).unwrap(str) for _ in WORDS])


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    HEARD.clear()
    with MockNetwork(cordapps=[CordApp("early", (Tell, Hear))]) as made:
        yield made


def said_at_once(network: MockNetwork) -> list[Posted]:
    """What is on its way to B once A has said everything."""
    party_a, party_b = network["PartyA"], network["PartyB"]
    party_a.start_flow(Tell())
    while True:
        party_a.pump()
        waiting = list(network.bus.inboxes.get(party_b.party.owning_key, ()))
        if len(waiting) >= len(WORDS):
            return waiting
        party_b.pump()


def acknowledged(node: MockNode) -> list[object]:
    """From now on collects what the node acknowledges."""
    found: list[object] = []
    ack = node.room.outside.ack

    def note(deliveries: Sequence[object]) -> None:
        found.extend(deliveries)
        ack(deliveries)

    node.room.outside.ack = note
    return found


def deliver(node: MockNode, messages: Sequence[Posted]) -> None:
    for posted in messages:
        posted.delivered = True
        node.manager.on_message(posted.sender, posted.wire, posted)


def test_they_are_heard_in_order(network: MockNetwork) -> None:
    waiting = said_at_once(network)

    deliver(network["PartyB"], waiting[::-1])
    network.run_network()

    assert HEARD == [WORDS]


def test_no_copy_is_acknowledged_before_the_message_is_taken(network: MockNetwork) -> None:
    party_b, waiting = network["PartyB"], said_at_once(network)
    found = acknowledged(party_b)
    waiting[0].delivered = True  # still under way

    deliver(party_b, [*waiting[1:], *(replace(posted) for posted in waiting[1:])])
    party_b.pump()

    assert found == []


def test_every_copy_is_acknowledged_once_the_message_is_taken(network: MockNetwork) -> None:
    party_b, waiting = network["PartyB"], said_at_once(network)
    copies = [replace(posted) for posted in waiting[1:]]
    found = acknowledged(party_b)

    deliver(party_b, [*waiting[1:], *copies, waiting[0]])
    network.run_network()

    assert HEARD == [WORDS]
    assert {id(one) for one in (*waiting, *copies)} <= {id(one) for one in found}
