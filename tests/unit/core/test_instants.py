"""Instants as numbers, and back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from corda_sim.core.instants import instant, instant_of_micros, micros_of

AFTER = datetime(1970, 1, 1, 0, 0, 1, 5, UTC)


@pytest.mark.parametrize("ns", [1_000_005_000, 1_000_005_999])
def test_nanoseconds_are_cut_to_microseconds(ns: int) -> None:
    assert instant(ns) == AFTER


def test_microseconds_go_there_and_back() -> None:
    assert instant_of_micros(1_000_005) == AFTER
    assert micros_of(AFTER) == 1_000_005
    assert micros_of(instant_of_micros(-1)) == -1


def test_any_zone_counts_and_none_does_not() -> None:
    assert micros_of(AFTER.astimezone(timezone(timedelta(hours=9)))) == 1_000_005
    with pytest.raises(TypeError):
        micros_of(AFTER.replace(tzinfo=None))
