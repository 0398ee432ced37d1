"""Legs follow each other, and the relayer's share is what its own figures say."""

from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from corda_sim.node.health import HealthServer
from corda_sim.relayer.figures import RelayerFigures
from corda_sim.relayer.work import Kind
from corda_sim.testing.dvp_demo.legs import Leg, Part, Stopwatch, relayer_lags, sums

WAY = ("corda", Kind.RECEIVE.value)


class Relayer:
    """The figures of a relayer, where it tells them."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.figures = RelayerFigures(registry)
        self.server = HealthServer("127.0.0.1:0", registry, str)
        self.server.start()

    def submit(self, seconds: float) -> None:
        self.figures.submitted("corda", Kind.RECEIVE, seconds)


@pytest.fixture
def relayer() -> Iterator[Relayer]:
    made = Relayer()
    yield made
    made.server.stop()


def test_lags_are_summed_by_source_and_kind(relayer: Relayer) -> None:
    relayer.submit(0.25)
    relayer.submit(0.5)
    assert relayer_lags(relayer.server.address) == {WAY: 0.75}


def test_the_relayers_share_is_what_came_since_the_last_leg(relayer: Relayer) -> None:
    relayer.submit(5.0)
    watch = Stopwatch(relayer.server.address)
    relayer.submit(0.25)
    watch.relayed_lap("call", Part.GOQUORUM, WAY)
    watch.relayed_lap("again", Part.GOQUORUM, WAY)
    first, second, third, fourth = watch.legs
    assert first == Leg("call: relayer and LCP", Part.RELAY, 250.0)
    assert (second.leg, second.part) == ("call", Part.GOQUORUM)
    assert second.ms == 0, "the share is never more than the leg"
    assert third == Leg("again: relayer and LCP", Part.RELAY, 0.0)
    assert fourth.ms > 0


def test_another_relayer_counts_from_its_own_beginning(relayer: Relayer) -> None:
    watch = Stopwatch(relayer.server.address)
    other = Relayer()
    other.submit(1.0)
    watch.follow(other.server.address)
    other.submit(0.125)
    watch.relayed_lap("call", Part.CORDA, WAY)
    other.server.stop()
    assert watch.legs[0].ms == 125.0


def test_sums_are_by_part() -> None:
    legs = [Leg("a", Part.CORDA, 1.5), Leg("b", Part.RELAY, 2.0), Leg("c", Part.CORDA, 3.0)]
    assert sums(legs) == [(Part.CORDA, 2, 4.5), (Part.GOQUORUM, 0, 0), (Part.RELAY, 1, 2.0)]
