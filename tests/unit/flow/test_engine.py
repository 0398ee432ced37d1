"""The engine on MockNetwork: sessions, failures, crashes, replay."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    HospitalizeFlowException,
    UnexpectedFlowEndException,
    flow_name,
    initiated_by,
    initiating_flow,
    startable_by_rpc,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.errors import KilledFlowException
from corda_sim.flow.state import FlowStatus
from corda_sim.testing.mock_network import MockNetwork


@startable_by_rpc
@initiating_flow("test.Ping")
class Ping(FlowLogic[str]):
    """Counts with a peer, `rounds` times."""

    def __init__(self, peer: str, rounds: int) -> None:
        self.peer, self.rounds = peer, rounds

    async def call(self) -> str:
        """The numbers that came back."""
        party = self.service_hub.services.party_by_text(self.peer)
        session = self.initiate_flow(party)
        heard = []
        await session.send(self.rounds)
        for number in range(self.rounds):
            answer = await session.send_and_receive(int, number)
            heard.append(str(answer.unwrap(lambda value: value)))
        return ",".join(heard)


@initiated_by(Ping)
class Pong(FlowLogic[None]):
    """Answers each number with its double."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer."""
        rounds = (await self.session.receive(int)).unwrap(lambda value: value)
        for _ in range(rounds):
            number = (await self.session.receive(int)).unwrap(lambda value: value)
            await self.session.send(number * 2)


@initiating_flow("test.Ask")
class Ask(FlowLogic[str]):
    """Sends a word that decides what the other side does."""

    def __init__(self, peer: str, word: str) -> None:
        self.peer, self.word = peer, word

    async def call(self) -> str:
        """The answer."""
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.peer))
        return (await session.send_and_receive(str, self.word)).unwrap(lambda value: value)


