"""Session-inits that wait: of a flow that isn't installed, or while the node drains."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from corda_sim.flow import UnexpectedFlowEndException
from corda_sim.flow.effects import SessionInitKept
from corda_sim.flow.messages import InitialSessionMessage, decode
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow
from tests.unit.flow.scripted import (
    nothing_is_left,
    rows_of,
    scripted_network,
    talk,
)


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with scripted_network() as made:
        yield made


def kept_id(network: MockNetwork) -> str:
    (kept,) = network["PartyB"].hub.checkpoints.kept_inits()
    return str(kept.wire.message_id)


def held(network: MockNetwork, why: str) -> MockFlow[str]:
    """A conversation whose session-init PartyB keeps."""
    b = network["PartyB"]
    if why == "draining":
        b.manager.draining = True
    else:
        b.registry._flows.clear()
        b.registry._responders.clear()
    flow = network["PartyA"].start_flow(talk("recv", "send hello"))
    network.run_network()
    assert flow.ended is None
    return flow


@pytest.mark.parametrize("why", ["draining", "unknown flow"])
def test_a_kept_init_is_a_row_with_its_reason_and_is_acknowledged(
    network: MockNetwork, why: str
) -> None:
    held(network, why)
    (kept,) = network["PartyB"].hub.checkpoints.kept_inits()
    assert kept.reason == why
    assert isinstance(decode(kept.wire), InitialSessionMessage)
    assert kept.party == str(network["PartyA"].party)
    assert not any(network.bus.inboxes.values())


@pytest.mark.parametrize("why", ["draining", "unknown flow"])
def test_killing_a_kept_init_rejects_it_to_its_sender(network: MockNetwork, why: str) -> None:
    flow = held(network, why)
    b = network["PartyB"]
    assert b.room.kill_kept_init(kept_id(network))
    network.run_network()
    with pytest.raises(UnexpectedFlowEndException, match="Unable to establish session"):
        flow.result()
    b.restart()
    network.run_network()
    assert not b.hub.checkpoints.kept_inits()
    assert nothing_is_left(network)


def test_what_was_killed_is_not_run_in_the_same_commit(network: MockNetwork) -> None:
    flow = held(network, "draining")
    b = network["PartyB"]
    init = kept_id(network)
    assert b.room.kill_kept_init(init)
    assert not b.room.kill_kept_init(init)
    b.room.set_draining(False)
    network.run_network()
    assert b.manager.counters.started == 0
    with pytest.raises(UnexpectedFlowEndException, match="Unable to establish session"):
        flow.result()


def test_what_runs_already_is_not_rejected_in_the_same_commit(network: MockNetwork) -> None:
    flow = held(network, "draining")
    b = network["PartyB"]
    init = kept_id(network)
    b.manager.draining = False
    b.room.take_kept_inits()
    assert not b.room.kill_kept_init(init)
    network.run_network()
    assert flow.result() == "hello"
    assert nothing_is_left(network)


def test_there_is_nothing_to_kill_under_another_id(network: MockNetwork) -> None:
    held(network, "draining")
    assert not network["PartyB"].room.kill_kept_init("N-R-1-1-0-0")
    assert len(network["PartyB"].hub.checkpoints.kept_inits()) == 1


def test_a_killed_init_is_not_run_when_it_is_sent_again(network: MockNetwork) -> None:
    flow = held(network, "draining")
    a, b = network["PartyA"], network["PartyB"]
    b.room.kill_kept_init(kept_id(network))
    b.manager.draining = False
    a.restart()
    network.run_network()
    assert nothing_is_left(network)
    assert b.manager.counters.started == 0
    assert flow.ended is None  # the restart dropped whoever waited for it


def test_the_end_of_draining_runs_what_was_kept_once(network: MockNetwork) -> None:
    flow = held(network, "draining")
    b = network["PartyB"]
    b.manager.draining = False
    b.room.take_kept_inits()
    network.run_network()
    assert flow.result() == "hello"
    b.room.take_kept_inits()
    network.run_network()
    assert b.manager.counters.started == 1
    assert nothing_is_left(network)


def test_a_kept_init_of_a_flow_that_answers_nothing_is_rejected_after_draining(
    network: MockNetwork,
) -> None:
    flow = held(network, "draining")
    b = network["PartyB"]
    b.registry._responders.clear()
    b.manager.draining = False
    b.room.take_kept_inits()
    network.run_network()
    with pytest.raises(UnexpectedFlowEndException, match="is not registered"):
        flow.result()
    assert nothing_is_left(network)


def test_an_unknown_flows_init_waits_on_until_its_cordapp_is_there(network: MockNetwork) -> None:
    held(network, "unknown flow")
    b = network["PartyB"]
    b.room.take_kept_inits()
    network.run_network()
    assert len(b.hub.checkpoints.kept_inits()) == 1
    assert b.manager.counters.started == 0


def test_the_id_of_a_kept_init_is_remembered_as_long_as_it_is_kept(network: MockNetwork) -> None:
    """Else its sender's next copy would be rejected for its age, and opened anew beside it."""
    flow = held(network, "draining")
    b = network["PartyB"]
    network.advance(timedelta(days=8))
    assert b.room.purge_message_ids() == 0
    assert rows_of(b, "node_message_ids") == 1
    network["PartyA"].restart()
    network.run_network()
    b.manager.draining = False
    b.room.take_kept_inits()
    network.run_network()
    assert b.manager.counters.started == 1
    assert flow.ended is None
    assert nothing_is_left(network)


def test_operators_and_subscribers_are_told(
    network: MockNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    told = network["PartyB"].notifications()
    with caplog.at_level(logging.WARNING):
        held(network, "unknown flow")
    (kept,) = [one.value for one in told if isinstance(one.value, SessionInitKept)]
    assert (kept.message_id, kept.flow_class) == (kept_id(network), "scripted.Talk")
    assert "MAY CONTAIN A NOTARISED TRANSACTION" in caplog.text
