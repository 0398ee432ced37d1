"""Two flows that do what a script says: one line is one act, of the initiator or the responder."""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import func, select

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    HospitalizeFlowException,
    initiated_by,
    initiating_flow,
    startable_by_rpc,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.live import LiveFlow
from corda_sim.node.storage import schema
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode

TX = SecureHash.sha256(b"never recorded")


class Outside:
    """An external operation: what it was asked, and what it answers."""

    asked: list[str]
    answer: object | Exception

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.asked, self.answer = [], "done"

    async def execute(self, deduplication_id: str) -> object:
        """Note the id, then answer or fail."""
        self.asked.append(deduplication_id)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


OUTSIDE = Outside()


class Actor:
    """Carries out a script, line by line."""

    def __init__(self, flow: FlowLogic[str], session: FlowSession) -> None:
        self.flow, self.session = flow, session
        self.heard: list[str] = []

    async def act(self, script: str) -> str:
        """All that was heard."""
        for line in filter(None, script.split(";")):
            verb, _, value = line.partition(" ")
            said = await self._act(verb, value)
            if said is not None:
                self.heard.append(said)
        return ",".join(self.heard)

    async def _act(self, verb: str, value: str) -> str | None:
        action = getattr(self, f"do_{verb}")
        result: Awaitable[str | None] = action(value)
        return await result

    async def do_send(self, value: str) -> None:
        await self.session.send(value)

    async def do_recv(self, _: str) -> str:
        return (await self.session.receive(str)).unwrap(str)

    async def do_close(self, _: str) -> None:
        await self.session.close()

    async def do_info(self, _: str) -> str:
        info = await self.session.get_counterparty_flow_info()
        return f"{info.app_name} {info.flow_version}"

    async def do_sleep(self, value: str) -> None:
        await self.flow.sleep(timedelta(seconds=int(value)))

    async def do_ledger(self, _: str) -> None:
        await self.flow.wait_for_ledger_commit(TX)

    async def do_outside(self, _: str) -> str:
        return str(await self.flow.await_external(OUTSIDE))

    async def do_random(self, _: str) -> str:
        return self.flow.service_hub.random_bytes(4).hex()

    async def do_clock(self, _: str) -> str:
        return str(self.flow.service_hub.now_ns())

    async def do_step(self, value: str) -> None:
        self.flow.set_step(value)

    async def do_fail(self, value: str) -> None:
        raise FlowException(value)

    async def do_bug(self, value: str) -> None:
        raise ZeroDivisionError(value)

    async def do_observe(self, value: str) -> None:
        raise HospitalizeFlowException(value)

    async def do_catch(self, _: str) -> str:
        try:
            await self.session.receive(str)
        except FlowException as error:
            return f"!{error}"
        return "nothing"


@startable_by_rpc
@initiating_flow("scripted.Talk", version=2)
class Talk(FlowLogic[str]):
    """Opens a session with `theirs`, then acts `mine`."""

    def __init__(self, peer: str, mine: str, theirs: str) -> None:
        self.peer, self.mine, self.theirs = peer, mine, theirs

    async def call(self) -> str:
        """All that was heard."""
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.peer))
        if self.theirs:
            await session.send(self.theirs)
        return await Actor(self, session).act(self.mine)


@initiated_by(Talk)
class Listen(FlowLogic[str]):
    """Acts what it is sent first."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> str:
        """All that was heard."""
        script = (await self.session.receive(str)).unwrap(str)
        return await Actor(self, self.session).act(script)


APP = CordApp("scripted", (Talk, Listen))


@contextmanager
def scripted_network(*, reload: bool = False) -> Iterator[MockNetwork]:
    """Two parties that have the scripted flows."""
    OUTSIDE.reset()
    with MockNetwork(cordapps=[APP], reload=reload) as made:
        yield made


def talk(mine: str, theirs: str = "recv") -> Talk:
    """A conversation with PartyB."""
    return Talk("PartyB", mine, theirs)


def only_flow(node: MockNode) -> LiveFlow:
    """The one flow that the node has."""
    (flow,) = node.manager.flows.values()
    return flow


def rows_of(node: MockNode, *tables: str) -> int:
    """How many rows the tables hold together."""
    found = [schema.metadata.tables[name] for name in tables]
    counts = [node.storage.read(select(func.count()).select_from(table)) for table in found]
    return sum(int(count[0][0]) for count in counts)


def nothing_is_left(network: MockNetwork) -> bool:
    """Whether no node holds a flow, a journal row, or a message."""
    tables = ("node_flow_journal", "node_flow_messages", "node_outbox", "node_session_inits")
    return all(
        not node.manager.flows and not node.manager.by_session and not rows_of(node, *tables)
        for node in network.nodes.values()
    )
