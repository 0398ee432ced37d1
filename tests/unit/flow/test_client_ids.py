"""Client ids: one flow for one id, whatever happens in between, and one outcome for ever."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from corda_sim.core.errors import IllegalArgumentError, IllegalStateError
from corda_sim.flow import FlowException, FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.errors import KilledFlowException, ResultSerializationException
from corda_sim.flow.runner import MAX_CLIENT_ID
from corda_sim.node.storage import schema
from corda_sim.testing.mock_network import MockNetwork
from tests.unit.flow.scripted import Listen, Talk, nothing_is_left, only_flow, rows_of, talk


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
    with pytest.raises(KilledFlowException, match="was killed"):
        a.start_flow(talk("recv", "send y"), client_id="id").result()


def test_a_result_that_cannot_be_kept_is_kept_as_the_reason(network: MockNetwork) -> None:
    a = network["PartyA"]
    first = a.start_flow(Odd(), client_id="odd")
    network.run_network()
    with pytest.raises(ResultSerializationException, match="can't be kept"):
        first.result()
    a.restart()
    network.run_network()
    assert not a.manager.flows
    with pytest.raises(ResultSerializationException, match="can't be kept"):
        a.start_flow(talk("recv", "send y"), client_id="odd").result()


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


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("theirs", ["send x", "fail no"])
def test_a_removed_id_is_free_again(network: MockNetwork, theirs: str, restarted: bool) -> None:
    a = network["PartyA"]
    first = a.start_flow(talk("recv", theirs), client_id="id")
    network.run_network()
    assert a.manager.remove_client_id("id")
    assert not a.manager.remove_client_id("id")
    if restarted:
        network.run_network()
        a.restart()
    again = a.start_flow(talk("recv", "send y"), client_id="id")
    assert again.flow_id != first.flow_id
    network.run_network()
    assert again.result() == "y"
    assert a.stored_result("id") == "y"
    assert rows_of(a, "node_checkpoints", "node_flow_metadata", "node_flow_results") == 3
    assert rows_of(a, "node_flow_exceptions") == 0


def test_the_id_of_a_flow_that_runs_is_not_removed(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(talk("sleep 5;recv", "send x"), client_id="id")
    assert not a.manager.remove_client_id("id")
    network.run_network()
    assert not a.manager.remove_client_id("id")
    assert not a.manager.remove_client_id("unknown")
    network.advance(timedelta(seconds=6))
    assert flow.result() == a.stored_result("id") == "x"


@pytest.mark.parametrize("restarted", [False, True])
def test_an_id_is_removed_while_the_flows_last_message_is_under_way(
    network: MockNetwork, restarted: bool
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    flow = a.start_flow(talk("send x", "recv"), client_id="id")
    network["PartyB"].kill()
    network.run_network()
    assert only_flow(a).finished
    assert a.manager.remove_client_id("id")
    network.run_network()
    if restarted:
        a.restart()
        network.run_network()
    assert only_flow(a).flow_id == flow.flow_id
    assert a.manager.flow_of_client_id("id") is None
    b.start()
    network.run_network()
    assert nothing_is_left(network)
    assert rows_of(a, "node_checkpoints", "node_flow_metadata", "node_flow_results") == 0


@pytest.mark.parametrize("table", ["node_flow_results", "node_flow_exceptions"])
def test_an_outcome_that_was_lost_is_an_error_of_its_own(network: MockNetwork, table: str) -> None:
    a = network["PartyA"]
    theirs = "send x" if table == "node_flow_results" else "fail no"
    flow = a.start_flow(talk("recv", theirs), client_id="id")
    network.run_network()
    with a.storage.writer.connect() as connection:
        connection.execute(schema.metadata.tables[table].delete())
        connection.commit()
    with pytest.raises(IllegalStateError, match=f"outcome of flow {flow.flow_id} is missing"):
        a.start_flow(talk("recv", "send y"), client_id="id").result()


def test_finished_flows_are_listed_by_their_ids(network: MockNetwork) -> None:
    a = network["PartyA"]
    a.start_flow(talk("recv", "send x"), client_id="good")
    a.start_flow(talk("recv", "fail no"), client_id="bad")
    a.start_flow(talk("recv", "recv"), client_id="running")
    a.start_flow(talk("recv", "send x"))
    network.run_network()
    listed = a.hub.checkpoints.finished_client_ids
    assert listed() == listed("test") == {"bad": False, "good": True}
    assert listed("another") == {}
    a.manager.remove_client_id("bad")
    network.run_network()
    a.restart()
    assert a.hub.checkpoints.finished_client_ids() == {"good": True}
