"""What still runs for a killed flow can see that it was killed (FlowLogic.isKilled)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from corda_sim.core.errors import IllegalStateError
from corda_sim.flow import FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.errors import KilledFlowException
from corda_sim.testing.mock_network import MockNetwork
from tests.unit.flow.scripted import nothing_is_left, only_flow, scripted_network, talk

SEEN: list[bool] = []


class Work:
    """Goes on until its flow is killed."""

    def __init__(self, flow: FlowLogic[object]) -> None:
        self.flow = flow

    async def execute(self, deduplication_id: str) -> object:
        """Ask once, as a loop would each time."""
        del deduplication_id
        SEEN.append(self.flow.is_killed)
        self.flow.check_flow_is_not_killed("enough")
        return "done"


@flow_name("test.Labour")
class Labour(FlowLogic[str]):
    """Notes at its end whether it was killed."""

    async def call(self) -> str:
        try:
            return str(await self.await_external(Work(self)))
        finally:
            SEEN.append(self.is_killed)


@pytest.fixture(params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    SEEN.clear()
    with MockNetwork(cordapps=[CordApp("labour", (Labour,))], reload=request.param) as made:
        yield made


def test_a_flow_that_nobody_killed_says_so(network: MockNetwork) -> None:
    assert network["PartyA"].run_flow(Labour()) == "done"
    assert True not in SEEN


def test_operation_and_cleanup_see_the_kill(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(Labour())
    a.pump()
    SEEN.clear()
    a.manager.kill(flow.flow_id)
    network.run_network()
    assert SEEN == [True, True]
    with pytest.raises(KilledFlowException, match="was killed"):
        flow.result()


def test_the_check_raises_with_the_flows_own_words(network: MockNetwork) -> None:
    a = network["PartyA"]
    a.start_flow(Labour())
    machine = only_flow(a).machine
    assert machine is not None
    machine.logic.check_flow_is_not_killed()
    a.manager.kill(only_flow(a).flow_id)
    with pytest.raises(KilledFlowException, match="too late"):
        machine.logic.check_flow_is_not_killed("too late")
    with pytest.raises(KilledFlowException, match="was killed"):
        machine.logic.check_flow_is_not_killed()


def test_only_a_running_flow_can_be_asked() -> None:
    with pytest.raises(IllegalStateError):
        _ = Labour().is_killed


def test_nothing_of_a_killed_flow_runs_while_its_last_commit_is_under_way() -> None:
    """The answer that comes meanwhile is journaled, and wakes nobody."""
    with scripted_network() as network:
        a, b = network["PartyA"], network["PartyB"]
        flow = a.start_flow(talk("sleep 40;recv;step awake;recv", "sleep 40;send x;recv"))
        network.run_network()
        network.clock.advance(timedelta(seconds=41))
        steps = a.manager.take_steps()
        a.manager.kill(flow.flow_id)
        while b.pump():
            pass
        for posted in network.bus.take(a.party.owning_key):
            a.manager.on_message(posted.sender, posted.wire, posted)
        machine = only_flow(a).machine
        assert machine is not None
        assert machine.context.progress.now.path == ()
        assert a.storage.commit([one.batch for one in steps], epoch=None) == [None] * len(steps)
        a.room.perform(a.manager.committed(steps))
        network.run_network()
        with pytest.raises(KilledFlowException):
            flow.result()
        assert nothing_is_left(network)
