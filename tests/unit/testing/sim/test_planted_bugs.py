"""The simulator finds bugs: each is planted here and found within a number of seeds."""

from collections.abc import Callable

import pytest

from corda_sim.flow.effects import AckEffect, Step
from corda_sim.flow.inbound import Inbound
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.manager import StateMachineManager
from corda_sim.node.checkpoints import CheckpointStorage
from corda_sim.node.committer import CommitCycle
from corda_sim.node.storage.commit_log import CommitLog
from corda_sim.testing.sim.plan import Plan
from corda_sim.testing.sim.run import Result, Simulator
from corda_sim.testing.sim.shrink import shrink

SEEDS = range(1, 201)


def first_failing(simulator: Simulator) -> Result:
    for seed in SEEDS:
        result = simulator.run(Plan.draw(seed))
        if result.violations:
            return result
    pytest.fail("no seed shows the bug")


def acknowledge_before_commit(patch: pytest.MonkeyPatch) -> None:
    begin = CommitCycle.begin

    def eager(self: CommitCycle) -> list[Step]:
        steps = begin(self)
        for step in steps:
            self._perform([one for one in step.effects if isinstance(one, AckEffect)])
            step.effects = [one for one in step.effects if not isinstance(one, AckEffect)]
        return steps

    patch.setattr(CommitCycle, "begin", eager)


def remember_no_session_init(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CheckpointStorage, "message_seen", lambda _self, _message_id: False)
    patch.setattr(Inbound, "_take_once", lambda _self, _message_id, _step: None)


def check_no_epoch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CommitLog, "append", lambda _self, _connection, _epoch: None)


def forget_before_confirmation(patch: pytest.MonkeyPatch) -> None:
    forget = StateMachineManager.forget_if_done

    def hasty(self: StateMachineManager, flow: LiveFlow) -> None:
        if flow.finished:
            flow.unconfirmed.clear()
        forget(self, flow)

    patch.setattr(StateMachineManager, "forget_if_done", hasty)


PLANTED = [
    acknowledge_before_commit,
    remember_no_session_init,
    check_no_epoch,
    forget_before_confirmation,
]


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_bug_is_found(
    simulator: Simulator,
    plant: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch)

    assert first_failing(simulator).plan.seed in SEEDS


@pytest.mark.slow
def test_the_shortest_history_still_shows_the_bug(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_before_confirmation(monkeypatch)
    failing = first_failing(simulator)

    shortest = shrink(simulator, failing)

    kinds = {violation.kind for violation in failing.violations}
    assert kinds & {violation.kind for violation in shortest.violations}
    assert len(shortest.plan.payments) < len(failing.plan.payments) / 2
    assert shortest.plan.faults
    assert shortest.lines
