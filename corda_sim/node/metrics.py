"""Figures for Prometheus: `corda_<group>_<name>`, Corda's meter name in the help text."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from corda_sim.flow.cordapp import Figure
from corda_sim.flow.effects import FlowEnded, Notification
from corda_sim.flow.manager import StateMachineManager
from corda_sim.flow.state import FlowStatus
from corda_sim.node.committer import CommitCycle
from corda_sim.node.services import ServiceHub

PREFIX = "corda_"
FLOW_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0, 3600.0)


class EngineCollector(Collector):
    """Reads the node's counters when they are asked for; the hot path pays nothing."""

    def __init__(self, manager: StateMachineManager, cycle: CommitCycle, hub: ServiceHub) -> None:
        self._manager, self._cycle, self._hub = manager, cycle, hub

    def collect(self) -> Iterable[Metric]:
        """The present figures, those of CorDapp services among them."""
        yield from map(_metric, self._totals())
        yield from map(_metric, self._present())
        for service in list(self._hub.cordapp_services.values()):
            yield from map(_metric, getattr(service, "figures", tuple)())

    def _totals(self) -> Iterable[Figure]:
        counters, cycle = self._manager.counters, self._cycle
        totals = {
            "flows_started": ("Flows.Started", counters.started),
            "flows_finished": ("Flows.Finished", counters.finished),
            "flows_error": ("Flows.Error", counters.failed),
            "flows_replayed": ("flows brought back from their journal", counters.replayed),
            "flows_hospitalized": ("flows taken to the hospital", counters.hospitalized),
            "flows_checkpoint_commits": ("Flows.Checkpointing Rate", cycle.commits),
            "flows_checkpoint_steps": ("Flows.Checkpointing Rate: steps", cycle.steps),
            "p2p_messages_resent": ("messages sent again", counters.resent),
            "p2p_messages_duplicate": ("duplicates dropped", counters.duplicates),
            "p2p_messages_refused": ("messages refused", counters.refused),
        }
        for name, (help_text, value) in totals.items():
            yield Figure(name, help_text, value, is_total=True)

    def _present(self) -> Iterable[Figure]:
        flows = Tally(flow.status for flow in list(self._manager.flows.values()))
        vault = self._hub.vault
        yield Figure("flows_in_flight", "Flows.InFlight", flows.total())
        yield Figure("flows_in_hospital", "flows that wait in it", flows[FlowStatus.HOSPITALIZED])
        yield Figure("flows_paused", "flows that an operator paused", flows[FlowStatus.PAUSED])
        yield Figure("flows_draining", "1 when no new flows are taken", self._manager.draining)
        yield Figure("vault_unconsumed_states", "unspent states of ours", vault.unspent_count)
        yield Figure("vault_soft_locks", "states that flows mean to spend", vault.lock_count)
        is_cut_off = self._cycle.unavailable is not None
        yield Figure("database_unavailable", "1 while it can't be written to", is_cut_off)


def _metric(figure: Figure) -> Metric:
    family = CounterMetricFamily if figure.is_total else GaugeMetricFamily
    metric: Metric = family(f"{PREFIX}{figure.name}", figure.help, value=float(figure.value))
    return metric


class FlowFigures:
    """How long flows ran, by their class: only installed classes run, so there are so many.

    `note` subscribes to an `EngineRoom`.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._durations = Histogram(
            "corda_flows_duration_seconds",
            "Flows.FlowDuration.Success.<class> and .Failure.<class>: start to end, waits included",
            ["flow", "outcome"],
            buckets=FLOW_SECONDS,
            registry=registry,
        )

    def note(self, notification: Notification) -> None:
        """Measure a flow that has ended."""
        ended = notification.value
        if isinstance(ended, FlowEnded):
            outcome = "success" if ended.error is None else "failure"
            self._durations.labels(ended.flow_class, outcome).observe(ended.seconds)


class RpcFigures:
    """What the RPC server counts; `method` is one that exists, so that there are only so many."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "corda_rpc_calls", "RPC calls answered", ["method", "outcome"], registry=registry
        )
        self._streams = Gauge("corda_rpc_streams", "open streams of updates", registry=registry)

    def answered(self, method: str, error: Exception | None = None) -> None:
        """A call has its answer."""
        outcome = "ok" if error is None else type(error).__name__
        self._calls.labels(method, outcome).inc()

    def opened(self) -> None:
        """A client follows something."""
        self._streams.inc()

    def closed(self) -> None:
        """The client has enough, or is gone."""
        self._streams.dec()
