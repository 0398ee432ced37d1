import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from corda_sim.flow.notary.errors import General, NotaryNotReadyException, NotaryOverloadedException
from notary.batch_signing import KeyPairSigner, sign_batch
from notary.eta import EtaEstimator
from notary.service import Batch, BatchStats, NotaryService
from notary.worker import Notarised, NotaryWorker, Outcome, Refused
from tests.unit.notary.support import logged


class Gate:
    """Runs a batch when told to, and remembers the sizes of the batches."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.open = asyncio.Event()

    async def __call__(
        self, process: Callable[[Batch], Sequence[Outcome]], batch: Batch
    ) -> Sequence[Outcome]:
        self.sizes.append(len(batch))
        await self.open.wait()
        return process(batch)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def run(test: Awaitable[None]) -> None:
    async def main() -> None:
        await test

    asyncio.run(main())


def test_a_batch_is_what_queued_while_the_one_before_was_committed(worker: NotaryWorker) -> None:
    async def scenario() -> None:
        gate = Gate()
        stats: list[BatchStats] = []
        service = NotaryService(worker, run=gate, stats=stats.append)
        service.start()
        asked = []
        for name in "abcde":
            asked.append(asyncio.create_task(service.notarise(logged(name, name))))
            await settle()
        assert (service.status.queued_requests, service.status.queued_states) == (4, 5)
        gate.open.set()
        outcomes = await asyncio.gather(*asked)
        assert all(isinstance(outcome, Notarised) for outcome in outcomes)
        assert gate.sizes == [1, 4]
        assert [s.requests for s in stats] == [1, 4]
        assert service.status.queued_states == 0

    run(scenario())


def test_the_default_runs_off_the_loop(worker: NotaryWorker) -> None:
    async def scenario() -> None:
        service = NotaryService(worker)
        service.start()
        asked = [service.notarise(logged(name, "a")) for name in "tuv"]
        outcomes = await asyncio.gather(*asked)
        assert sum(isinstance(outcome, Notarised) for outcome in outcomes) == 1
        await service.stop()
        with pytest.raises(NotaryNotReadyException):
            await service.notarise(logged("w", "w"))

    try:
        run(scenario())
    finally:
        worker.store.close()


def test_inline_it_needs_no_event_loop(worker: NotaryWorker) -> None:
    service = NotaryService(worker, run=None)
    service.start()
    waiting = service.notarise(logged("t", "a"))
    with pytest.raises(StopIteration) as done:
        waiting.send(None)
    assert isinstance(done.value.value, Notarised)


def test_a_full_queue_is_refused_with_an_eta(worker: NotaryWorker) -> None:
    async def scenario() -> None:
        gate = Gate()
        service = NotaryService(worker, run=gate, max_queued_states=3)
        service.start()
        first = asyncio.create_task(service.notarise(logged("t", "abc")))
        await settle()
        with pytest.raises(NotaryOverloadedException) as caught:
            await service.notarise(logged("u", "d"))
        assert caught.value.queued_states == 3
        assert caught.value.eta_seconds > 0
        gate.open.set()
        assert isinstance(await first, Notarised)
        assert isinstance(await service.notarise(logged("u", "d")), Notarised)

    run(scenario())


def test_one_request_larger_than_the_bound_is_taken_when_the_queue_is_empty(
    worker: NotaryWorker,
) -> None:
    service = NotaryService(worker, run=None, max_queued_states=1)
    service.start()
    with pytest.raises(StopIteration):
        service.notarise(logged("t", "abc")).send(None)


def test_an_internal_error_answers_every_request_and_the_service_goes_on(
    worker: NotaryWorker,
) -> None:
    async def scenario() -> None:
        failures = [OSError("disk full")]

        async def flaky(
            process: Callable[[Batch], Sequence[Outcome]], batch: Batch
        ) -> Sequence[Outcome]:
            if failures:
                raise failures.pop()
            return process(batch)

        log: list[str] = []
        service = NotaryService(worker, run=flaky, log=log.append)
        service.start()
        assert await service.notarise(logged("t", "a")) == Refused(
            General("Internal service error.")
        )
        assert "disk full" in log[0]
        assert isinstance(await service.notarise(logged("t", "a")), Notarised)

    run(scenario())


def test_before_start_nothing_is_taken(worker: NotaryWorker) -> None:
    with pytest.raises(NotaryNotReadyException):
        NotaryService(worker, run=None).notarise(logged("t", "a")).send(None)


def test_a_requester_that_gave_up_does_not_disturb_the_others(worker: NotaryWorker) -> None:
    async def scenario() -> None:
        gate = Gate()
        service = NotaryService(worker, run=gate)
        service.start()
        gone = asyncio.create_task(service.notarise(logged("t", "a")))
        stays = asyncio.create_task(service.notarise(logged("u", "b")))
        await settle()
        gone.cancel()
        gate.open.set()
        assert isinstance(await stays, Notarised)

    run(scenario())


def test_the_eta_follows_the_median_rate() -> None:
    eta = EtaEstimator()
    assert eta.estimate(1000) == 10
    for states in (10, 100, 1000):
        eta.record(states, 1.0)
    assert eta.estimate(1000) == pytest.approx(20)
    assert eta.estimate(0) == 0


def test_an_empty_batch_of_ids_is_not_signed(signer: KeyPairSigner) -> None:
    assert sign_batch(signer, []) == {}
