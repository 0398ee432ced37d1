from datetime import UTC, datetime, timedelta

import pytest

from corda_sim.core.contracts import StateRef, TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_reference_reads_back() -> None:
    ref = StateRef(SecureHash.sha256(b"x"), 3)
    assert str(ref) == f"{SecureHash.sha256(b'x')}(3)"
    assert StateRef.parse(str(ref)) == ref


@pytest.mark.parametrize("text", ["", "AB(1)", "(1)", f"{'AB' * 32}(-1)", f"{'AB' * 32}1"])
def test_other_text_is_no_reference(text: str) -> None:
    with pytest.raises(IllegalArgumentError):
        StateRef.parse(text)


def test_an_index_is_a_non_negative_int() -> None:
    for index in (-1, 2**31):
        with pytest.raises(IllegalArgumentError):
            StateRef(SecureHash.sha256(b""), index)


def test_windows_are_half_open() -> None:
    window = TimeWindow.between(START, START + HOUR)
    assert window.contains(START)
    assert not window.contains(START + HOUR)
    assert not window.contains(START - timedelta(microseconds=1))
    assert window.midpoint == START + HOUR / 2
    assert window.length == HOUR
    assert TimeWindow.from_start_and_duration(START, HOUR) == window
    assert TimeWindow.with_tolerance(START + HOUR / 2, HOUR / 2) == window


def test_open_windows() -> None:
    assert TimeWindow.from_only(START).contains(START + 10**5 * HOUR)
    assert TimeWindow.until_only(START).contains(START - HOUR)
    assert not TimeWindow.until_only(START).contains(START)
    assert TimeWindow.from_only(START).midpoint is None
    assert TimeWindow.from_only(START).length is None


def test_windows_are_shown_as_corda_shows_them() -> None:
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    end = start + timedelta(milliseconds=1500)
    assert str(TimeWindow.between(start, end)) == "[2026-01-01T12:00:00Z, 2026-01-01T12:00:01.500Z)"
    assert str(TimeWindow.from_only(start)) == "[2026-01-01T12:00:00Z, ∞)"
    late = start + timedelta(microseconds=7)
    assert str(TimeWindow.until_only(late)) == "(∞, 2026-01-01T12:00:00.000007Z)"


def test_windows_refuse() -> None:
    with pytest.raises(IllegalArgumentError):
        TimeWindow(None, None)
    with pytest.raises(IllegalArgumentError, match="earlier"):
        TimeWindow.between(START, START)
    with pytest.raises(IllegalArgumentError, match="zone"):
        TimeWindow.from_only(datetime(2026, 1, 1))  # noqa: DTZ001
