"""Figures for Prometheus: `corda_<group>_<name>`, Corda's meter name in the help text."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from corda_sim.flow.manager import StateMachineManager
from corda_sim.node.committer import CommitCycle


class EngineCollector(Collector):
    """Reads the engine's counters when they are asked for; the hot path pays nothing."""

    def __init__(self, manager: StateMachineManager, cycle: CommitCycle) -> None:
        self._manager, self._cycle = manager, cycle

    def collect(self) -> Iterable[Metric]:
        """The present figures."""
        counters = self._manager.counters
        totals = {
            "corda_flows_started": ("Flows.Started", counters.started),
            "corda_flows_finished": ("Flows.Finished", counters.finished),
            "corda_flows_error": ("Flows.Error", counters.failed),
            "corda_flows_replayed": ("flows brought back from their journal", counters.replayed),
            "corda_flows_hospitalized": ("flows in the hospital", counters.hospitalized),
            "corda_p2p_messages_resent": ("messages sent again", counters.resent),
            "corda_p2p_messages_duplicate": ("duplicates dropped", counters.duplicates),
            "corda_p2p_messages_refused": ("messages refused", counters.refused),
            "corda_flows_checkpoint_commits": ("Flows.Checkpointing Rate", self._cycle.commits),
            "corda_flows_checkpoint_steps": ("steps committed", self._cycle.steps),
        }
        for name, (help_text, value) in totals.items():
            yield CounterMetricFamily(name, help_text, value=value)
        flows = len(self._manager.flows)
        yield GaugeMetricFamily("corda_flows_in_flight", "Flows.InFlight", value=flows)


class MessagingFigures:
    """What the messaging service counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._packs = Counter("corda_p2p_packs_sent", "packs published", registry=registry)
        self._sent = Counter("corda_p2p_messages_sent", "P2P.SendMessage", registry=registry)
        self._received = Counter(
            "corda_p2p_messages_received", "P2P.ReceiveMessage", registry=registry
        )
        self._refused = Counter(
            "corda_p2p_packs_refused", "packs refused", ["reason"], registry=registry
        )
        self._unconfirmed = Gauge(
            "corda_p2p_send_queue_size", "P2P.SendQueueSize", registry=registry
        )

    def published(self, packs: int, messages: int) -> None:
        """Packs handed to the transport."""
        self._packs.inc(packs)
        self._sent.inc(messages)
        self._unconfirmed.inc(messages)

    def confirmed(self, messages: int) -> None:
        """Messages that the receiving side has."""
        self._unconfirmed.dec(messages)

    def received(self, messages: int) -> None:
        """Messages of one accepted pack."""
        self._received.inc(messages)

    def refused(self, reason: str) -> None:
        """A pack refused for good."""
        self._refused.labels(reason).inc()
