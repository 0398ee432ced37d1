"""What a notary counts, under the names of Corda's notary metrics."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from corda_sim.flow.cordapp import Figure
from notary.service import BatchStats, ServiceStatus


@dataclass(slots=True)
class NotaryFigures:
    """Totals since the process started."""

    batches: int = 0
    requests: int = 0
    states: int = 0
    refused: int = 0
    conflicts: int = 0
    seconds: float = 0.0

    def add(self, batch: BatchStats) -> None:
        """Count a processed batch."""
        self.batches += 1
        self.requests += batch.requests
        self.states += batch.states
        self.refused += batch.refused
        self.conflicts += batch.conflicts
        self.seconds += batch.seconds

    def show(self, status: ServiceStatus, is_ready: Callable[[], bool]) -> Iterable[Figure]:
        """The totals, and the queue as it is now."""
        yield Figure("notary_commit", "Commit: requests answered", self.requests, is_total=True)
        yield Figure(
            "notary_number_of_input_states",
            "NumberOfInputStates, its rate is IPS",
            self.states,
            is_total=True,
        )
        yield Figure("notary_conflicts", "Conflicts", self.conflicts, is_total=True)
        yield Figure("notary_refused", "requests refused", self.refused, is_total=True)
        yield Figure("notary_batches", "ProcessedBatchSize: batches", self.batches, is_total=True)
        yield Figure(
            "notary_batch_commit_seconds", "BatchCommit: time spent", self.seconds, is_total=True
        )
        yield Figure("notary_request_queue_size", "requestQueueSize", status.queued_requests)
        yield Figure(
            "notary_request_queue_queued_states", "requestQueue.queuedStates", status.queued_states
        )
        yield Figure(
            "notary_request_processing_eta_seconds",
            "requestProcessingETASeconds",
            status.eta.total_seconds(),
        )
        yield Figure("notary_ready", "1 when a witness has answered", is_ready())
