"""The one writer: takes every pending step into one transaction, then lets their effects leave."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.effects import Effect, Step
from corda_sim.flow.logs import of_flow
from corda_sim.flow.manager import StateMachineManager
from corda_sim.node.storage.errors import (
    CommitOutcomeUnknown,
    DatabaseUnavailable,
    DiskFull,
    StorageError,
)

LOGGER = logging.getLogger(__name__)
_RETRY_SECONDS = (0.05, 0.2, 0.5, 1.0)


class Store(Protocol):
    """Where steps are committed."""

    def commit(self, batches: Sequence[WriteBatch], *, epoch: int | None) -> list[Exception | None]:
        """Commit all or say which not; raises when none was committed."""
        ...


def settle(
    manager: StateMachineManager, steps: Sequence[Step], outcomes: Sequence[Exception | None]
) -> list[Effect]:
    """Tell the manager what became of the steps; the effects that may leave now."""
    pairs = list(zip(steps, outcomes, strict=True))
    effects = manager.committed([step for step, error in pairs if error is None])
    for step, error in pairs:
        if error is not None:
            LOGGER.error("step failed: %s", error, extra=of_flow(step.flow_id))
            effects.extend(manager.failed(step, error))
    return effects


class CommitCycle:
    """What the committer decides, without its I/O: node, MockNetwork and simulator all run it.

    `begin` gives the steps of the next transaction. Its caller commits them and answers with
    `settled`; or with `failed`, and then commits the same steps again.
    """

    def __init__(
        self, manager: StateMachineManager, perform: Callable[[Sequence[Effect]], None]
    ) -> None:
        self._manager, self._perform = manager, perform
        self._attempts = 0
        self.commits = 0
        self.steps = 0
        self.unavailable: str | None = None

    def begin(self) -> list[Step]:
        """Let go what waits for no commit; the steps to commit together, none when idle."""
        self._perform(self._manager.take_effects())
        return self._manager.take_steps()

    def settled(self, steps: Sequence[Step], outcomes: Sequence[Exception | None]) -> None:
        """The transaction is over: the effects of what it took may leave."""
        self._attempts, self.unavailable = 0, None
        self.commits += 1
        self.steps += len(steps)
        self._perform(settle(self._manager, steps, outcomes))

    def failed(self, error: StorageError) -> float:
        """Nothing was committed: the seconds after which to try again.

        Raises:
            StorageError: `error` itself, where trying again isn't safe and the process must end.
        """
        retryable = isinstance(error, DatabaseUnavailable | DiskFull)
        if isinstance(error, CommitOutcomeUnknown) or not retryable:
            raise error
        if self.unavailable is None:
            LOGGER.warning("the database can't be written to, retrying: %s", error)
        self.unavailable = str(error)
        delay = _RETRY_SECONDS[min(self._attempts, len(_RETRY_SECONDS) - 1)]
        self._attempts += 1
        return delay


class Committer:
    """Runs a CommitCycle as one task of the loop; `on_fatal` ends the process."""

    def __init__(
        self,
        store: Store,
        cycle: CommitCycle,
        on_fatal: Callable[[Exception], None],
        *,
        epoch: Callable[[], int | None],
        inline: bool,
    ) -> None:
        self.cycle = cycle
        self._store, self._on_fatal, self._epoch = store, on_fatal, epoch
        self._pool = None if inline else ThreadPoolExecutor(1, "committer")
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something may wait to be committed."""
        self._wake.set()

    async def run(self) -> None:
        """Commit until cancelled."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._drain()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be committed after it
            self._on_fatal(error)

    async def _drain(self) -> None:
        while steps := self.cycle.begin():
            outcomes = await self._commit([step.batch for step in steps])
            self.cycle.settled(steps, outcomes)
            await asyncio.sleep(0)

    async def _commit(self, batches: list[WriteBatch]) -> list[Exception | None]:
        while True:
            try:
                return await self._commit_once(batches)
            except StorageError as error:
                await asyncio.sleep(self.cycle.failed(error))

    async def _commit_once(self, batches: list[WriteBatch]) -> list[Exception | None]:
        if self._pool is None:
            return self._store.commit(batches, epoch=self._epoch())
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._pool, lambda: self._store.commit(batches, epoch=self._epoch())
        )
