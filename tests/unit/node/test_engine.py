"""Two engines with their committers and messaging on one loop, over a transport in memory."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from corda_sim.core.crypto.crypto import generate_key_pair
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.network import NetworkParameters
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow import FlowException, FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.registry import FlowRegistry
from corda_sim.flow.requests import FlowExternalOperation
from corda_sim.flow.settings import EngineSettings
from corda_sim.node.assembly import NodeIdentity, build_hub
from corda_sim.node.engine import NodeEngine
from corda_sim.node.fresh_keys import FreshKeyRoot
from corda_sim.node.messaging.service import MessagingService, MessagingSettings, OurIdentity
from corda_sim.node.messaging.transport import (
    Delivery,
    OnConfirmed,
    OnDelivery,
    Parcel,
    PeerAddress,
    TransportCounters,
)
from corda_sim.node.services import ServiceHub
from corda_sim.node.storage import migrate
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.errors import CommitOutcomeUnknown

NAMES = ("Alice", "Bob")
KEYS = {
    name: generate_key_pair(DEFAULT_SIGNATURE_SCHEME, name.encode().ljust(32)) for name in NAMES
}
PARTIES = {name: Party(CordaX500Name(name, "London", "GB"), KEYS[name].public) for name in NAMES}
PARAMETERS = NetworkParameters(4, (), 10_000, 10_000, datetime(2026, 1, 1, tzinfo=UTC), 1)
PATIENCE_SECONDS = 20


@initiating_flow("engine.Double")
class Double(FlowLogic[list[int]]):
    def __init__(self, numbers: tuple[int, ...]) -> None:
        self.numbers = numbers

    async def call(self) -> list[int]:
        session = self.initiate_flow(self.service_hub.services.party_by_text("Bob"))
        found = []
        for number in self.numbers:
            answer = await session.send_and_receive(int, number)
            found.append(answer.unwrap(lambda value: value))
        return found


@initiated_by(Double)
class Doubled(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        while True:
            number = (await self.session.receive(int)).unwrap(lambda value: value)
            if number == 13:
                raise FlowException("not that one")
            await self.session.send(number * 2)
            if number == 0:
                return


@initiating_flow("engine.Nap")
class Nap(FlowLogic[str]):
    async def call(self) -> str:
        await self.sleep(timedelta(milliseconds=30))
        return "rested"


class Fetch(FlowExternalOperation):
    def __init__(self, fails: bool) -> None:
        self.fails = fails

    async def execute(self, deduplication_id: str) -> object:
        await asyncio.sleep(0)
        if self.fails:
            raise FlowException("the service is closed")
        return deduplication_id


@initiating_flow("engine.Ask")
class Ask(FlowLogic[str]):
    def __init__(self, fails: bool) -> None:
        self.fails = fails

    async def call(self) -> str:
        return str(await self.await_external(Fetch(self.fails)))


@dataclass
class MemoryBus:
    """What was published, by inbox; a started transport takes what waits for it."""

    waiting: dict[str, list[tuple[bytes, OnConfirmed]]] = field(default_factory=dict)
    takers: dict[str, "MemoryTransport"] = field(default_factory=dict)


@dataclass
class MemoryTransport:
    """Keeps what isn't acknowledged, as a broker does."""

    bus: MemoryBus
    inbox: str
    unacked: dict[int, tuple[bytes, OnConfirmed]] = field(default_factory=dict)
    take: OnDelivery | None = None
    tags: int = 0
    shares: list[bool] = field(default_factory=list)
    counters: TransportCounters = field(default_factory=TransportCounters)

    async def start(self, on_delivery: OnDelivery) -> None:
        self.take = on_delivery
        self.bus.takers[self.inbox] = self
        for body, confirmed in self.bus.waiting.pop(self.inbox, []):
            self.deliver(body, confirmed)

    def publish(self, peer: PeerAddress, parcel: Parcel, on_confirmed: OnConfirmed) -> None:
        taker = self.bus.takers.get(peer.inbox)
        if taker is None:
            self.bus.waiting.setdefault(peer.inbox, []).append((parcel.body, on_confirmed))
        else:
            taker.deliver(parcel.body, on_confirmed)

    def deliver(self, body: bytes, confirmed: OnConfirmed) -> None:
        self.tags += 1
        tag, take = self.tags, self.take
        assert take is not None
        self.unacked[tag] = (body, confirmed)
        asyncio.get_running_loop().call_soon(lambda: take(Delivery(tag, body)))

    def ack(self, tags: Sequence[int]) -> None:
        for tag in tags:
            _, confirmed = self.unacked.pop(tag)
            asyncio.get_running_loop().call_soon(confirmed)

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def share(self, enabled: bool) -> None:
        self.shares.append(enabled)

    async def stop(self) -> None:
        self.bus.takers.pop(self.inbox, None)
        self.bus.waiting.setdefault(self.inbox, []).extend(self.unacked.values())
        self.unacked.clear()


