"""The committer over a store that fails: what is retried, what ends the node, what may leave."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.effects import AckEffect, Effect, RetryEffect, Step
from corda_sim.node import committer as module
from corda_sim.node.committer import CommitCycle, Committer
from corda_sim.node.storage.errors import (
    CommitOutcomeUnknown,
    DatabaseUnavailable,
    DiskFull,
    DuplicateKey,
    FencedException,
    StorageError,
)


@dataclass
class Manager:
    """Steps that wait, and what it was told of them."""

    waiting: list[Step] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    committed_steps: list[Step] = field(default_factory=list)
    failed_steps: list[tuple[Step, Exception]] = field(default_factory=list)

    def take_effects(self) -> list[Effect]:
        taken, self.effects = self.effects, []
        return taken

    def take_steps(self) -> list[Step]:
        taken, self.waiting = self.waiting, []
        return taken

    def committed(self, steps: Sequence[Step]) -> list[Effect]:
        self.committed_steps += steps
        return [effect for step in steps for effect in step.effects]

    def failed(self, step: Step, error: Exception) -> list[Effect]:
        self.failed_steps.append((step, error))
        return [RetryEffect(step.flow_id or "", 1.0)]


@dataclass
class Store:
    """Answers in turn with what it was given: outcomes, or an exception."""

    answers: list[list[Exception | None] | Exception]
    epochs: list[int | None] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def commit(self, batches: Sequence[WriteBatch], *, epoch: int | None) -> list[Exception | None]:
        self.epochs.append(epoch)
        self.sizes.append(len(batches))
        if not self.answers:
            return [None for _ in batches]
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def step(name: str) -> Step:
    made = Step(name)
    made.effects.append(AckEffect(name))
    return made


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", (0.0, 0.001))


@dataclass
class Rig:
    manager: Manager
    store: Store
    inline: bool = True
    left: list[Effect] = field(default_factory=list)
    fatal: list[Exception] = field(default_factory=list)

    def run(self) -> CommitCycle:
        async def work() -> CommitCycle:
            cycle = CommitCycle(self.manager, self.left.extend)  # type: ignore[arg-type]
            made = Committer(
                self.store, cycle, self.fatal.append, epoch=lambda: 7, inline=self.inline
            )
            task = asyncio.get_running_loop().create_task(made.run())
            made.wake()
            for _ in range(2_000):
                await asyncio.sleep(0.001)
                if self.fatal or (not self.manager.waiting and not self.store.answers):
                    break
            await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return cycle

        return asyncio.run(work())


@pytest.mark.parametrize("inline", [True, False])
def test_every_pending_step_goes_into_one_transaction(inline: bool) -> None:
    rig = Rig(Manager([step("a"), step("b"), step("c")]), Store([]), inline)
    cycle = rig.run()
    assert rig.store.sizes == [3]
    assert rig.store.epochs == [7]
    assert rig.left == [AckEffect("a"), AckEffect("b"), AckEffect("c")]
    assert (cycle.commits, cycle.steps, cycle.unavailable) == (1, 3, None)


def test_only_the_failing_step_is_told_so() -> None:
    bad = DuplicateKey("again")
    rig = Rig(Manager([step("a"), step("b")]), Store([[bad, None]]))
    rig.run()
    assert [(one.flow_id, error) for one, error in rig.manager.failed_steps] == [("a", bad)]
    assert [one.flow_id for one in rig.manager.committed_steps] == ["b"]
    assert rig.left == [AckEffect("b"), RetryEffect("a", 1.0)]
    assert not rig.fatal


@pytest.mark.parametrize("error", [DatabaseUnavailable("away"), DiskFull("full")])
def test_nothing_leaves_until_the_database_is_back(error: StorageError) -> None:
    rig = Rig(Manager([step("a")]), Store([error, error, error]))
    cycle = rig.run()
    assert rig.store.sizes == [1, 1, 1, 1]
    assert rig.left == [AckEffect("a")]
    assert (cycle.commits, cycle.unavailable) == (1, None)
    assert not rig.fatal


@pytest.mark.parametrize(
    "error",
    [CommitOutcomeUnknown("lost"), FencedException("taken over"), RuntimeError("a defect")],
    ids=lambda error: type(error).__name__,
)
def test_what_can_not_be_tried_again_ends_the_node(error: Exception) -> None:
    rig = Rig(Manager([step("a")]), Store([error]))
    rig.run()
    assert rig.fatal == [error]
    assert rig.left == []
    assert rig.manager.committed_steps == []


def test_an_outage_is_told_and_forgotten() -> None:
    cycle = CommitCycle(Manager(), lambda _: None)  # type: ignore[arg-type]
    delays = [cycle.failed(DatabaseUnavailable("away")) for _ in range(4)]
    assert delays == [0.0, 0.001, 0.001, 0.001]
    assert [cycle.unavailable] == ["away"]
    cycle.settled([], [])
    assert [cycle.unavailable] == [None]
    assert cycle.failed(DiskFull("full")) == 0.0


def test_effects_that_wait_for_no_commit_leave_at_once() -> None:
    manager = Manager(effects=[AckEffect("duplicate")])
    rig = Rig(manager, Store([]))
    cycle = rig.run()
    assert rig.left == [AckEffect("duplicate")]
    assert cycle.commits == 0
