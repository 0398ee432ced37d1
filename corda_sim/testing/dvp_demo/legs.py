"""How long each leg of a settlement took, and on whose account."""

import time
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

LAG: Final = "corda_relayer_lag_seconds_sum"


class Part(StrEnum):
    """The terms of the formula: 3 x Corda + 2 x GoQuorum + 3 x relayer and LCP."""

    CORDA = "corda"
    GOQUORUM = "goquorum"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg, in milliseconds."""

    leg: str
    part: Part
    ms: float


@dataclass
class Stopwatch:
    """Legs one after the other: each begins where the last one ended.

    What the relayer took of a leg it tells itself: `health` is where.
    """

    health: str
    legs: list[Leg] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.follow(self.health)

    def follow(self, health: str) -> None:
        """Another relayer runs; the next leg begins now."""
        self.health = health
        self._lags = relayer_lags(health)
        self.begin()

    def begin(self) -> None:
        """The next leg begins now."""
        self._at = time.monotonic()

    def lap(self, leg: str, part: Part) -> None:
        """A leg ends now."""
        now = time.monotonic()
        self.legs.append(_leg(leg, part, now - self._at))
        self._at = now

    def relayed_lap(self, leg: str, part: Part, way: tuple[str, str]) -> None:
        """A leg ends now, of which the relayer took a share: for a chain's packets of one kind."""
        now = time.monotonic()
        told = relayer_lags(self.health).get(way, 0.0)
        lag = told - self._lags.get(way, 0.0)
        self._lags[way] = told
        self.legs += [
            _leg(f"{leg}: relayer and LCP", Part.RELAY, lag),
            _leg(leg, part, max(0.0, now - self._at - lag)),
        ]
        self._at = now


def _leg(leg: str, part: Part, seconds: float) -> Leg:
    return Leg(leg, part, round(1000 * seconds, 1))


def relayer_lags(health: str) -> dict[tuple[str, str], float]:
    """Seconds from an event (its block, once seen) to its submission, by source and kind."""
    with urllib.request.urlopen(f"http://{health}/metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return {
        (sample.labels["source"], sample.labels["kind"]): sample.value
        for family in families
        for sample in family.samples
        if sample.name == LAG
    }


def sums(legs: Iterable[Leg]) -> Sequence[tuple[Part, int, float]]:
    """For each part how many legs it had, and their milliseconds together."""
    found = list(legs)
    ours = ((part, [leg.ms for leg in found if leg.part is part]) for part in Part)
    return [(part, len(times), round(sum(times), 1)) for part, times in ours]