class Everybody:
    """The network map."""

    def key_of(self, x500: str) -> Any:  # noqa: ANN401
        found = self.party_of(x500)
        return None if found is None else found.owning_key

    def party_of(self, x500: str) -> Party | None:
        return next((one for one in PARTIES.values() if str(one.name) == x500), None)

    def address_of(self, party: Party) -> PeerAddress:
        return PeerAddress(str(party.name), party.owning_key.to_string_short(), "memory:")


class Signer:
    def __init__(self, hub: ServiceHub) -> None:
        self.hub = hub

    def sign(self, data: bytes) -> bytes:
        return self.hub.sign(self.hub.our_identity.owning_key, data)


class Rig:
    """One node's engine; `start` again after `stop` is a restart on the same database."""

    def __init__(self, home: Path, name: str, bus: MemoryBus) -> None:
        self.name, self.bus = name, bus
        self.url = f"sqlite:///{home}/{name}.db"
        migrate.upgrade(self.url, ("node",))
        self.fatal: list[Exception] = []
        self.flows: tuple[type[FlowLogic[Any]], ...] = (Double, Doubled, Nap, Ask)

    async def start(self) -> None:
        self.storage = SqlStorage(self.url)
        pair, party = KEYS[self.name], PARTIES[self.name]
        batch = WriteBatch()
        self.hub = build_hub(
            self.storage,
            NodeIdentity(party, pair, FreshKeyRoot(bytes(32))),
            PARAMETERS,
            [],
            PARTIES.values(),
            batch,
            clock=time.time_ns,
            entropy=os.urandom,
        )
        self.storage.commit([batch], epoch=None)
        self.transport = MemoryTransport(self.bus, f"p2p.inbound.{pair.public.to_string_short()}")
        messaging = MessagingService(
            self.transport,
            OurIdentity(party, Signer(self.hub)),
            Everybody(),
            MessagingSettings(bytes(PARAMETERS.hash), PARAMETERS.max_message_size),
            time.time_ns,
        )
        registry = FlowRegistry()
        for flow in self.flows:
            registry.register(flow, "engine-app")
        self.engine = NodeEngine(
            self.storage,
            self.hub,
            messaging,
            registry,
            EngineSettings(),
            epoch=lambda: None,
            on_fatal=self.fatal.append,
        )
        await self.engine.start()

    async def stop(self) -> None:
        await self.engine.stop()
        self.storage.close()

    async def run(self, flow: FlowLogic[Any]) -> object:
        _, outcome = self.engine.start_flow(flow, "test")
        ended = await asyncio.wait_for(outcome, PATIENCE_SECONDS)
        if ended.error is not None:
            raise ended.error
        return ended.result


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Rig, Rig]:
    bus = MemoryBus()
    return Rig(tmp_path, "Alice", bus), Rig(tmp_path, "Bob", bus)


def scenario(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 2 * PATIENCE_SECONDS))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - nothing to await but the outcome
            await asyncio.sleep(0.01)


