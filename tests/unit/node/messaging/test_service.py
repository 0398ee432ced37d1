import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from corda_sim.core.crypto.crypto import generate_key_pair
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.flow.wire_message import WireMessage
from corda_sim.node.messaging.embedded import EmbeddedTransport
from corda_sim.node.messaging.errors import MessageTooLargeException
from corda_sim.node.messaging.pack import MESSAGE_HEADER
from corda_sim.node.messaging.service import (
    InboundPack,
    MessagingService,
    MessagingSettings,
    OurIdentity,
)
from corda_sim.node.messaging.settings import EmbeddedSettings
from corda_sim.node.messaging.transport import Backoff, Parcel, PeerAddress

if TYPE_CHECKING:
    from tests.unit.node.messaging.conftest import Member, NetworkMap

NETWORK = b"n" * 32
LIMIT = 400_000
SETTINGS = MessagingSettings(NETWORK, LIMIT, 0.2, 0.02, address_retry=0.02)


@dataclass
class Metrics:
    packs: int = 0
    confirmations: int = 0
    sent_sizes: list[int] = field(default_factory=list)
    got_sizes: list[int] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def published(self, packs: int, sizes: Iterable[int]) -> None:
        self.packs += packs
        self.sent_sizes += sizes

    def confirmed(self, messages: int, seconds: float) -> None:
        self.confirmations += messages
        self.latencies.append(seconds)

    def received(self, sizes: Iterable[int]) -> None:
        self.got_sizes += sizes

    def handled(self, seconds: float) -> None:
        self.durations.append(seconds)

    def refused(self, reason: str) -> None:
        self.refusals.append(reason)


class Node:
    """A service on the embedded transport; what arrives is acknowledged at once."""

    def __init__(self, me: "Member", network: "NetworkMap", directory: Path) -> None:
        endpoint = f"unix:{directory}/{me.party.name.organisation}.sock"
        network.endpoints[me.name] = endpoint
        key = me.party.owning_key.to_string_short()
        self.endpoint = endpoint
        self.address = PeerAddress(me.name, key, endpoint)
        self.metrics = Metrics()
        self.got: list[InboundPack] = []
        self.tokens: list[str] = []
        self.transport = EmbeddedTransport(
            EmbeddedSettings(
                name=me.name,
                network_id=NETWORK,
                inboxes=frozenset({self.address.inbox}),
                endpoints=(endpoint,),
                max_message_size=LIMIT,
                backoff=Backoff(0.01, 0.02),
            )
        )
        self.service = MessagingService(
            self.transport,
            OurIdentity(me.party, me),
            network,
            SETTINGS,
            clock_ns=lambda: 42,
            metrics=self.metrics,
        )

    def take(self, pack: InboundPack) -> None:
        self.got.append(pack)
        self.service.ack([pack.delivery])

    async def start(self) -> None:
        await self.service.start(self.take, self.tokens.extend)


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - nothing to await but the outcome
            await asyncio.sleep(0.005)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 20))


def sends(count: int, size: int = 10) -> Sequence[tuple[WireMessage, str]]:
    return [(WireMessage(f"N-{n}", n == 0, bytes(size)), f"t{n}") for n in range(count)]


def test_messages_are_packed_signed_delivered_and_confirmed(
    tmp_path: Path, alice: "Member", bob: "Member", network: "NetworkMap"
) -> None:
    async def scenario() -> None:
        a, b = Node(alice, network, tmp_path), Node(bob, network, tmp_path)
        await a.start()
        await b.start()
        batch = sends(100)
        a.service.send_all((bob.party, message, token) for message, token in batch)
        await until(lambda: len(a.tokens) == 100)
        assert a.tokens == [token for _, token in batch]
        assert [m for pack in b.got for m in pack.messages] == [m for m, _ in batch]
        assert [len(pack.messages) for pack in b.got] == [32, 32, 32, 4]
        assert {pack.sender for pack in b.got} == {alice.party}
        assert {pack.time_ns for pack in b.got} == {42}
        assert (a.metrics.packs, a.metrics.confirmations) == (4, 100)
        assert a.metrics.sent_sizes == b.metrics.got_sizes == [10] * 100
        await a.service.stop()
        await b.service.stop()

    run(scenario)


