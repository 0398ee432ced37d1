"""Flow operations over a MockNode: what lists and shows say, and what killing does."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.flow import UnexpectedFlowEndException
from corda_sim.flow.effects import Effect
from corda_sim.flow.errors import UnknownFlowIdException
from corda_sim.node.node import Node
from corda_sim.rpc import flow_operations as operations
from corda_sim.rpc.requests import FlowById, Request
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from tests.unit.flow.scripted import nothing_is_left, scripted_network, talk


class Served:
    """A MockNode with what the operations call of a node."""

    def __init__(self, node: MockNode) -> None:
        self.manager, self.hub, self.room = node.manager, node.hub, node.room
        self.registry = node.registry

    def perform(self, effects: Sequence[Effect]) -> None:
        """Carry out effects."""
        self.room.perform(effects)


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with scripted_network() as made:
        yield made


def served(network: MockNetwork, name: str = "PartyA") -> Node:
    return cast("Node", Served(network[name]))


def snapshot(node: Node) -> list[dict[str, Any]]:
    return operations.state_machines_snapshot(node, Request())


def by_id(flow_id: str) -> FlowById:
    return FlowById(flow_id=flow_id)


def test_a_list_has_flows_that_run_and_inits_that_wait(network: MockNetwork) -> None:
    network["PartyB"].room.set_draining(True)
    a = network["PartyA"]
    flow = a.start_flow(talk("step waiting;recv", "send x"), client_id="mine")
    network.run_network()
    (mine,) = snapshot(served(network))
    assert mine["flow_id"] == flow.flow_id
    assert (mine["status"], mine["progress"], mine["client_id"]) == ("RUNNABLE", "waiting", "mine")
    (kept,) = snapshot(served(network, "PartyB"))
    assert (kept["status"], kept["waits_for"]) == ("SESSION_INIT", "draining")
    assert kept["flow"] == "scripted.Talk"
    assert kept["started_by"] == str(a.party)


def test_a_kept_init_is_killed_by_the_id_that_the_list_shows(network: MockNetwork) -> None:
    network["PartyB"].room.set_draining(True)
    flow = network["PartyA"].start_flow(talk("recv", "send x"))
    network.run_network()
    b = served(network, "PartyB")
    (kept,) = snapshot(b)
    assert operations.kill_flow(b, by_id(kept["flow_id"])) == kept["flow_id"]
    network.run_network()
    assert snapshot(b) == []
    with pytest.raises(UnexpectedFlowEndException, match="Unable to establish session"):
        flow.result()
    assert nothing_is_left(network)


def test_a_flow_is_found_by_the_beginning_of_its_id_if_that_is_enough(
    network: MockNetwork,
) -> None:
    flows = [network["PartyA"].start_flow(talk("recv", "recv")) for _ in range(17)]
    network.run_network()
    node = served(network)
    wanted = flows[0].flow_id
    assert operations.flow_show(node, by_id(wanted[:8]))["flow_id"] == wanted
    ((first, count),) = Counter(flow.flow_id[0] for flow in flows).most_common(1)
    assert count > 1
    with pytest.raises(IllegalArgumentError, match=f"{count} flows have ids"):
        operations.flow_show(node, by_id(first))
    with pytest.raises(UnknownFlowIdException):
        operations.flow_show(node, by_id("zzz"))


def test_pause_and_retry_go_by_the_same_id(network: MockNetwork) -> None:
    flow = network["PartyA"].start_flow(talk("recv", "send x"))
    node = served(network)
    operations.pause_flow(node, by_id(flow.flow_id))
    network.run_network()
    assert [one["status"] for one in snapshot(node)] == ["PAUSED"]
    operations.retry_flow(node, by_id(flow.flow_id))
    network.run_network()
    assert flow.result() == "x"


def test_a_show_has_the_sessions_and_the_error(network: MockNetwork) -> None:
    a = network["PartyA"]
    a.start_flow(talk("info;recv", "recv"))
    network.run_network()
    node = served(network)
    (one,) = snapshot(node)
    shown = operations.flow_show(node, by_id(one["flow_id"]))
    assert [session["status"] for session in shown["sessions"]] == ["INITIATED"]
    assert shown["sessions"][0]["peer"] == str(network["PartyB"].party)
    assert shown["error"] is None
    a.manager.kill(one["flow_id"])
    network.run_network()
    flow = a.start_flow(talk("observe look", "recv"))
    network.run_network()
    shown = operations.flow_show(node, by_id(flow.flow_id))
    assert shown["error"] == "HospitalizeFlowException: look"


def test_steps_tell_what_a_flow_was_resumed_by_and_asked_for(network: MockNetwork) -> None:
    flow = network["PartyA"].start_flow(talk("clock;recv;sleep 60", "send x"))
    network.run_network()
    steps = operations.flow_steps(served(network), by_id(flow.flow_id))
    assert [step["resumed_by"] for step in steps] == ["Begin", "Received"]
    assert steps[0]["inputs"] == ["clock", "clock"]
    assert steps[1]["request"].startswith("sleep:")


def test_an_explanation_is_given_by_id(network: MockNetwork) -> None:
    flow = network["PartyA"].start_flow(talk("recv", "recv"))
    network.run_network()
    found = operations.flow_explain(served(network), by_id(flow.flow_id))
    assert found["waits_for"] == "a message"
