"""What the commit cycle decides: when effects leave, and which failures it may try again."""

from collections.abc import Iterator, Sequence

import pytest

from corda_sim.flow import FlowLogic
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.effects import Effect, FlowEnded
from corda_sim.node.committer import CommitCycle
from corda_sim.node.storage.errors import (
    CommitOutcomeUnknown,
    DatabaseUnavailable,
    DiskFull,
    FencedException,
    StorageError,
)
from corda_sim.testing.mock_network import MockNetwork


class Quick(FlowLogic[str]):
    """Ends at once."""

    async def call(self) -> str:
        """Its result."""
        return "done"


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with MockNetwork(cordapps=[CordApp("cycle", (Quick,))]) as made:
        yield made


@pytest.fixture
def left() -> list[Effect]:
    return []


@pytest.fixture
def cycle(network: MockNetwork, left: list[Effect]) -> CommitCycle:
    return CommitCycle(network["PartyA"].manager, left.extend)


def ended(effects: Sequence[Effect]) -> list[FlowEnded]:
    return [effect for effect in effects if isinstance(effect, FlowEnded)]


def test_an_idle_cycle_has_nothing_to_commit(cycle: CommitCycle, left: list[Effect]) -> None:
    assert cycle.begin() == []
    assert (cycle.commits, cycle.steps, left) == (0, 0, [])


def test_effects_leave_after_their_commit_only(
    network: MockNetwork, cycle: CommitCycle, left: list[Effect]
) -> None:
    network["PartyA"].manager.start_flow(Quick(), "test")

    steps = cycle.begin()
    before = ended(left)
    cycle.settled(steps, [None] * len(steps))

    assert before == []
    assert [one.result for one in ended(left)] == ["done"]
    assert (cycle.commits, cycle.steps) == (1, len(steps))


def test_the_effects_of_a_refused_step_never_leave(
    network: MockNetwork, cycle: CommitCycle, left: list[Effect]
) -> None:
    network["PartyA"].manager.start_flow(Quick(), "test")
    steps = cycle.begin()

    cycle.settled(steps, [StorageError("no") if step.flow_id else None for step in steps])

    assert ended(left) == []


@pytest.mark.parametrize("error", [DatabaseUnavailable("gone"), DiskFull("full")])
def test_a_database_that_is_away_is_tried_again_ever_later(
    cycle: CommitCycle, error: StorageError
) -> None:
    delays = [cycle.failed(error) for _ in range(6)]

    assert delays == sorted(delays)
    assert 0 < delays[0] < delays[-1] == delays[-2] <= 1.0
    assert cycle.unavailable == str(error)


def test_success_ends_the_retries(cycle: CommitCycle) -> None:
    first = cycle.failed(DatabaseUnavailable("gone"))
    cycle.failed(DatabaseUnavailable("gone"))

    cycle.settled([], [])

    assert cycle.unavailable is None
    assert cycle.failed(DatabaseUnavailable("gone")) == first


@pytest.mark.parametrize(
    "error", [CommitOutcomeUnknown("?"), FencedException("other"), StorageError("refused")]
)
def test_what_may_not_be_tried_again_ends_the_process(
    cycle: CommitCycle, error: StorageError
) -> None:
    with pytest.raises(type(error)):
        cycle.failed(error)
    assert cycle.unavailable is None
