"""Two nodes over a mischievous transport and database: every conversation ends right, once."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    TimedFlow,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.state import FlowStatus
from corda_sim.node.storage import schema
from corda_sim.node.storage.errors import StorageError
from corda_sim.testing.mock_bus import MockBus, Posted
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode

NODES = ("PartyA", "PartyB")


@initiating_flow("chaos.Talk")
class Talk(FlowLogic[str]):
    """A conversation by a script: each letter is one thing that both sides do."""

    def __init__(self, peer: str, script: str) -> None:
        self.peer, self.script = peer, script

    async def call(self) -> str:
        """What was heard; the error's text where the other side failed."""
        party = self.service_hub.services.party_by_text(self.peer)
        session = self.initiate_flow(party)
        second = self.initiate_flow(party) if "2" in self.script else None
        heard = [""]
        await session.send(self.script)
        if second is not None:
            await second.send("")
        try:
            for number, letter in enumerate(self.script):
                heard.append(await self._act(session, letter, number))
        except FlowException as error:
            heard.append(f"!{error}")
        if second is not None:
            heard.append("." + (await second.receive(str)).unwrap(str))
        return ",".join(heard)

    async def _act(self, session: FlowSession, letter: str, number: int) -> str:
        if letter == "a":
            return str((await session.send_and_receive(int, number)).unwrap(int))
        if letter == "s":
            await session.send(number)
            await session.send(number + 1)
        if letter == "z":
            await self.sleep(timedelta(seconds=1))
        if letter == "e":
            await session.receive(int)
        if letter == "q":
            return await self.sub_flow(Query(self.peer))
        if letter == "t":
            values = [(await session.receive(int)).unwrap(int) for _ in range(3)]
            return "+".join(map(str, values))
        return letter


@initiated_by(Talk)
class Listen(FlowLogic[None]):
    """The other side of the script."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Do each letter's part."""
        script = (await self.session.receive(str)).unwrap(str)
        if not script:
            await self.session.send("second")
        for number, letter in enumerate(script):
            await self._act(letter, number)

    async def _act(self, letter: str, number: int) -> None:
        if letter == "a":
            heard = (await self.session.receive(int)).unwrap(int)
            await self.session.send(heard * 2)
        if letter == "s":
            for _ in range(2):
                await self.session.receive(int)
        if letter == "z":
            await self.sleep(timedelta(seconds=1))
        if letter == "e":
            raise FlowException("as the script says")
        if letter == "t":
            for value in range(3):
                await self.session.send(value + number)


@initiating_flow("chaos.Query")
class Query(TimedFlow[str]):
    """Asks in sessions of its own, again and again while it isn't answered in time."""

    def __init__(self, peer: str) -> None:
        self.peer = peer

    def is_timeout_enabled(self) -> bool:
        """Always."""
        return True

    async def attempt(self) -> str:
        """The answer to the second question; the first makes the session known."""
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.peer))
        for question in ("first", "second"):
            answer = (await session.send_and_receive(str, question)).unwrap(str)
        return answer


@initiated_by(Query)
class Reply(FlowLogic[None]):
    """Says each question back, the second one slowly."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer twice."""
        await self.session.send((await self.session.receive(str)).unwrap(str))
        question = (await self.session.receive(str)).unwrap(str)
        await self.sleep(timedelta(seconds=20))
        await self.session.send(question)


APP = CordApp("chaos", (Talk, Listen, Query, Reply))


def expected(script: str) -> str:
    """What the conversation should come to."""
    heard = [""]
    for number, letter in enumerate(script):
        if letter == "e":
            heard.append("!as the script says")
            break
        said = {
            "a": str(number * 2),
            "q": "second",
            "t": "+".join(str(number + i) for i in range(3)),
        }
        heard.append(said.get(letter, letter))
    return ",".join([*heard, *([".second"] if "2" in script else [])])


@dataclass
class MischievousBus(MockBus):
    """Loses what its sender will send again, doubles, holds back and reorders."""

    random: Random = field(default_factory=lambda: Random(0))
    mischief: bool = True

    def post(self, posted: Posted) -> None:
        """Lose, double or take the message."""
        self.sent += 1
        dice = self.random.random() if self.mischief else 1.0
        if dice < 0.1:
            return
        inbox = self.inboxes.setdefault(posted.recipient.owning_key, deque())
        copies = 2 if dice < 0.25 else 1
        for _ in range(copies):
            copy = Posted(posted.sender, posted.recipient, posted.wire, posted.token)
            inbox.insert(self._place(len(inbox)), copy)

    def _place(self, size: int) -> int:
        return self.random.randint(0, size) if self.mischief else size

    def take(self, key: PublicKey) -> list[Posted]:
        """Some of the messages that wait, in any order."""
        fresh = [p for p in self.inboxes.get(key, ()) if not p.delivered]
        if self.mischief:
            fresh = [p for p in fresh if self.random.random() < 0.7]
            self.random.shuffle(fresh)
        for posted in fresh:
            posted.delivered = True
        return fresh

    def acknowledge(self, posted: Posted) -> bool:
        """Take this very copy out; another copy of it may be under way still."""
        inbox = self.inboxes.get(posted.recipient.owning_key, deque())
        found = any(p is posted for p in inbox)
        kept = deque(p for p in inbox if p is not posted)
        self.inboxes[posted.recipient.owning_key] = kept
        return found


