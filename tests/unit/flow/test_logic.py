"""What the author of a flow may do, and what he is told when he may not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from corda_sim.core.crypto.crypto import generate_key_pair
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.identity import AnonymousParty
from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    flow_name,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.effects import FlowEnded
from corda_sim.flow.errors import FlowPayloadException, SessionException
from corda_sim.flow.progress import Progress
from corda_sim.node.storage import schema
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode


@initiating_flow("logic.Do")
class Do(FlowLogic[Any]):
    """Does one thing with PartyB's answers; `what` names the method."""

    def __init__(self, what: str) -> None:
        self.what = what

    async def call(self) -> Any:  # noqa: ANN401 - each has its own
        """The outcome."""
        return await getattr(self, self.what)()

    def peer(self, name: str = "PartyB") -> FlowSession:
        """A session."""
        return self.initiate_flow(self.service_hub.services.party_by_text(name))

    async def two_sessions(self) -> list[str]:
        """To one party, answered in the other order."""
        first, second = self.peer(), self.peer()
        await first.send("first")
        await second.send("second")
        return [(await s.receive(str)).unwrap(str) for s in (second, first)]

    async def all_of_them(self) -> list[str]:
        """In the order of the sessions, whoever answers first."""
        sessions = [self.peer("PartyB"), self.peer("Validator"), self.peer("PartyB")]
        for number, session in enumerate(sessions):
            await session.send(f"{number}")
        return [data.unwrap(str) for data in await self.receive_all(str, sessions)]

    async def the_same_to_all(self) -> list[str]:
        """One payload, a copy for each."""
        sessions = [self.peer("PartyB"), self.peer("Validator"), self.peer("PartyB")]
        await self.send_all("same", sessions)
        return [data.unwrap(str) for data in await self.receive_all(str, sessions)]

    async def twice_to_one(self) -> None:
        """A session of which each would have two messages."""
        session = self.peer()
        await self.send_all("x", [session, session])

    async def twice_from_one(self) -> None:
        """A session of which two messages would be taken."""
        session = self.peer()
        await self.receive_all(str, [session, session])

    async def none_of_them(self) -> int:
        """No session, no wait."""
        return len(await self.receive_all(str, []))

    async def inlined(self) -> str:
        """A sub-flow without an identity of its own uses this one's."""
        return await self.sub_flow(Inlined())

    async def initiating(self) -> str:
        """A sub-flow with an identity of its own is answered by its own responder."""
        return await self.sub_flow(Own())

    async def borrowed_identity(self) -> str:
        """Inside a sub-flow that initiates, an inlined one has that one's identity."""
        return await self.sub_flow(Own(deeper=True))

    async def too_long(self) -> None:
        """More than a flow may sleep."""
        await self.sleep(timedelta(minutes=5, microseconds=1))

    async def to_nobody(self) -> None:
        """A key that nobody is known by."""
        key = generate_key_pair(DEFAULT_SIGNATURE_SCHEME, b"\7" * 32).public
        self.initiate_flow(AnonymousParty(key))

    async def send_after_close(self) -> None:
        """Against the protocol."""
        session = self.peer()
        await session.send("x")
        await session.close()
        await session.close()
        await session.send("y")

    async def receive_after_close(self) -> None:
        """Against the protocol."""
        session = self.peer()
        await session.close()
        await session.receive(str)

    async def wrong_type(self) -> None:
        """The peer answers a text."""
        session = self.peer()
        await session.send_and_receive(int, "x")

    async def unserializable(self) -> None:
        """Not a registered type."""
        await self.peer().send(object())

    async def info(self) -> tuple[str, int]:
        """Who answers."""
        info = await self.peer().get_counterparty_flow_info()
        return info.app_name, info.flow_version

    async def labels(self) -> str:
        """Progress."""
        for label in ("one", "two"):
            self.set_step(label)
            await self.sleep(timedelta(seconds=1))
        return "labelled"

    async def write_once(self) -> str:
        """A second time would break the table's key."""
        self.execute(
            "INSERT INTO node_properties (property_key, property_value) VALUES (:k, :v)",
            k="logic",
            v="once",
        )
        await self.sleep(timedelta(seconds=1))
        return "written"

    async def patches(self) -> list[bool]:
        """Of a flow that began with them."""
        taken = [self.patch("a"), self.patch("b"), self.patch("a")]
        await self.sleep(timedelta(seconds=1))
        return [*taken, self.patch("c")]

    async def draws(self) -> list[str]:
        """Of all sizes."""
        hub = self.service_hub
        sizes = [hub.random_bytes(size) for size in (0, 1, 31, 32, 33, 100)]
        return [*(drawn.hex() for drawn in sizes), str(hub.random_uuid())]


@initiated_by(Do)
class Done(FlowLogic[None]):
    """Says back what it hears."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """One word."""
        heard = (await self.session.receive(str)).unwrap(str)
        if heard == "0":
            await self.sleep(timedelta(seconds=5))
        await self.session.send(heard)


@flow_name("logic.Inlined")
class Inlined(FlowLogic[str]):
    """Opens a session in its parent's name."""

    async def call(self) -> str:
        """The echo."""
        session = self.initiate_flow(self.service_hub.services.party_by_text("PartyB"))
        return (await session.send_and_receive(str, "inlined")).unwrap(str)