@initiated_by(Ask)
class Answer(FlowLogic[None]):
    """Fails in the way it is asked to."""

    attempts = 0

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Fail, or answer."""
        word = (await self.session.receive(str)).unwrap(lambda value: value)
        if word == "flow-exception":
            raise FlowException("no, thank you")
        if word == "bug":
            raise ZeroDivisionError("private details")
        if word == "end":
            return
        if word == "wrong-type":
            await self.session.send(17)
            return
        if word == "hospital":
            Answer.attempts += 1
            if Answer.attempts == 1:
                raise HospitalizeFlowException("wait for the operator")
        if word == "sleep":
            await self.sleep(timedelta(seconds=30))
        await self.session.send(word)


@flow_name("test.Dice")
class Dice(FlowLogic[str]):
    """Draws, sleeps, and must see the same draws after every replay."""

    async def call(self) -> str:
        """All draws."""
        draws = [self.service_hub.random_bytes(4).hex()]
        for _ in range(3):
            await self.sleep(timedelta(seconds=1))
            draws += [self.service_hub.random_bytes(4).hex(), str(self.service_hub.now_ns())]
        return ",".join(draws)


APP = CordApp("test-app", (Ping, Pong, Ask, Answer, Dice))


@pytest.fixture(params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    with MockNetwork(cordapps=[APP], reload=request.param) as made:
        yield made


def test_a_conversation(network: MockNetwork) -> None:
    assert network["PartyA"].run_flow(Ping("PartyB", 3)) == "0,2,4"


def test_nothing_is_left_of_a_finished_flow(network: MockNetwork) -> None:
    network["PartyA"].run_flow(Ping("PartyB", 2))
    for node in network.nodes.values():
        assert not node.manager.flows
        assert not node.manager.by_session
        assert not list(node.hub.checkpoints.unfinished())
        assert not node.hub.checkpoints.outbox()


@pytest.mark.parametrize("victim", ["PartyA", "PartyB"])
@pytest.mark.parametrize("after", range(1, 14))
def test_a_conversation_survives_a_kill_at_any_moment(
    network: MockNetwork, victim: str, after: int
) -> None:
    flow = network["PartyA"].start_flow(Ping("PartyB", 3), client_id="once")
    for _ in range(after):
        for node in network.nodes.values():
            node.pump()
    network[victim].restart()
    network.run_network()
    assert not network["PartyB"].manager.flows
    if victim == "PartyB":
        assert flow.result() == "0,2,4"
    results = network["PartyA"].stored_result("once")
    assert results == "0,2,4"


def test_a_double_kill_of_both_sides(network: MockNetwork) -> None:
    network["PartyA"].start_flow(Ping("PartyB", 5), client_id="once")
    for _ in range(40):
        for node in network.nodes.values():
            node.pump()
        network["PartyA"].restart()
        network["PartyB"].restart()
    network.run_network()
    assert network["PartyA"].stored_result("once") == "0,2,4,6,8"


def test_a_flow_exception_reaches_the_peer(network: MockNetwork) -> None:
    with pytest.raises(FlowException, match="no, thank you") as caught:
        network["PartyA"].run_flow(Ask("PartyB", "flow-exception"))
    assert caught.value.original_error_id is not None


def test_any_other_error_stays_private(network: MockNetwork) -> None:
    with pytest.raises(UnexpectedFlowEndException, match=r"^Counter-flow errored$"):
        network["PartyA"].run_flow(Ask("PartyB", "bug"))


def test_an_early_end_fails_the_receive(network: MockNetwork) -> None:
    with pytest.raises(UnexpectedFlowEndException, match="Mismatched send and receive"):
        network["PartyA"].run_flow(Ask("PartyB", "end"))


def test_a_payload_of_another_type_is_refused(network: MockNetwork) -> None:
    with pytest.raises(Exception, match="expecting a str but we instead got a int"):
        network["PartyA"].run_flow(Ask("PartyB", "wrong-type"))


def test_an_unregistered_flow_is_rejected_and_an_unknown_one_kept(network: MockNetwork) -> None:
    b = network["PartyB"]
    b.registry._responders.clear()
    with pytest.raises(UnexpectedFlowEndException, match=r"test\.Ask is not registered"):
        network["PartyA"].run_flow(Ask("PartyB", "hello"))
    b.registry._flows.clear()
    flow = network["PartyA"].start_flow(Ask("PartyB", "hello"))
    network.run_network()
    assert flow.ended is None
    assert len(b.hub.checkpoints.kept_inits()) == 1
    b.restart()
    network.run_network()
    assert flow.result() == "hello"


def test_the_hospital_keeps_a_flow_until_it_is_retried(network: MockNetwork) -> None:
    Answer.attempts = 0
    flow = network["PartyA"].start_flow(Ask("PartyB", "hospital"))
    network.run_network()
    b = network["PartyB"]
    (kept,) = b.manager.flows.values()
    assert kept.status is FlowStatus.HOSPITALIZED
    assert flow.ended is None
    b.room.perform(b.manager.retry(kept.flow_id))
    network.run_network()
    assert flow.result() == "hospital"


def test_a_killed_flow_tells_its_peer(network: MockNetwork) -> None:
    flow = network["PartyA"].start_flow(Ask("PartyB", "sleep"))
    network.run_network()
    b = network["PartyB"]
    b.manager.kill(next(iter(b.manager.flows)))
    network.run_network()
    with pytest.raises(UnexpectedFlowEndException):
        flow.result()
    assert not b.manager.flows
    assert not b.hub.checkpoints.outbox()


def test_killing_the_initiator_ends_the_responder(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    flow = a.start_flow(Ask("PartyB", "sleep"))
    network.run_network()
    a.manager.kill(flow.flow_id)
    network.run_network()
    with pytest.raises(KilledFlowException):
        flow.result()
    network.advance(timedelta(seconds=31))
    assert not b.manager.flows


def test_a_paused_flow_stays_so_over_a_restart(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(Dice(), client_id="dice")
    network.run_network()
    a.manager.pause(flow.flow_id)
    network.run_network()
    a.restart()
    network.advance(timedelta(seconds=60))
    assert a.stored_result("dice") is None
    a.room.perform(a.manager.retry(flow.flow_id))
    for _ in range(4):
        network.advance(timedelta(seconds=60))
    assert a.stored_result("dice") is not None


def test_random_numbers_and_the_clock_are_the_same_in_every_replay() -> None:
    outcomes = []
    for restarts in (0, 1, 2):
        with MockNetwork(cordapps=[APP]) as made:
            made["PartyA"].start_flow(Dice(), client_id="dice")
            made.run_network()
            for number in range(3):
                if number < restarts:
                    made["PartyA"].restart()
                made.advance(timedelta(seconds=1))
            outcomes.append(made["PartyA"].stored_result("dice"))
    assert outcomes[0] is not None
    assert outcomes[0].split(",")[0] == outcomes[1].split(",")[0] == outcomes[2].split(",")[0]


def test_draining_keeps_inits_and_runs_each_once_afterwards(network: MockNetwork) -> None:
    b = network["PartyB"]
    b.manager.draining = True
    flow = network["PartyA"].start_flow(Ask("PartyB", "hello"))
    network.run_network()
    assert flow.ended is None
    assert len(b.hub.checkpoints.kept_inits()) == 1
    b.restart()
    network.run_network()
    assert flow.result() == "hello"
    assert not b.hub.checkpoints.kept_inits()


def test_the_same_client_id_gives_the_same_flow(network: MockNetwork) -> None:
    a = network["PartyA"]
    first = a.start_flow(Ask("PartyB", "sleep"), client_id="x")
    second = a.start_flow(Ask("PartyB", "other"), client_id="x")
    assert first.flow_id == second.flow_id
