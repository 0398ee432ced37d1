"""The service's threads, and what it counts."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry

from corda_sim.ibc.channel.packet import MsgRecvPacket
from corda_sim.relayer.chain import News
from corda_sim.relayer.figures import RelayerFigures
from corda_sim.relayer.outcomes import Outcome, Verdict
from corda_sim.relayer.service import Relayer, routes_of, sides_of
from tests.unit.relayer.bridge import World, is_done

PATIENCE = 20.0


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


class Paced(World):
    """Its chains let a reader wait for news, as real ones do."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for chain in (self.corda, self.quorum):
            follow = chain.follow

            def waiting(
                cursor: str, seconds: float, follow: Callable[[str, float], News] = follow
            ) -> News:
                news = follow(cursor, seconds)
                if not news.events:
                    time.sleep(0.005)
                return news

            chain.follow = waiting  # type: ignore[method-assign]


@pytest.fixture
def world() -> World:
    made = Paced()
    made.open()
    return made


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def relayer(world: World, registry: CollectorRegistry) -> Iterator[Relayer]:
    path = world.open()
    figures = RelayerFigures(registry)
    made = Relayer(sides_of(path), routes_of(path), figures, time.monotonic, refresh=3600.0)
    yield made
    made.stop()


def test_packets_are_relayed_by_threads(world: World, relayer: Relayer) -> None:
    early = world.corda.send("channel-0", b"before the start")
    relayer.start()
    packets = [world.corda.send("channel-0", b"%d" % number) for number in range(5)]
    eventually(lambda: all(is_done(world.corda, one) for one in (early, *packets)))
    assert world.quorum.count(MsgRecvPacket) == 6
    assert not relayer.failed.is_set()


def test_it_is_ready_when_it_has_read_what_happened(world: World, relayer: Relayer) -> None:
    assert relayer.why_not_ready() == "it reads what has happened"
    world.corda.answers = False
    relayer.start()
    eventually(lambda: relayer.followers[1].caught_up)
    assert relayer.why_not_ready()
    world.corda.answers = True
    eventually(lambda: not relayer.why_not_ready())


def test_a_chain_that_goes_away_is_waited_for(world: World, relayer: Relayer) -> None:
    relayer.start()
    eventually(lambda: relayer.is_caught_up)
    world.quorum.answers = False
    packet = world.corda.send("channel-0", b"hello")
    time.sleep(0.05)
    world.quorum.answers = True
    eventually(lambda: is_done(world.corda, packet))


@pytest.mark.parametrize("method", ["follow", "submit"])
def test_an_error_that_is_no_chains_ends_the_service(
    world: World, relayer: Relayer, method: str
) -> None:
    def broken(*_: object) -> object:
        raise ZeroDivisionError

    setattr(world.quorum, method, broken)
    relayer.start()
    world.corda.send("channel-0", b"hello")
    assert relayer.failed.wait(PATIENCE)


def test_no_thread_is_left(world: World, relayer: Relayer) -> None:
    del world
    before = threading.active_count()
    relayer.start()
    assert threading.active_count() == before + 4
    relayer.stop()
    assert threading.active_count() == before


def test_what_happens_is_counted(
    world: World, relayer: Relayer, registry: CollectorRegistry
) -> None:
    def value(name: str, **labels: str) -> float:
        return registry.get_sample_value(f"corda_relayer_{name}", labels) or 0.0

    relayer.start()
    packet = world.corda.send("channel-0", b"hello")
    eventually(lambda: is_done(world.corda, packet))
    received = {"source": "corda", "kind": "receive"}
    assert value("submitted_total", **received) == 1
    assert value("lag_seconds_count", **received) == 1
    eventually(lambda: value("outcomes_total", verdict="done", **received) == 1)
    world.quorum.refuses[MsgRecvPacket] = Outcome(Verdict.PERMANENT, "", "no")
    world.corda.send("channel-0", b"refused")
    eventually(lambda: value("backlog", source="corda", state="parked") == 1)
    assert value("outcomes_total", verdict="permanent", **received) == 1
    world.proxy.answers = False
    world.corda.send("channel-0", b"unproven")
    error = {"source": "corda", "error": "LcpUnreachableException"}
    eventually(lambda: value("failures_total", **error) > 0)
