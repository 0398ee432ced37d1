"""Progress: a sub-flow's steps are children of the current step of the flow around it."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar, cast

import pytest

from corda_sim.flow import FlowException, FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.progress import Progress, ProgressTracker, TreeStep
from corda_sim.node.node import Node
from corda_sim.rpc import flow_operations
from corda_sim.rpc.feeds import open_feed
from corda_sim.rpc.requests import FlowById
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow, MockNode
from tests.unit.flow.scripted import only_flow

SECOND = timedelta(seconds=1)


@flow_name("progress.Inner")
class Inner(FlowLogic[None]):
    steps: ClassVar[tuple[str, ...]] = ("dig", "fill")

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails

    async def call(self) -> None:
        self.set_step("dig")
        await self.sleep(SECOND)
        if self.fails:
            raise FlowException("rock")
        self.set_step("fill")
        await self.sleep(SECOND)


@flow_name("progress.Silent")
class Silent(FlowLogic[None]):
    """Has no steps of its own: what is inside stands where it stands."""

    async def call(self) -> None:
        await self.sub_flow(Inner())


@flow_name("progress.Outer")
class Outer(FlowLogic[str]):
    steps: ClassVar[tuple[str, ...]] = ("plan", "work", "rest")

    async def call(self) -> str:
        self.set_step("plan")
        await self.sleep(SECOND)
        self.set_step("work")
        await self.sub_flow(Silent())
        try:
            await self.sub_flow(Inner(fails=True))
        except FlowException:
            await self.sleep(SECOND)
        self.set_step("rest")
        await self.sleep(SECOND)
        return "rested"


@pytest.fixture(params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    app = CordApp("progress", (Inner, Silent, Outer))
    with MockNetwork(cordapps=[app], reload=request.param) as made:
        yield made


def begun(network: MockNetwork, seconds: int) -> MockFlow[str]:
    flow = network["PartyA"].start_flow(Outer())
    network.run_network()
    for _ in range(seconds):
        network.advance(SECOND)
    return flow


class Served:
    """As much of a node as these operations see."""

    def __init__(self, node: MockNode) -> None:
        self.manager, self.hub, self.room = node.manager, node.hub, node.room


def served(network: MockNetwork) -> Node:
    return cast("Node", Served(network["PartyA"]))


def test_each_step_is_told_once_below_those_around_it(network: MockNetwork) -> None:
    told = network["PartyA"].notifications()
    assert begun(network, 6).result() == "rested"
    assert [str(one.value) for one in told if isinstance(one.value, Progress)] == [
        "plan",
        "work",
        "work > dig",
        "work > fill",
        "work > dig",
        "rest",
    ]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(
    ("seconds", "path"), [(0, "plan"), (1, "work > dig"), (2, "work > fill"), (4, "work")]
)
def test_a_list_of_flows_shows_the_path(
    network: MockNetwork, seconds: int, path: str, restarted: bool
) -> None:
    """Also where the flow has come back from its journal, and a failed sub-flow is left."""
    begun(network, seconds)
    if restarted:
        network["PartyA"].restart()
    assert flow_operations.flow_info(only_flow(network["PartyA"]))["progress"] == path


def test_one_flow_is_shown_with_the_tree_of_its_steps(network: MockNetwork) -> None:
    flow = begun(network, 2)
    shown = flow_operations.flow_show(served(network), FlowById(flow_id=flow.flow_id))
    assert [(one["depth"], one["step"], one["current"]) for one in shown["steps"]] == [
        (0, "plan", False),
        (0, "work", True),
        (1, "dig", False),
        (1, "fill", True),
        (0, "rest", False),
    ]


def test_a_parked_flow_has_no_steps_to_show(network: MockNetwork) -> None:
    flow = begun(network, 2)
    network["PartyA"].manager.pause(flow.flow_id)
    shown = flow_operations.flow_show(served(network), FlowById(flow_id=flow.flow_id))
    assert (shown["progress"], shown["steps"]) == (None, [])


def test_the_feed_of_flows_tells_the_path(network: MockNetwork) -> None:
    async def follow() -> tuple[str, list[object]]:
        with open_feed(served(network), "flows", None) as feed:
            flow = begun(network, 1)
            return flow.flow_id, [await feed.next() for _ in range(3)]

    flow_id, told = asyncio.run(follow())
    assert told == [
        {"flow_id": flow_id, "progress": path} for path in ("plan", "work", "work > dig")
    ]


# --- the tracker alone -------------------------------------------------------------------------


def test_before_the_first_step_there_is_no_path() -> None:
    tracker = ProgressTracker()
    assert tracker.enter(("a", "b")) == 0
    assert tracker.now.path == ()
    assert tracker.tree() == [TreeStep(0, "a", False), TreeStep(0, "b", False)]


def test_a_step_that_wasnt_declared_comes_last() -> None:
    tracker = ProgressTracker()
    tracker.reach(tracker.enter(("a",)), "z")
    assert tracker.tree() == [TreeStep(0, "a", False), TreeStep(0, "z", True)]


def test_the_steps_of_a_sub_flow_go_with_it() -> None:
    tracker = ProgressTracker()
    tracker.reach(tracker.enter(()), "outside")
    inner = tracker.enter(("inside",))
    tracker.reach(inner, "inside")
    assert str(tracker.now) == "outside > inside"
    tracker.leave(inner)
    assert str(tracker.now) == "outside"
    assert tracker.enter(()) == inner


def test_the_flow_around_may_go_on_to_another_step_first() -> None:
    tracker = ProgressTracker()
    outer, inner = tracker.enter(("a", "b")), tracker.enter(("x",))
    tracker.reach(outer, "a")
    tracker.reach(inner, "x")
    tracker.reach(outer, "b")
    assert tracker.now.path == ("b", "x")
