"""What waits for an operator is named in the log, again and again."""

import logging
from collections.abc import Iterator

import pytest

from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from tests.unit.flow.scripted import scripted_network, talk


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with scripted_network() as made:
        yield made


def warnings(node: MockNode, caplog: pytest.LogCaptureFixture) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        node.room.warn_of_observed()
    assert {record.levelname for record in caplog.records} <= {"WARNING"}
    return caplog.messages


def test_a_flow_is_named_with_its_error_until_it_is_out(
    network: MockNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    a = network["PartyA"]
    flow = a.start_flow(talk("observe look at me", "recv"))
    a.start_flow(talk("recv", "recv"))
    network.run_network()
    expected = (
        f"flow {flow.flow_id} (scripted.Talk) is under observation: "
        "HospitalizeFlowException: look at me"
    )
    assert warnings(a, caplog) == warnings(a, caplog) == [expected]
    assert caplog.records[0].flow_id == flow.flow_id  # type: ignore[attr-defined]
    a.manager.kill(flow.flow_id)
    network.run_network()
    assert warnings(a, caplog) == []


def test_a_session_init_without_its_cordapp_is_named(
    network: MockNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    b.registry._responders.clear()
    b.registry._flows.clear()
    a.start_flow(talk("recv", "send x"))
    network.run_network()
    (said,) = warnings(b, caplog)
    assert f"from {a.party} is under observation: unknown flow" in said


def test_what_draining_holds_back_is_no_matter_for_the_hospital(
    network: MockNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    b = network["PartyB"]
    b.room.set_draining(True)
    network["PartyA"].start_flow(talk("recv", "send x"))
    network.run_network()
    assert len(b.hub.checkpoints.kept_inits()) == 1
    assert warnings(b, caplog) == []
