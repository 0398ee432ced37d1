"""`bench steps`: durable steps a second of one node, beside DBOS in the same run, on SQLite."""

import asyncio
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from corda_sim.core.errors import CordaError
from corda_sim.flow import FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork

STEPS = 5
WORKERS = 16


class PeerMissingError(CordaError):
    """DBOS isn't installed: `pip install dbos`."""


@dataclass(frozen=True, slots=True)
class StepFigures:
    """Durable steps a second."""

    per_second: float
    dbos_per_second: float


class Double:
    """An operation whose result is journaled."""

    def __init__(self, number: int) -> None:
        self.number = number

    async def execute(self, deduplication_id: str) -> int:
        """The double."""
        del deduplication_id
        await asyncio.sleep(0)
        return self.number * 2


@flow_name("bench.Steps")
class Steps(FlowLogic[int]):
    """A flow of five durable steps."""

    async def call(self) -> int:
        """The sum of the results."""
        total = 0
        for number in range(STEPS):
            result = await self.await_external(Double(number))
            total += result if isinstance(result, int) else 0
        return total


def run(flows: int = 500) -> StepFigures:
    """Measure both. Raises: PeerMissingError."""
    return StepFigures(round(_ours(flows), 1), round(_dbos(flows), 1))


def _ours(flows: int) -> float:
    with MockNetwork(cordapps=[CordApp("bench", (Steps,))]) as network:
        node = network["PartyA"]
        began = time.perf_counter()
        for _ in range(flows):
            node.start_flow(Steps())
        network.run_network()
        return flows * STEPS / (time.perf_counter() - began)


def _dbos(flows: int) -> float:
    try:
        from dbos import DBOS  # noqa: PLC0415 - only the benchmark needs the peer
    except ImportError as error:
        raise PeerMissingError("DBOS isn't installed: pip install dbos") from error
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'dbos.sqlite'}"
        DBOS(config={"name": "bench", "system_database_url": url, "log_level": "ERROR"})

        @DBOS.step()  # type: ignore[untyped-decorator]
        def double(number: int) -> int:
            return number * 2

        @DBOS.workflow()  # type: ignore[untyped-decorator]
        def workflow() -> int:
            return sum(double(number) for number in range(STEPS))

        DBOS.launch()
        try:
            began = time.perf_counter()
            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(lambda _: workflow(), range(flows)))
            return flows * STEPS / (time.perf_counter() - began)
        finally:
            DBOS.destroy()
