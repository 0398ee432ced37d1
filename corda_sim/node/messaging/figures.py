"""What messaging counts and measures, under the names of Corda's P2P meters."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SIZES = (256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 10_485_760)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class MessagingMetrics(Protocol):
    """Where figures go; sizes are of message bodies, in bytes."""

    def published(self, packs: int, sizes: Iterable[int]) -> None:
        """Packs handed to the transport, with messages of these sizes."""

    def confirmed(self, messages: int, seconds: float) -> None:
        """Messages of one pack that the receiving side has, that long after they were published."""

    def received(self, sizes: Iterable[int]) -> None:
        """Messages of one accepted pack."""

    def handled(self, seconds: float) -> None:
        """A delivered pack is acknowledged, that long after it came."""

    def refused(self, reason: str) -> None:
        """A pack refused for good; `reason` is the exception's class name."""


@dataclass(frozen=True, slots=True)
class NoMetrics:
    """Counts nothing."""

    def published(self, packs: int, sizes: Iterable[int]) -> None:
        """See `MessagingMetrics`."""

    def confirmed(self, messages: int, seconds: float) -> None:
        """See `MessagingMetrics`."""

    def received(self, sizes: Iterable[int]) -> None:
        """See `MessagingMetrics`."""

    def handled(self, seconds: float) -> None:
        """See `MessagingMetrics`."""

    def refused(self, reason: str) -> None:
        """See `MessagingMetrics`."""


class MessagingFigures:
    """`MessagingMetrics` for Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def sizes(name: str, help_text: str) -> Histogram:
            return Histogram(f"corda_p2p_{name}", help_text, buckets=SIZES, registry=registry)

        def seconds(name: str, help_text: str) -> Histogram:
            return Histogram(f"corda_p2p_{name}", help_text, buckets=SECONDS, registry=registry)

        self._packs = Counter("corda_p2p_packs_sent", "packs published", registry=registry)
        self._sent = Counter("corda_p2p_messages_sent", "P2P.SendMessage", registry=registry)
        self._sent_sizes = sizes("send_message_size_bytes", "P2P.SendMessageSize")
        self._latency = seconds("send_latency_seconds", "P2P.SendLatency: publish to confirmation")
        self._unconfirmed = Gauge(
            "corda_p2p_send_queue_size", "P2P.SendQueueSize", registry=registry
        )
        self._received = Counter(
            "corda_p2p_messages_received", "P2P.ReceiveMessage", registry=registry
        )
        self._received_sizes = sizes("receive_message_size_bytes", "P2P.ReceiveMessageSize")
        self._duration = seconds(
            "receive_duration_seconds", "P2P.ReceiveDuration: a pack's arrival to its commit"
        )
        self._refused = Counter(
            "corda_p2p_packs_refused", "packs refused", ["reason"], registry=registry
        )

    def published(self, packs: int, sizes: Iterable[int]) -> None:
        """See `MessagingMetrics`."""
        count = _observe_all(self._sent_sizes, sizes)
        self._packs.inc(packs)
        self._sent.inc(count)
        self._unconfirmed.inc(count)

    def confirmed(self, messages: int, seconds: float) -> None:
        """See `MessagingMetrics`."""
        self._unconfirmed.dec(messages)
        self._latency.observe(seconds)

    def received(self, sizes: Iterable[int]) -> None:
        """See `MessagingMetrics`."""
        self._received.inc(_observe_all(self._received_sizes, sizes))

    def handled(self, seconds: float) -> None:
        """See `MessagingMetrics`."""
        self._duration.observe(seconds)

    def refused(self, reason: str) -> None:
        """See `MessagingMetrics`."""
        self._refused.labels(reason).inc()


def _observe_all(histogram: Histogram, values: Iterable[int]) -> int:
    count = 0
    for count, value in enumerate(values, 1):  # noqa: B007 - the last is how many there were
        histogram.observe(value)
    return count