@initiating_flow("logic.Own", version=7)
class Own(FlowLogic[str]):
    """Opens a session in its own name."""

    def __init__(self, deeper: bool = False) -> None:
        self.deeper = deeper

    async def call(self) -> str:
        """What the own responder says."""
        if self.deeper:
            return await self.sub_flow(Inlined())
        session = self.initiate_flow(self.service_hub.services.party_by_text("PartyB"))
        return (await session.receive(str)).unwrap(str)


@initiated_by(Own)
class OwnAnswer(FlowLogic[None]):
    """Says whom it answers."""

    heard: ClassVar[list[int]] = []

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """The initiator's version."""
        info = await self.session.get_counterparty_flow_info()
        await self.session.send(f"own {info.flow_version}")


@flow_name("logic.Orphan")
class Orphan(FlowLogic[None]):
    """Opens a session though it may not."""

    async def call(self) -> None:
        """Fail."""
        self.initiate_flow(self.service_hub.services.party_by_text("PartyB"))


APP = CordApp("logic", (Do, Done, Inlined, Own, OwnAnswer, Orphan))


@pytest.fixture(params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    with MockNetwork(cordapps=[APP], reload=request.param) as made:
        yield made


@pytest.fixture
def a(network: MockNetwork) -> MockNode:
    return network["PartyA"]


def run(network: MockNetwork, what: str) -> Any:  # noqa: ANN401 - each has its own
    flow = network["PartyA"].start_flow(Do(what))
    network.run_network()
    for _ in range(6):
        network.advance(timedelta(seconds=2))
    return flow.result()


@pytest.mark.parametrize(
    ("what", "result"),
    [
        ("two_sessions", ["second", "first"]),
        ("all_of_them", ["0", "1", "2"]),
        ("none_of_them", 0),
        ("inlined", "inlined"),
        ("initiating", "own 7"),
        ("borrowed_identity", "own 7"),
        ("info", ("logic", 1)),
        ("labels", "labelled"),
        ("write_once", "written"),
        ("patches", [True, True, True, True]),
    ],
)
def test_what_works(network: MockNetwork, what: str, result: object) -> None:
    assert run(network, what) == result


@pytest.mark.parametrize(
    ("what", "error", "says"),
    [
        ("too_long", FlowException, "longer than 5 minutes is not supported.  Consider"),
        ("to_nobody", IllegalStateError, "Could not resolve destination"),
        ("send_after_close", SessionException, "Tried to access ended session"),
        ("receive_after_close", SessionException, "Tried to access ended session"),
        ("wrong_type", FlowPayloadException, "expecting a int but we instead got a str"),
        ("unserializable", Exception, "object"),
    ],
)
def test_what_is_refused(
    network: MockNetwork, what: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        run(network, what)


def test_a_flow_that_does_not_initiate_opens_no_session(a: MockNode) -> None:
    with pytest.raises(IllegalStateError, match="Orphan is not an initiating flow"):
        a.run_flow(Orphan())


def test_nothing_can_be_asked_of_a_flow_that_does_not_run() -> None:
    for name in ("service_hub", "flow_id", "our_identity", "context"):
        with pytest.raises(IllegalStateError, match="after the flow has been started"):
            getattr(Do("info"), name)


def test_progress_is_told_once_over_replays(network: MockNetwork, a: MockNode) -> None:
    told = a.notifications()
    flow = a.start_flow(Do("labels"), client_id="labels")
    network.run_network()
    a.restart()
    later = a.notifications()
    for _ in range(3):
        network.advance(timedelta(seconds=1))
    values = [one.value for one in (*told, *later) if one.flow_id == flow.flow_id]
    assert [str(one) for one in values if isinstance(one, Progress)] == ["one", "two"]
    assert isinstance(values[-1], FlowEnded)


def test_a_statement_is_written_once_over_restarts(network: MockNetwork, a: MockNode) -> None:
    a.start_flow(Do("write_once"), client_id="once")
    network.run_network()
    for _ in range(2):
        a.restart()
        network.run_network()
    network.advance(timedelta(seconds=1))
    assert a.stored_result("once") == "written"
    table = schema.node_properties
    (row,) = a.storage.read(select(table).where(table.c.property_key == "logic"))
    assert row.property_value == "once"


def test_draws_have_the_size_asked_for_and_never_repeat(network: MockNetwork) -> None:
    *drawn, uuid = run(network, "draws")
    assert [len(bytes.fromhex(one)) for one in drawn] == [0, 1, 31, 32, 33, 100]
    assert len({one[:2] for one in drawn if one}) > 1
    assert uuid[14] == "4"
    assert run(network, "draws") != [*drawn, uuid]


def test_one_payload_goes_to_all_sessions(network: MockNetwork) -> None:
    assert network["PartyA"].run_flow(Do("the_same_to_all")) == ["same"] * 3


@pytest.mark.parametrize("what", ["twice_to_one", "twice_from_one"])
def test_a_session_appears_once_among_several(network: MockNetwork, what: str) -> None:
    with pytest.raises(SessionException, match="can only appear once as argument"):
        network["PartyA"].run_flow(Do(what))
    assert network.bus.sent == 0
