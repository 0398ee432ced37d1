"""The notary service: a queue in front of a worker, with group commit and back-pressure."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from corda_sim.flow.notary.errors import (
    Conflict,
    General,
    NotaryNotReadyException,
    NotaryOverloadedException,
)
from notary.eta import EtaEstimator
from notary.store import LoggedRequest
from notary.worker import NotaryWorker, Outcome, Refused

MAX_QUEUED_STATES = 100_000
WITNESS_POLL_SECONDS = 0.01
MAX_BATCH_STATES = 10_000
MAX_BATCH_REQUESTS = 1_000
INTERNAL_ERROR = "Internal service error."

Batch = Sequence[LoggedRequest]
RunBatch = Callable[[Callable[[Batch], Sequence[Outcome]], Batch], Awaitable[Sequence[Outcome]]]


async def run_in_thread(
    process: Callable[[Batch], Sequence[Outcome]], batch: Batch
) -> Sequence[Outcome]:
    """Keep the event loop free while the database commits."""
    return await asyncio.to_thread(process, batch)


async def run_on_loop(
    process: Callable[[Batch], Sequence[Outcome]], batch: Batch
) -> Sequence[Outcome]:
    """Commit on the event loop itself, where it serves nobody else (MockNetwork)."""
    return process(batch)


@dataclass(frozen=True, slots=True)
class BatchStats:
    """One processed batch, for metrics (ProcessedBatchSize, Commit, Conflicts, …)."""

    requests: int
    states: int
    refused: int
    seconds: float
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The queue as metrics and explain show it."""

    queued_requests: int
    queued_states: int
    eta: timedelta


@dataclass(slots=True)
class _Pending:
    request: LoggedRequest
    answer: asyncio.Future[Outcome]


def _weight(request: LoggedRequest) -> int:
    return max(1, len(request.commit.states))


def _no_stats(_stats: BatchStats) -> None:
    """Nobody measures."""


class NotaryService:
    """Answers requests; each batch is whatever queued up while the one before was committed.

    With `run` None every request is committed at once in the caller, without an event loop
    (simulations); otherwise `run` takes the work off the event loop that all callers share.
    """

    def __init__(
        self,
        worker: NotaryWorker,
        *,
        run: RunBatch | None = run_in_thread,
        max_queued_states: int = MAX_QUEUED_STATES,
        stats: Callable[[BatchStats], None] = _no_stats,
        log: Callable[[str], None] = lambda _message: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.worker = worker
        self._run, self._bound = run, max_queued_states
        self._stats, self._log, self._monotonic = stats, log, monotonic
        self._queue: deque[_Pending] = deque()
        self._queued_states = 0
        self._eta = EtaEstimator()
        self._drainer: asyncio.Task[None] | None = None
        self._open = False

    @property
    def status(self) -> ServiceStatus:
        """Queue length and estimated time."""
        return ServiceStatus(len(self._queue), self._queued_states, self.eta())

    def eta(self, extra_states: int = 0) -> timedelta:
        """When the queue, with `extra_states` more, will have been committed."""
        return timedelta(seconds=self._eta.estimate(self._queued_states + extra_states))

    def start(self) -> None:
        """Take requests from now on (the worker was started before)."""
        self._open = True

    async def stop(self) -> None:
        """Take no more requests, and answer those already taken."""
        self._open = False
        if self._drainer is not None:
            await self._drainer

    async def notarise(self, request: LoggedRequest) -> Outcome:
        """Commit `request` with whatever else is waiting, and say what came of it.

        A request that comes before a witness has answered waits for that. An error inside the
        service is `Refused(General("Internal service error."))`, as in Corda.

        Raises:
            NotaryNotReadyException: the service or its worker isn't ready.
            NotaryOverloadedException: the queue is at its bound.
        """
        self._admit(_weight(request))
        if self._run is None:
            return self._finish([request], self._process_inline([request]), self._monotonic())[0]
        loop = asyncio.get_running_loop()
        pending = _Pending(request, loop.create_future())
        self._queue.append(pending)
        self._queued_states += _weight(request)
        if self._drainer is None:
            self._drainer = loop.create_task(self._drain(self._run))
        return await pending.answer

    def _admit(self, states: int) -> None:
        status = self.worker.status
        waits = status.problem is None and bool(status.waits_for) and self._run is not None
        if not self._open or not (status.ready or waits):
            raise NotaryNotReadyException(status.explain() or "The notary takes no requests now")
        if self._queued_states and self._queued_states + states > self._bound:
            seconds = self.eta(states).total_seconds()
            raise NotaryOverloadedException(self._queued_states, self._bound, seconds)

    async def _drain(self, run: RunBatch) -> None:
        try:
            while self._queue:
                await self._until_witnessed()
                batch = self._take_batch()
                started = self._monotonic()
                requests = [pending.request for pending in batch]
                outcomes = await self._process(run, requests)
                self._queued_states -= sum(map(_weight, requests))
                _answer(batch, self._finish(requests, outcomes, started))
        finally:
            self._drainer = None

    async def _until_witnessed(self) -> None:
        """A restarted notary asks its witnesses first; its requesters needn't know."""
        # A thread answers for the witness: there is no event of this loop to wait for.
        while self._open and self.worker.status.waits_for and self.worker.status.problem is None:  # noqa: ASYNC110
            await asyncio.sleep(WITNESS_POLL_SECONDS)

    def _take_batch(self) -> list[_Pending]:
        batch = [self._queue.popleft()]
        states = _weight(batch[0].request)
        while self._queue and len(batch) < MAX_BATCH_REQUESTS:
            states += _weight(self._queue[0].request)
            if states > MAX_BATCH_STATES:
                break
            batch.append(self._queue.popleft())
        return batch

    async def _process(self, run: RunBatch, requests: Batch) -> Sequence[Outcome]:
        try:
            return await run(self.worker.process, requests)
        except Exception as error:  # noqa: BLE001 - every requester gets an answer
            return self._internal_error(error, requests)

    def _process_inline(self, requests: Batch) -> Sequence[Outcome]:
        try:
            return self.worker.process(requests)
        except Exception as error:  # noqa: BLE001 - every requester gets an answer
            return self._internal_error(error, requests)

    def _internal_error(self, error: Exception, requests: Batch) -> Sequence[Outcome]:
        self._log(f"A batch of {len(requests)} requests failed: {type(error).__name__}: {error}")
        return [Refused(General(INTERNAL_ERROR)) for _ in requests]

    def _finish(
        self, requests: Batch, outcomes: Sequence[Outcome], started: float
    ) -> Sequence[Outcome]:
        seconds, states = self._monotonic() - started, sum(map(_weight, requests))
        self._eta.record(states, seconds)
        errors = [outcome.error for outcome in outcomes if isinstance(outcome, Refused)]
        conflicts = sum(isinstance(error, Conflict) for error in errors)
        self._stats(BatchStats(len(requests), states, len(errors), seconds, conflicts))
        return outcomes


def _answer(batch: Sequence[_Pending], outcomes: Sequence[Outcome]) -> None:
    for pending, outcome in zip(batch, outcomes, strict=True):
        if not pending.answer.done():
            pending.answer.set_result(outcome)
