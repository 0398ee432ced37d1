"""Why a sub-flow isn't replaced by its result: docs/decisions/0013-no-collapse-counter-example.md.

The counter-example is a flow that Corda restores as it was. Its journal is replayed whole, and as
a collapse would leave it: without the sub-flow's steps, whose `call` gives the kept result.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, update

from corda_sim.flow import FlowLogic, FlowSession, flow_name, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.journal import encode
from corda_sim.node.storage import schema
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode

SECOND = timedelta(seconds=1)
JOURNAL = schema.node_flow_journal


@initiating_flow("collapse.Greet")
class Greet(FlowLogic[str]):
    """Fills a list that it shares with the flow around; all that it sends is confirmed."""

    def __init__(self, heard: list[str]) -> None:
        self.heard = heard

    async def call(self) -> str:
        session = self.initiate_flow(self.service_hub.services.party_by_text("PartyB"))
        answer = (await session.send_and_receive(str, "hello")).unwrap(str)
        self.heard.append(answer)
        self.heard.append(self.service_hub.random_bytes(4).hex())
        return answer


@initiated_by(Greet)
class Answer(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        await self.session.receive(str)
        await self.session.send("good day")


@flow_name("collapse.Around")
class Around(FlowLogic[str]):
    """Goes on with the list and with more random bytes."""

    async def call(self) -> str:
        heard: list[str] = []
        await self.sleep(SECOND)
        await self.sub_flow(Greet(heard))
        await self.sleep(SECOND)
        return ",".join((*heard, self.service_hub.random_bytes(4).hex()))


APP = CordApp("collapse", (Greet, Answer, Around))


@contextmanager
def greeted() -> Iterator[tuple[MockNetwork, MockNode, str]]:
    """A flow that rests after its sub-flow has returned."""
    with MockNetwork(cordapps=[APP]) as network:
        a = network["PartyA"]
        flow = a.start_flow(Around(), client_id="around")
        network.run_network()
        network.advance(SECOND)
        assert not a.manager.flows[flow.flow_id].unconfirmed
        yield network, a, flow.flow_id


def outcome(between: Callable[[MockNode, str], None]) -> list[str]:
    """What the flow gives when `between` happens while it rests."""
    with greeted() as (network, a, flow_id):
        between(a, flow_id)
        network.advance(SECOND)
        return str(a.stored_result("around")).split(",")


def nothing(_node: MockNode, _flow_id: str) -> None:
    """No restart."""


def restart(node: MockNode, _flow_id: str) -> None:
    """The journal as it is."""
    node.restart()


def collapse(node: MockNode, flow_id: str) -> None:
    """Join the step that entered the sub-flow to the one that left it; then start again."""
    journal = node.hub.load_journal(flow_id)
    assert journal is not None
    entered, left = journal.steps[-2:]
    joined = replace(left, resume=entered.resume)
    mine, last = JOURNAL.c.flow_id == flow_id, len(journal.steps)
    row = update(JOURNAL).where(mine, JOURNAL.c.step == last - 1).values(data=encode(joined))
    with node.storage.writer.connect() as connection:
        connection.execute(delete(JOURNAL).where(mine, JOURNAL.c.step == last))
        connection.execute(row)
        connection.execute(delete(schema.node_flow_messages))
        connection.commit()
    node.restart()


def test_a_whole_journal_gives_what_no_restart_gives() -> None:
    greeting, inside, after = outcome(nothing)
    assert greeting == "good day"
    assert inside != after
    assert outcome(restart) == [greeting, inside, after]


def test_a_collapsed_one_loses_what_the_sub_flow_did_beside_its_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The list is empty, and random bytes that were given out once are given out again."""
    _, inside, after = outcome(nothing)

    async def as_kept(_: Greet) -> str:
        return "good day"

    def collapsed(node: MockNode, flow_id: str) -> None:
        monkeypatch.setattr(Greet, "call", as_kept)
        collapse(node, flow_id)

    assert outcome(collapsed) == [inside]
    assert inside != after
