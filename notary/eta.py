"""When a queue of states will have been committed (PersistentUniquenessProvider's estimate)."""

from collections import deque
from statistics import median

SAMPLES = 100
DEFAULT_ETA_SECONDS = 10.0
SAFETY_FACTOR = 2.0


class EtaEstimator:
    """Twice the queued states over the median rate of the last hundred batches, in seconds."""

    __slots__ = ("_rates",)

    def __init__(self) -> None:
        self._rates: deque[float] = deque(maxlen=SAMPLES)

    def record(self, states: int, seconds: float) -> None:
        """A batch of `states` took `seconds`."""
        if states > 0 and seconds > 0:
            self._rates.append(states / seconds)

    def estimate(self, queued_states: int) -> float:
        """Seconds until `queued_states` are committed; 10 while nothing was measured."""
        if not self._rates:
            return DEFAULT_ETA_SECONDS
        return SAFETY_FACTOR * queued_states / median(self._rates)
