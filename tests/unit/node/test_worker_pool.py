"""While a worker verifies a large transaction, the node's loop does everything else."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.serialization import serialize
from corda_sim.core.transactions import SignedTransaction, WireTransaction
from corda_sim.core.transactions.component_groups import ComponentGroup, ComponentGroupEnum
from corda_sim.core.transactions.prepared import PreparedVerification
from corda_sim.flow import FlowLogic, flow_name
from corda_sim.flow.errors import KilledFlowException
from corda_sim.flow.explain import explain
from corda_sim.flow.settings import EngineSettings
from tests.unit.node.test_engine import (
    KEYS,
    PATIENCE_SECONDS,
    Double,
    MemoryBus,
    Nap,
    Rig,
    scenario,
    until,
)

KEY = KEYS["Alice"]


@flow_name("engine.Verify")
class Verify(FlowLogic[str]):
    def __init__(self, transaction: SignedTransaction) -> None:
        self.transaction = transaction

    async def call(self) -> str:
        await self.service_hub.verify_transaction(self.transaction)
        return "valid"


class Held:
    """Stands in for the checks: they go on when the test says so."""

    def __init__(self) -> None:
        self.begun, self.released = threading.Event(), threading.Event()
        self.error: Exception | None = None
        self.threads: list[int] = []

    def run(self) -> None:
        self.threads.append(threading.get_ident())
        self.begun.set()
        assert self.released.wait(PATIENCE_SECONDS)
        if self.error is not None:
            raise self.error


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    made = Held()
    monkeypatch.setattr(PreparedVerification, "run", made.run)
    yield made
    made.released.set()


@pytest.fixture
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def transaction() -> SignedTransaction:
    groups = {
        ComponentGroupEnum.OUTPUTS: b"an output",
        ComponentGroupEnum.COMMANDS: b"a command",
        ComponentGroupEnum.SIGNERS: serialize((KEY.public,)),
    }
    parts = tuple(ComponentGroup(index, (part,)) for index, part in sorted(groups.items()))
    wire = WireTransaction(parts, b"\1" * 32)
    return SignedTransaction.of(wire, [sign_transaction_id(KEY, wire.id)])


async def start(rig: Rig, workers: ThreadPoolExecutor | None, limit: int = 0) -> None:
    rig.flows = (*rig.flows, Verify)
    await rig.start()
    rig.hub.workers = workers
    rig.engine.manager.settings = replace(EngineSettings(), large_transaction=limit)


def test_sessions_timers_and_commands_go_on_meanwhile(
    tmp_path: Path, held: Held, workers: ThreadPoolExecutor
) -> None:
    bus = MemoryBus()
    alice, bob = Rig(tmp_path, "Alice", bus), Rig(tmp_path, "Bob", bus)

    async def work() -> None:
        await start(alice, workers)
        await bob.start()
        flow_id, outcome = alice.engine.start_flow(Verify(transaction()), "test")
        await until(held.begun.is_set)
        assert await alice.run(Double((1, 0))) == [2, 0]
        assert await alice.run(Nap()) == "rested"
        found = explain(alice.engine.manager.flows[flow_id], alice.hub.now_ns())
        assert found["waits_for"] == "the operation TransactionVerification"
        assert str(transaction().id) in str(found["unblock"])
        assert not outcome.done()
        held.released.set()
        assert (await asyncio.wait_for(outcome, PATIENCE_SECONDS)).result == "valid"
        await alice.stop()
        await bob.stop()

    scenario(work())
    assert threading.get_ident() not in held.threads


def test_a_verdict_that_comes_after_the_kill_is_nobodys(
    tmp_path: Path, held: Held, workers: ThreadPoolExecutor
) -> None:
    alice = Rig(tmp_path, "Alice", MemoryBus())

    async def work() -> None:
        await start(alice, workers)
        flow_id, outcome = alice.engine.start_flow(Verify(transaction()), "test")
        await until(held.begun.is_set)
        alice.engine.manager.kill(flow_id)
        alice.engine.committer.wake()
        ended = await asyncio.wait_for(outcome, PATIENCE_SECONDS)
        assert isinstance(ended.error, KilledFlowException)
        held.released.set()
        await asyncio.get_running_loop().run_in_executor(workers, lambda: None)
        assert await alice.run(Nap()) == "rested"
        assert not alice.engine.manager.flows
        assert not alice.fatal
        await alice.stop()

    scenario(work())


def test_a_process_that_dies_meanwhile_verifies_again(
    tmp_path: Path, held: Held, workers: ThreadPoolExecutor
) -> None:
    alice = Rig(tmp_path, "Alice", MemoryBus())

    async def work() -> None:
        await start(alice, workers)
        alice.engine.start_flow(Verify(transaction()), "test", "once")
        await until(held.begun.is_set)
        await alice.stop()
        held.released.set()
        await alice.start()
        await until(lambda: not alice.engine.manager.flows)
        ended = alice.hub.checkpoints.finished_outcome("once")
        assert ended is not None
        assert ended.result == "valid"
        await alice.stop()

    scenario(work())
    assert len(held.threads) == 2


def test_the_error_of_the_checks_is_the_flows(
    tmp_path: Path, held: Held, workers: ThreadPoolExecutor
) -> None:
    alice = Rig(tmp_path, "Alice", MemoryBus())
    held.released.set()
    held.error = IllegalStateError("the notaries differ")

    async def work() -> None:
        await start(alice, workers)
        with pytest.raises(IllegalStateError, match="the notaries differ"):
            await alice.run(Verify(transaction()))
        await alice.stop()

    scenario(work())


@pytest.mark.parametrize(("pool", "limit"), [(False, 0), (True, 1_000_000)])
def test_small_ones_and_a_node_without_pool_use_the_loop(
    tmp_path: Path, held: Held, workers: ThreadPoolExecutor, pool: bool, limit: int
) -> None:
    alice = Rig(tmp_path, "Alice", MemoryBus())
    held.released.set()

    async def work() -> None:
        await start(alice, workers if pool else None, limit)
        assert await alice.run(Verify(transaction())) == "valid"
        await alice.stop()

    scenario(work())
    assert held.threads == [threading.get_ident()]
