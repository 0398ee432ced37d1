"""What a handler knows of the time: a span, because contracts have no clock.

Units are converted here and nowhere else: Cross counts seconds, Corda milliseconds, IBC
nanoseconds.
"""

from dataclasses import dataclass
from datetime import datetime

from corda_sim.core.contracts.time_window import TimeWindow
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.instants import micros_of
from corda_sim.ibc.client.height import Height

NANOS_PER_SECOND = 10**9
NANOS_PER_MILLI = 10**6
_NANOS_PER_MICRO = 1000


def nanos_of(instant: datetime) -> int:
    """Nanoseconds since 1970."""
    return micros_of(instant) * _NANOS_PER_MICRO


@dataclass(frozen=True, slots=True)
class Moment:
    """Any instant from ``earliest`` to ``latest`` (nanoseconds since 1970, both included).

    What must have begun is judged at ``earliest``, what must not have ended at ``latest``.
    ``height`` is what a proof of this moment stands for, ``last_height`` what time-outs see.
    """

    height: Height
    last_height: Height
    earliest: int
    latest: int

    @classmethod
    def at(cls, height: Height, nanos: int) -> "Moment":
        """One instant, as a chain with blocks knows it."""
        return cls(height, height, nanos, nanos)

    @classmethod
    def of_window(cls, window: TimeWindow) -> "Moment":
        """The span of a notarised time-window; its height is ``from`` in milliseconds.

        Raises: IllegalArgumentError when an end is open, or ``from`` is no whole millisecond.
        """
        if window.from_time is None or window.until_time is None:
            raise IllegalArgumentError("a bridge transaction needs both ends of its time-window")
        earliest, latest = nanos_of(window.from_time), nanos_of(window.until_time) - 1
        if earliest % NANOS_PER_MILLI:
            raise IllegalArgumentError(
                "a bridge transaction's window starts at a whole millisecond"
            )
        first, last = (Height(0, nanos // NANOS_PER_MILLI) for nanos in (earliest, latest))
        return cls(first, last, earliest, latest)
