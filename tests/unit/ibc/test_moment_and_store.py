from datetime import UTC, datetime, timedelta

import pytest

from corda_sim.core.contracts.time_window import TimeWindow
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.events import event
from corda_sim.ibc.moment import Moment, nanos_of
from corda_sim.ibc.numbers import next_number, read_number, u64
from corda_sim.ibc.store import CachedStore, MemoryStore

START = datetime(2026, 1, 1, tzinfo=UTC)
MILLIS = 1_767_225_600_000


def test_nanos_keep_microseconds() -> None:
    assert nanos_of(START + timedelta(microseconds=7)) == MILLIS * 10**6 + 7000


def test_window_as_a_span() -> None:
    moment = Moment.of_window(TimeWindow.between(START, START + timedelta(seconds=2)))
    assert moment.height == Height(0, MILLIS)
    assert moment.earliest == MILLIS * 10**6
    # the window is half-open: its end is no longer inside
    assert moment.latest == (MILLIS + 2000) * 10**6 - 1
    assert moment.last_height == Height(0, MILLIS + 1999)


@pytest.mark.parametrize("window", [TimeWindow.from_only(START), TimeWindow.until_only(START)])
def test_window_needs_both_ends(window: TimeWindow) -> None:
    with pytest.raises(IllegalArgumentError):
        Moment.of_window(window)


def test_window_starts_at_a_whole_millisecond() -> None:
    start = START + timedelta(microseconds=1)
    with pytest.raises(IllegalArgumentError):
        Moment.of_window(TimeWindow.between(start, start + timedelta(seconds=1)))


def test_an_instant() -> None:
    moment = Moment.at(Height(0, 5), 77)
    assert (moment.height, moment.last_height) == (Height(0, 5), Height(0, 5))
    assert (moment.earliest, moment.latest) == (77, 77)


def test_cached_store_holds_changes_back() -> None:
    below = MemoryStore()
    below.set("a/1", b"1")
    below.set("a/2", b"2")
    cached = CachedStore(below)
    cached.set("a/3", b"3")
    cached.delete("a/1")
    assert (cached.get("a/1"), cached.get("a/2"), cached.get("a/3")) == (None, b"2", b"3")
    assert sorted(cached.paths("a/")) == ["a/2", "a/3"]
    assert sorted(below.paths("a/")) == ["a/1", "a/2"]
    cached.commit()
    assert below.values == {"a/2": b"2", "a/3": b"3"}
    assert list(cached.paths("b")) == []


def test_deleting_what_isnt_there() -> None:
    store = MemoryStore()
    store.delete("x")
    cached = CachedStore(store)
    cached.delete("x")
    cached.commit()
    assert store.get("x") is None


def test_counters() -> None:
    store = MemoryStore()
    assert read_number(store, "n") is None
    assert [next_number(store, "n") for _ in range(3)] == [0, 1, 2]
    assert store.get("n") == u64(3) == bytes.fromhex("0000000000000003")


def test_event_attributes() -> None:
    made = event("send_packet", packet_sequence=7)
    assert made["packet_sequence"] == "7"
    with pytest.raises(KeyError):
        made["nothing"]
