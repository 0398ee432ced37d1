"""Client ids: one flow for one id, whatever happens in between, and one outcome for ever."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.flow import FlowException, FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.errors import KilledFlowException
from corda_sim.flow.runner import MAX_CLIENT_ID
from corda_sim.testing.mock_network import MockNetwork
from tests.unit.flow.scripted import Listen, Talk, only_flow, talk


@flow_name("ids.Odd")
class Odd(FlowLogic[object]):
    """Its result can't be serialized."""

    async def call(self) -> object:
        """An object of no registered type."""
        return object()


@pytest.fixture(params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    app = CordApp("ids", (Talk, Listen, Odd))
    with MockNetwork(cordapps=[app], reload=request.param) as made:
        yield made


def test_the_id_gives_the_running_flow_whatever_the_arguments(network: MockNetwork) -> None:
    a = network["PartyA"]
    first = a.start_flow(talk("sleep 5;recv", "send x"), client_id="id")
    assert a.start_flow(talk("fail other"), client_id="id").flow_id == first.flow_id
    network.run_network()
    assert a.start_flow(Odd(), client_id="id").flow_id == first.flow_id
    assert a.manager.counters.started == 1


def test_the_id_gives_the_running_flow_after_a_restart(network: MockNetwork) -> None:
    a = network["PartyA"]
    first = a.start_flow(talk("sleep 5;recv", "send x"), client_id="id")
    network.run_network()
    a.restart()
    again = a.start_flow(talk("fail other"), client_id="id")
    assert again.flow_id == first.flow_id
    network.run_network()
    network.advance(timedelta(seconds=6))
    assert again.result() == "x"


@pytest.mark.parametrize("restarted", [False, True])
def test_the_id_gives_the_result_of_a_flow_that_is_over(
    network: MockNetwork, restarted: bool
) -> None:
    a = network["PartyA"]
    first = a.start_flow(talk("recv", "send x"), client_id="id")
    network.run_network()
    if restarted:
        a.restart()
    again = a.start_flow(talk("recv", "send y"), client_id="id")
    assert again.flow_id == first.flow_id
    assert again.result() == "x"
    assert not a.manager.flows


@pytest.mark.parametrize("restarted", [False, True])
def test_the_id_gives_the_failure_of_a_flow_that_failed(
    network: MockNetwork, restarted: bool
) -> None:
    a = network["PartyA"]
    a.start_flow(talk("recv", "fail no"), client_id="id")
    network.run_network()
    if restarted:
        a.restart()
    with pytest.raises(FlowException, match="no"):
        a.start_flow(talk("recv", "send y"), client_id="id").result()


def test_the_id_of_a_killed_flow_says_so(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(talk("recv", "recv"), client_id="id")
    network.run_network()
    a.manager.kill(flow.flow_id)
    network.run_network()
    with pytest.raises(KilledFlowException):
        flow.result()
    a.restart()
    with pytest.raises(Exception, match="was killed"):
        a.start_flow(talk("recv", "send y"), client_id="id").result()


def test_a_result_that_cannot_be_kept_is_kept_as_the_reason(network: MockNetwork) -> None:
    a = network["PartyA"]
    a.start_flow(Odd(), client_id="odd")
    network.run_network()
    a.restart()
    network.run_network()
    assert not a.manager.flows
    assert a.hub.checkpoints.flow_of_client_id("odd") is not None


def test_a_start_that_was_never_committed_leaves_the_id_free(network: MockNetwork) -> None:
    a = network["PartyA"]
    lost = a.start_flow(talk("recv", "send x"), client_id="id")
    a.restart()
    again = a.start_flow(talk("recv", "send y"), client_id="id")
    assert again.flow_id != lost.flow_id
    network.run_network()
    assert again.result() == "y"


def test_ids_differ_by_every_character_and_have_a_longest(network: MockNetwork) -> None:
    a = network["PartyA"]
    longest = "x" * MAX_CLIENT_ID
    first = a.start_flow(talk("recv", "recv"), client_id=longest)
    second = a.start_flow(talk("recv", "recv"), client_id=longest[:-1])
    assert first.flow_id != second.flow_id
    with pytest.raises(IllegalArgumentError, match=str(MAX_CLIENT_ID)):
        a.start_flow(talk("recv", "recv"), client_id=longest + "x")


def test_a_flow_in_the_hospital_keeps_its_id(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(talk("observe me", "recv"), client_id="id")
    network.run_network()
    assert a.start_flow(talk("recv", "send y"), client_id="id").flow_id == flow.flow_id
    a.restart()
    network.run_network()
    assert a.start_flow(talk("recv", "send y"), client_id="id").flow_id == flow.flow_id
    assert a.hub.checkpoints.outcome(flow.flow_id) is None
    assert only_flow(a).flow_id == flow.flow_id
