"""Client ids over RPC: each user has his own flows, an administrator all."""

from collections.abc import Iterator, Sequence
from typing import cast

import pytest

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.flow.effects import Effect
from corda_sim.node.node import Node
from corda_sim.rpc.errors import PermissionException
from corda_sim.rpc.operations import invoke
from corda_sim.testing.mock_network import MockNetwork
from tests.unit.flow.scripted import scripted_network, talk

BY_ID = '{"client_id": "id"}'


class Served:
    """A MockNode with what the operations call of a node."""

    def __init__(self, network: MockNetwork) -> None:
        node = network["PartyA"]
        self.manager, self.hub, self.room = node.manager, node.hub, node.room

    def perform(self, effects: Sequence[Effect]) -> None:
        """Carry out effects."""
        self.room.perform(effects)


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with scripted_network() as made:
        yield made


def started(network: MockNetwork, theirs: str = "send x") -> tuple[Node, str]:
    """A node, and the flow that alice has started there."""
    flow_id = network["PartyA"].manager.start_flow(talk("recv", theirs), "alice", "id")
    network.run_network()
    return cast("Node", Served(network)), flow_id


def test_a_flow_that_runs_is_found_without_an_outcome(network: MockNetwork) -> None:
    node, flow_id = started(network, "recv")
    found = invoke(node, "reattachFlowWithClientId", BY_ID, "alice")
    assert (found["flow_id"], found["ended"], found["error"]) == (flow_id, False, "")
    assert not invoke(node, "removeClientId", BY_ID, "alice")


@pytest.mark.parametrize(
    ("theirs", "result", "error"), [("send x", "x", ""), ("fail no", None, "FlowException")]
)
def test_a_flow_that_is_over_is_found_with_its_outcome(
    network: MockNetwork, theirs: str, result: str | None, error: str
) -> None:
    node, flow_id = started(network, theirs)
    found = invoke(node, "reattachFlowWithClientId", BY_ID, "alice")
    assert (found["flow_id"], found["ended"]) == (flow_id, True)
    assert (found["result"], found["error_type"]) == (result, error)
    assert invoke(node, "finishedFlowsWithClientIds", "", "alice") == {"id": not error}


def test_another_user_gets_nothing_of_it(network: MockNetwork) -> None:
    node, _ = started(network)
    with pytest.raises(PermissionException, match="Another user"):
        invoke(node, "reattachFlowWithClientId", BY_ID, "eve")
    assert not invoke(node, "removeClientId", BY_ID, "eve")
    assert invoke(node, "finishedFlowsWithClientIds", "", "eve") == {}


def test_an_administrator_sees_and_removes_everybodys(network: MockNetwork) -> None:
    node, _ = started(network)
    assert invoke(node, "finishedFlowsWithClientIdsAsAdmin", "", "root") == {"id": True}
    assert invoke(node, "removeClientIdAsAdmin", BY_ID, "root")
    network.run_network()
    assert invoke(node, "finishedFlowsWithClientIdsAsAdmin", "", "root") == {}
    assert invoke(node, "reattachFlowWithClientId", BY_ID, "alice") is None


def test_a_removed_id_is_unknown_at_once(network: MockNetwork) -> None:
    node, _ = started(network)
    assert invoke(node, "removeClientId", BY_ID, "alice")
    assert invoke(node, "reattachFlowWithClientId", BY_ID, "alice") is None
    assert not invoke(node, "removeClientId", BY_ID, "alice")


@pytest.mark.parametrize("client_id", ["", "x" * 513])
def test_an_id_has_a_length(network: MockNetwork, client_id: str) -> None:
    node, _ = started(network)
    with pytest.raises(IllegalArgumentError, match="client_id"):
        invoke(node, "removeClientId", f'{{"client_id": "{client_id}"}}', "alice")
