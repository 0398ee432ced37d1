"""What the relayer counts: `corda_relayer_<name>`."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from corda_sim.relayer.outcomes import Verdict
from corda_sim.relayer.work import Kind

_LAG_BUCKETS = (0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60)


class RelayerFigures:
    """Counters of all directions; a direction is named by the chain it comes from."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("source", "kind")
        self._submitted = Counter(
            "corda_relayer_submitted", "messages sent", labels, registry=registry
        )
        self._outcomes = Counter(
            "corda_relayer_outcomes", "how they ended", (*labels, "verdict"), registry=registry
        )
        self._failures = Counter(
            "corda_relayer_failures", "batches not sent", ("source", "error"), registry=registry
        )
        self._backlog = Gauge(
            "corda_relayer_backlog", "packets to bring", ("source", "state"), registry=registry
        )
        self._lag = Histogram(
            "corda_relayer_lag_seconds",
            "from an event or its block being seen to the submission that it leads to",
            labels,
            buckets=_LAG_BUCKETS,
            registry=registry,
        )

    def submitted(self, source: str, kind: Kind, lag: float) -> None:
        """A message is on its way, `lag` seconds after the event that it follows."""
        self._submitted.labels(source, kind.value).inc()
        self._lag.labels(source, kind.value).observe(lag)

    def ended(self, source: str, kind: Kind, verdict: Verdict) -> None:
        """A message has its outcome."""
        self._outcomes.labels(source, kind.value, verdict.value).inc()

    def failed(self, source: str, error: Exception) -> None:
        """A batch couldn't be sent."""
        self._failures.labels(source, type(error).__name__).inc()

    def backlog(self, source: str, sizes: dict[str, int]) -> None:
        """What a direction has still to do."""
        for state, size in sizes.items():
            self._backlog.labels(source, state).set(size)