def test_a_conversation_leaves_nothing_unacknowledged(pair: tuple[Rig, Rig]) -> None:
    alice, bob = pair

    async def work() -> None:
        await alice.start()
        await bob.start()
        assert await alice.run(Double((1, 2, 0))) == [2, 4, 0]
        await until(lambda: not alice.transport.unacked and not bob.transport.unacked)
        await until(lambda: not alice.engine.manager.flows and not bob.engine.manager.flows)
        assert list(bob.hub.checkpoints.unfinished()) == []
        assert alice.engine.committer.cycle.steps >= alice.engine.committer.cycle.commits > 0
        await alice.stop()
        await bob.stop()
        assert not alice.fatal
        assert not bob.fatal

    scenario(work())


def test_an_exception_of_the_other_side_arrives(pair: tuple[Rig, Rig]) -> None:
    alice, bob = pair

    async def work() -> None:
        await alice.start()
        await bob.start()
        with pytest.raises(FlowException, match="not that one"):
            await alice.run(Double((1, 13)))
        await alice.stop()
        await bob.stop()

    scenario(work())


def test_timers_and_operations_come_back(pair: tuple[Rig, Rig]) -> None:
    alice, _ = pair

    async def work() -> None:
        await alice.start()
        assert await alice.run(Nap()) == "rested"
        flow_id, outcome = alice.engine.start_flow(Ask(fails=False), "test")
        assert (await outcome).result == f"{flow_id}:1"
        with pytest.raises(FlowException, match="closed"):
            await alice.run(Ask(fails=True))
        await alice.stop()

    scenario(work())


def test_messages_wait_for_a_peer_that_is_down_and_outlive_both(pair: tuple[Rig, Rig]) -> None:
    alice, bob = pair

    async def work() -> None:
        await alice.start()
        alice.engine.start_flow(Double((5, 0)), "test", "once")
        await until(lambda: bool(alice.bus.waiting))
        await alice.stop()
        await bob.start()
        await alice.start()
        await until(lambda: not alice.engine.manager.flows and not bob.engine.manager.flows)
        ended = alice.hub.checkpoints.finished_outcome("once")
        assert ended is not None
        assert ended.result == (10, 0)
        await alice.stop()
        await bob.stop()

    scenario(work())


def test_draining_is_kept_over_restarts_and_inits_wait_for_its_end(pair: tuple[Rig, Rig]) -> None:
    alice, bob = pair

    async def work() -> None:
        await bob.start()
        bob.engine.set_draining(True)
        await until(bob.hub.checkpoints.is_draining)
        await bob.stop()
        await bob.start()
        assert bob.engine.manager.draining
        await alice.start()
        _, outcome = alice.engine.start_flow(Double((0,)), "test")
        await until(lambda: len(bob.hub.checkpoints.kept_inits()) == 1)
        await until(lambda: not bob.transport.unacked)
        assert not outcome.done()
        bob.engine.set_draining(False)
        assert (await asyncio.wait_for(outcome, PATIENCE_SECONDS)).result == [0]
        assert bob.hub.checkpoints.kept_inits() == []
        await alice.stop()
        await bob.stop()

    scenario(work())


def test_while_draining_shared_inboxes_are_left_to_others(pair: tuple[Rig, Rig]) -> None:
    """Before the first delivery of a process that starts while its node drains."""
    _, bob = pair

    async def work() -> None:
        await bob.start()
        bob.engine.set_draining(True)
        await until(bob.hub.checkpoints.is_draining)
        assert bob.transport.shares == [True, False]
        await bob.stop()
        await bob.start()
        assert bob.transport.shares == [False]
        bob.engine.set_draining(False)
        assert bob.transport.shares == [False, True]
        await bob.stop()

    scenario(work())


def test_a_commit_of_unknown_outcome_ends_the_node(
    pair: tuple[Rig, Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, _ = pair

    async def work() -> None:
        await alice.start()

        def lost(*_: object, **__: object) -> None:
            raise CommitOutcomeUnknown("the connection broke in COMMIT")

        monkeypatch.setattr(alice.storage, "commit", lost)
        alice.engine.start_flow(Nap(), "test")
        await until(lambda: bool(alice.fatal))
        assert isinstance(alice.fatal[0], CommitOutcomeUnknown)
        await alice.stop()

    scenario(work())
