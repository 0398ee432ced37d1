"""Time windows: when a transaction may be notarised."""

from datetime import UTC, datetime, timedelta

import msgspec

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.serialization import PLATFORM, serializable


def instant_text(instant: datetime) -> str:
    """As `java.time.Instant` shows it: UTC with a Z, and no more digits than it has."""
    digits = "milliseconds" if instant.microsecond % 1000 == 0 else "microseconds"
    precision = digits if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


@serializable("corda.TimeWindow", registry=PLATFORM)
class TimeWindow(msgspec.Struct, frozen=True):
    """The half-open interval ``[from_time, until_time)`` in UTC, either end possibly open.

    Source: net.corda.core.contracts.TimeWindow. Raises: IllegalArgumentError when both ends are
    open, an instant has no time zone, or the window is empty.
    """

    from_time: datetime | None
    until_time: datetime | None

    def __post_init__(self) -> None:
        ends = [end for end in (self.from_time, self.until_time) if end is not None]
        if not ends:
            raise IllegalArgumentError("a time window needs at least one end")
        if any(end.tzinfo is None for end in ends):
            raise IllegalArgumentError("a time window's instants need their time zone")
        if len(ends) == 2 and not ends[0] < ends[1]:
            raise IllegalArgumentError("fromTime must be earlier than untilTime")

    @classmethod
    def between(cls, from_time: datetime, until_time: datetime) -> "TimeWindow":
        """``[from_time, until_time)``."""
        return cls(from_time, until_time)

    @classmethod
    def from_only(cls, from_time: datetime) -> "TimeWindow":
        """From an instant on, without end."""
        return cls(from_time, None)

    @classmethod
    def until_only(cls, until_time: datetime) -> "TimeWindow":
        """Before an instant, without start."""
        return cls(None, until_time)

    @classmethod
    def from_start_and_duration(cls, from_time: datetime, duration: timedelta) -> "TimeWindow":
        """``[from_time, from_time + duration)``."""
        return cls(from_time, from_time + duration)

    @classmethod
    def with_tolerance(cls, instant: datetime, tolerance: timedelta) -> "TimeWindow":
        """``[instant - tolerance, instant + tolerance)``."""
        return cls(instant - tolerance, instant + tolerance)

    @property
    def midpoint(self) -> datetime | None:
        """The middle, where both ends are set."""
        if self.from_time is None or self.until_time is None:
            return None
        return self.from_time + (self.until_time - self.from_time) / 2

    @property
    def length(self) -> timedelta | None:
        """``until_time - from_time``, where both ends are set."""
        if self.from_time is None or self.until_time is None:
            return None
        return self.until_time - self.from_time

    def __str__(self) -> str:
        """Corda's text: `[from, until)`, with ∞ for an open end."""
        start = "(∞" if self.from_time is None else f"[{instant_text(self.from_time)}"
        end = "∞" if self.until_time is None else instant_text(self.until_time)
        return f"{start}, {end})"

    def contains(self, instant: datetime) -> bool:
        """Whether ``from_time <= instant < until_time``."""
        if self.from_time is not None and instant < self.from_time:
            return False
        return self.until_time is None or instant < self.until_time
