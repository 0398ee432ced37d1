"""What a long flow's journal costs: `python -m bench.replay [ROUNDS]…`.

A flow calls a sub-flow for each round, which opens a session, asks a peer and is answered; then its
node starts again and brings the flow back. Rows and bytes are those of the asking flow.
"""

import sys
import time

from sqlalchemy import select

from corda_sim.flow import FlowLogic, FlowSession, flow_name, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.logic import MAX_SLEEP
from corda_sim.node.storage import schema
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode

PAYLOAD = bytes(1_000)
"""About the size of a payment."""


@initiating_flow("bench.Round")
class Round(FlowLogic[bytes]):
    """One question and its answer."""

    def __init__(self, peer: str) -> None:
        self.peer = peer

    async def call(self) -> bytes:
        """The answer."""
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.peer))
        return (await session.send_and_receive(bytes, PAYLOAD)).unwrap(bytes)


@initiated_by(Round)
class Echo(FlowLogic[None]):
    """Answers with the question."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer."""
        await self.session.send((await self.session.receive(bytes)).unwrap(bytes))


@flow_name("bench.Rounds")
class Rounds(FlowLogic[int]):
    """Many rounds, then a rest."""

    def __init__(self, count: int) -> None:
        self.count = count

    async def call(self) -> int:
        """How many bytes were heard."""
        heard = 0
        for _ in range(self.count):
            heard += len(await self.sub_flow(Round("PartyB")))
        await self.sleep(MAX_SLEEP)
        return heard


APP = CordApp("bench", (Round, Echo, Rounds))


def _journal(node: MockNode, flow_id: str) -> tuple[int, int]:
    tables = schema.node_flow_journal, schema.node_flow_messages
    queries = [select(table.c.data).where(table.c.flow_id == flow_id) for table in tables]
    sizes = [len(row.data) for query in queries for row in node.storage.read(query)]
    return len(sizes), sum(sizes)


def measure(rounds: int) -> str:
    """One line of figures."""
    with MockNetwork(cordapps=[APP]) as network:
        a = network["PartyA"]
        began = time.perf_counter()
        flow = a.start_flow(Rounds(rounds))
        network.run_network(10_000_000)
        ran = time.perf_counter() - began
        rows, size = _journal(a, flow.flow_id)
        began = time.perf_counter()
        a.restart()
        back = time.perf_counter() - began
    per_round = f"{rows / rounds:.1f} rows, {size / rounds / 1024:.2f} KiB"
    return f"{rounds:>6} rounds  {per_round} a round  ran {ran:.2f} s  back in {back:.3f} s"


if __name__ == "__main__":
    for text in sys.argv[1:] or ("100", "1000", "5000"):
        print(measure(int(text)))