Commit = Callable[..., list[Exception | None]]


def make_fallible(node: MockNode, random: Random, odds: Callable[[], float]) -> None:
    """Let the database refuse single flows' steps now and then."""
    real: Commit = node.storage.commit

    def commit(batches: Sequence[WriteBatch], *, epoch: int | None) -> list[Exception | None]:
        flows = node.manager.flows.values()
        of_flows = {id(flow.in_flight.batch) for flow in flows if flow.in_flight is not None}
        bad = {id(b) for b in batches if id(b) in of_flows and random.random() < odds()}
        good = [batch for batch in batches if id(batch) not in bad]
        done = iter(real(good, epoch=epoch))
        return [StorageError("bad luck") if id(b) in bad else next(done) for b in batches]

    node.storage.commit = commit  # type: ignore[method-assign]


def left_over(node: MockNode) -> dict[str, int]:
    """Rows that no finished conversation may leave behind."""
    tables = (schema.node_flow_journal, schema.node_flow_messages, schema.node_outbox)
    counts = {t.name: node.storage.read(select(func.count()).select_from(t))[0][0] for t in tables}
    return {name: count for name, count in counts.items() if count}


class Chaos:
    """One run: what happens follows from its seed."""

    def __init__(self, network: MockNetwork, seed: int) -> None:
        self.network, self.random = network, Random(seed)
        self.network.bus = self.bus = MischievousBus(random=self.random)
        self.failure_odds = 0.05
        for name in NODES:
            self._prepare(name)

    def _prepare(self, name: str) -> None:
        make_fallible(self.network[name], self.random, lambda: self.failure_odds)

    def restart(self, name: str) -> None:
        """SIGKILL and a new start."""
        self.network[name].restart()
        self._prepare(name)

    def round(self) -> None:
        """Something happens."""
        dice = self.random.random()
        name = self.random.choice(NODES)
        if dice < 0.02:
            self.network.clock.advance(timedelta(seconds=50))
        elif dice < 0.06:
            self.restart(name)
        elif dice < 0.2:
            self.network.clock.advance(timedelta(seconds=self.random.choice((1, 15))))
        elif dice < 0.3:
            self._reload_from_hospital(name)
        else:
            self.network[name].pump()

    def _reload_from_hospital(self, name: str) -> None:
        node = self.network[name]
        for flow in list(node.manager.flows.values()):
            if flow.status is FlowStatus.HOSPITALIZED:
                node.room.perform(node.manager.retry(flow.flow_id))

    def calm(self) -> None:
        """No more mischief: everything that can end has to."""
        self.bus.mischief, self.failure_odds = False, 0.0
        for name in NODES:
            self.restart(name)
        for _ in range(12):
            self.network.run_network()
            self.network.clock.advance(timedelta(seconds=61))
            for name in NODES:
                self._reload_from_hospital(name)
        self.network.run_network()


SCRIPTS = st.lists(
    st.text("aszt2q", max_size=5).flatmap(lambda s: st.sampled_from((s, s + "e"))),
    min_size=1,
    max_size=4,
)


class Stage:
    """One network for many runs, a new one after a run that went wrong."""

    def __init__(self) -> None:
        self.network: MockNetwork | None = None
        self.runs = 0

    def drop(self) -> None:
        """Close the network."""
        if self.network is not None:
            self.network.stop_nodes()
        self.network = None

    def run(self, seed: int, scripts: list[str], rounds: int) -> None:
        """Hold all conversations at once, with mischief for that many rounds."""
        self.network = network = self.network or MockNetwork(("PartyA", "PartyB"), cordapps=[APP])
        self.runs += 1
        chaos = Chaos(network, seed)
        for number, script in enumerate(scripts):
            network["PartyA"].start_flow(Talk("PartyB", script), client_id=f"{self.runs}/{number}")
        commit(network["PartyA"])
        for _ in range(rounds):
            chaos.round()
        chaos.calm()
        ids = [f"{self.runs}/{number}" for number in range(len(scripts))]
        heard = [network["PartyA"].stored_result(client_id) for client_id in ids]
        assert heard == [expected(script) for script in scripts]
        for name in NODES:
            assert left_over(network[name]) == {}
            assert not network[name].manager.flows
            assert not network[name].manager.by_session


def commit(node: MockNode) -> None:
    """Make the starts durable, so that a kill can't take them back."""
    while node.manager.has_steps:
        node.pump()


@pytest.fixture(scope="module", params=[False, True], ids=["live", "reload"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    made = Stage()
    made.network = MockNetwork(("PartyA", "PartyB"), cordapps=[APP], reload=request.param)
    yield made
    made.drop()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**32), scripts=SCRIPTS, rounds=st.integers(10, 120))
def test_every_conversation_ends_right_and_once(
    stage: Stage, seed: int, scripts: list[str], rounds: int
) -> None:
    try:
        stage.run(seed, scripts, rounds)
    except BaseException:
        stage.drop()
        raise
