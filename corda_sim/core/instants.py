"""Instants as numbers since the epoch, and back; a datetime holds whole microseconds."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant(ns: int) -> datetime:
    """Nanoseconds since the epoch as a UTC datetime, to the microsecond."""
    return instant_of_micros(ns // 1000)


def instant_of_micros(micros: int) -> datetime:
    """Microseconds since the epoch as a UTC datetime. Raises OverflowError outside its years."""
    return _EPOCH + timedelta(microseconds=micros)


def micros_of(value: datetime) -> int:
    """Microseconds since the epoch of an aware datetime. Raises TypeError for a naive one."""
    return (value - _EPOCH) // _MICROSECOND