def test_latency_runs_from_publish_to_confirmation_and_duration_from_arrival_to_ack(
    tmp_path: Path, alice: "Member", bob: "Member", network: "NetworkMap"
) -> None:
    async def scenario() -> None:
        a, b = Node(alice, network, tmp_path), Node(bob, network, tmp_path)
        now = [100.0]
        a.service.monotonic = b.service.monotonic = lambda: now[0]
        held: list[InboundPack] = []
        await a.service.start(held.append, a.tokens.extend)
        await b.service.start(held.append, b.tokens.extend)
        a.service.send(bob.party, sends(3))
        now[0] = 102.0
        await until(lambda: len(held) == 1)
        assert (a.metrics.latencies, b.metrics.durations) == ([], [])
        now[0] = 107.0
        b.service.ack([held[0].delivery])
        await until(lambda: len(a.tokens) == 3)
        assert (a.metrics.latencies, b.metrics.durations) == ([7.0], [5.0])
        await a.service.stop()
        await b.service.stop()

    run(scenario)


def test_a_message_that_is_too_large_stops_the_whole_send(
    tmp_path: Path, alice: "Member", bob: "Member", network: "NetworkMap"
) -> None:
    async def scenario() -> None:
        a = Node(alice, network, tmp_path)
        large = (WireMessage("N", False, bytes(LIMIT + MESSAGE_HEADER + 1)), "t")
        with pytest.raises(MessageTooLargeException):
            a.service.send(bob.party, [*sends(1), large])
        with pytest.raises(MessageTooLargeException):
            a.service.send_all([(bob.party, large[0], "t")])
        assert a.transport.counters.unconfirmed == 0

    run(scenario)


def test_messages_wait_for_a_peers_address(
    tmp_path: Path, alice: "Member", bob: "Member", network: "NetworkMap"
) -> None:
    async def scenario() -> None:
        a, b = Node(alice, network, tmp_path), Node(bob, network, tmp_path)
        await b.start()
        del network.endpoints[bob.name]
        a.service.send(bob.party, sends(2))
        network.endpoints[bob.name] = b.endpoint
        a.service.send(bob.party, [(WireMessage("N-9", False, b""), "t9")])
        assert a.service.waiting_for_address == {bob.party: 3}
        await a.start()
        await until(lambda: a.tokens == ["t0", "t1", "t9"])
        await a.service.stop()
        await b.service.stop()

    run(scenario)


def test_a_sender_that_becomes_known_is_accepted(
    tmp_path: Path, alice: "Member", bob: "Member", network: "NetworkMap"
) -> None:
    async def scenario() -> None:
        a, b = Node(alice, network, tmp_path), Node(bob, network, tmp_path)
        await a.start()
        await b.start()
        del network.members[alice.name]
        a.service.send(bob.party, sends(1))
        await asyncio.sleep(0.1)
        assert (b.got, b.metrics.refusals) == ([], [])
        network.members[alice.name] = alice
        await until(lambda: len(a.tokens) == 1)
        await a.service.stop()
        await b.service.stop()

    run(scenario)


def test_what_is_refused_is_acknowledged_counted_and_blocks_nothing(
    tmp_path: Path, alice: "Member", bob: "Member", network: "NetworkMap"
) -> None:
    async def scenario() -> None:
        a, b = Node(alice, network, tmp_path), Node(bob, network, tmp_path)
        await a.start()
        await b.start()
        confirmed: list[str] = []
        noise = Parcel(b"noise", "nobody", False, "x")
        a.transport.publish(b.address, noise, lambda: confirmed.append("noise"))
        impostor = Node(alice, network, tmp_path)
        impostor.service = MessagingService(
            impostor.transport, OurIdentity(alice.party, bob), network, SETTINGS, lambda: 1
        )
        impostor.service.send(bob.party, sends(1))
        stranger = Party(
            CordaX500Name("Stranger", "Oslo", "NO"),
            generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, b"s" * 32).public,
        )
        unknown = Node(alice, network, tmp_path)
        unknown.service = MessagingService(
            unknown.transport, OurIdentity(stranger, alice), network, SETTINGS, lambda: 1
        )
        unknown.service.send(bob.party, sends(1))
        await until(lambda: len(b.metrics.refusals) == 3)
        assert sorted(b.metrics.refusals) == [
            "DecodeError",
            "PackSignatureException",
            "UnknownSenderException",
        ]
        a.service.send(bob.party, sends(1))
        await until(lambda: confirmed == ["noise"] and a.tokens == ["t0"])
        assert len(b.got) == 1
        for node in (a, b, impostor, unknown):
            await node.service.stop()

    run(scenario)
