"""Limits, retention and kept outcomes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.flow import FlowException, FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.errors import RejectedCommandException, SessionException
from corda_sim.flow.settings import EngineSettings
from corda_sim.node.storage import schema
from corda_sim.testing.mock_network import MockNetwork


@initiating_flow("keep.Send")
class SendOnce(FlowLogic[str]):
    """Sends so many bytes, or misuses a session."""

    def __init__(self, peer: str, size: int) -> None:
        self.peer, self.size = peer, size

    async def call(self) -> str:
        """Its outcome."""
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.peer))
        if self.size < 0:
            await self.receive_all(str, [session, session])
        await session.send(b"x" * self.size)
        if self.size == 1:
            raise FlowException("one is too few")
        return "sent"


@initiated_by(SendOnce)
class Take(FlowLogic[None]):
    """Takes it."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Receive."""
        await self.session.receive(bytes)


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with MockNetwork(cordapps=[CordApp("keep", (SendOnce, Take))]) as made:
        yield made


def test_ids_of_session_inits_are_purged_after_their_retention(network: MockNetwork) -> None:
    b = network["PartyB"]
    network["PartyA"].run_flow(SendOnce("PartyB", 5))
    assert b.room.purge_message_ids() == 0
    network.advance(timedelta(days=7, seconds=1))
    assert b.room.purge_message_ids() == 1
    network.run_network()
    count = select(func.count()).select_from(schema.node_message_ids)
    assert b.storage.read(count)[0][0] == 0


def test_too_large_a_message_is_refused_at_its_sender(network: MockNetwork) -> None:
    limit = network.parameters.max_message_size
    with pytest.raises(SessionException, match="exceeds the network's maxMessageSize"):
        network["PartyA"].run_flow(SendOnce("PartyB", limit))


def test_a_session_can_be_received_from_only_once_at_a_time(network: MockNetwork) -> None:
    with pytest.raises(SessionException, match="can only appear once"):
        network["PartyA"].run_flow(SendOnce("PartyB", -1))


def test_the_outcome_of_a_client_id_outlives_the_flow(network: MockNetwork) -> None:
    a = network["PartyA"]
    for client_id, size in (("good", 5), ("bad", 1)):
        a.start_flow(SendOnce("PartyB", size), client_id=client_id)
    assert a.hub.checkpoints.finished_outcome("good") is None
    network.run_network()
    a.restart()
    good, bad = (a.hub.checkpoints.finished_outcome(i) for i in ("good", "bad"))
    assert good is not None
    assert good.result == "sent"
    assert bad is not None
    assert isinstance(bad.error, FlowException)
    assert str(bad.error) == "one is too few"
    again = a.start_flow(SendOnce("PartyB", 9), client_id="bad")
    with pytest.raises(FlowException, match="one is too few"):
        again.result()


def test_a_busy_or_draining_node_says_so(network: MockNetwork) -> None:
    manager = network["PartyA"].manager
    manager.settings = EngineSettings(max_flows=0, busy_eta_seconds=3.0)
    with pytest.raises(RejectedCommandException, match="try again in 3 s") as busy:
        manager.start_flow(SendOnce("PartyB", 5), "me")
    assert busy.value.eta_seconds == 3.0
    manager.draining = True
    with pytest.raises(RejectedCommandException, match="draining before shutdown"):
        manager.start_flow(SendOnce("PartyB", 5), "me")
    with pytest.raises(IllegalArgumentError):
        manager.start_flow(SendOnce("PartyB", 5), "me", "x" * 513)
