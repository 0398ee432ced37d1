"""The time-window of a bridge transaction."""

from datetime import UTC, datetime, timedelta

import pytest

from corda_sim.core.contracts import TimeWindow
from corda_sim.core.instants import micros_of
from corda_sim.cross.initiator.types import MsgInitiateTx
from corda_sim.cross.tx.types import CommitProtocol
from corda_sim.ibc.any import pack
from corda_sim.ibc.channel.packet import MsgRecvPacket, Packet
from corda_sim.ibc.channel.sending import SendPacket
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.moment import Moment
from flows.ibc.window import CLOCK_TOLERANCE, LENGTH, window_for

NOW = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
MICROS = micros_of(NOW)


def recv(height: Height = Height(), timestamp: int = 0) -> bytes:  # noqa: B008 - immutable
    packet = Packet(1, "a", "channel-0", "b", "channel-1", b"x", height, timestamp)
    return pack(MsgRecvPacket(packet, b"proof", Height(0, 1)))


def ends(window: TimeWindow) -> tuple[int, int]:
    assert window.from_time is not None
    assert window.until_time is not None
    return micros_of(window.from_time) - MICROS, micros_of(window.until_time) - MICROS


LONG = LENGTH // timedelta(microseconds=1)


def test_it_starts_at_a_whole_millisecond_before_now() -> None:
    window = window_for(NOW, ())
    start, end = ends(window)
    assert start == -(CLOCK_TOLERANCE // timedelta(microseconds=1)) - 456
    assert end == LONG
    assert Moment.of_window(window).height == Height(0, (MICROS + start) // 1000)


@pytest.mark.parametrize(
    ("messages", "end"),
    [
        ([recv(timestamp=(MICROS + 5_000_000) * 1000)], 5_000_000),
        ([recv(timestamp=(MICROS + 5_000_000) * 1000 + 999)], 5_000_000),
        ([recv(Height(0, (MICROS + 4_000_000) // 1000))], 4_000_000 - 456),
        ([recv(Height(1, 5))], LONG),
        ([recv(timestamp=2**64 - 1)], LONG),
        (
            [recv(timestamp=(MICROS + 9 * 10**6) * 1000), recv(timestamp=MICROS * 1000 + 10**9)],
            10**6,
        ),
        ([recv(timestamp=(MICROS - 10**6) * 1000)], LONG),
        ([pack(SendPacket("a", "channel-0", b"x", Height(), MICROS * 1000 + 10**9))], LONG),
    ],
)
def test_it_ends_before_any_packets_time_out(messages: list[bytes], end: int) -> None:
    assert ends(window_for(NOW, messages))[1] == end


def offer(expires: int) -> bytes:
    simple = CommitProtocol.SIMPLE
    return pack(MsgInitiateTx("corda", 1, simple, (), (), timeout_timestamp=expires))


SECOND = MICROS // 10**6


@pytest.mark.parametrize(
    ("expires", "end"),
    [
        (SECOND + 5, 5 * 10**6 - 123_456),
        (SECOND + 3600, LONG),
        (SECOND - 60, LONG),
        (0, LONG),
    ],
)
def test_it_ends_with_the_offer_that_it_starts_or_signs_for(expires: int, end: int) -> None:
    assert ends(window_for(NOW, [offer(expires)]))[1] == end
    assert ends(window_for(NOW, (), [expires] if expires else []))[1] == end
