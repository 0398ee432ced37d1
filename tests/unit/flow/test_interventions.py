"""Kill, pause, retry and restart at every kind of wait."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from corda_sim.flow import FlowException, HospitalizeFlowException
from corda_sim.flow.errors import (
    ExternalOperationException,
    KilledFlowException,
    UnknownFlowIdException,
)
from corda_sim.flow.state import FlowStatus
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow
from tests.unit.flow.scripted import (
    OUTSIDE,
    TX,
    nothing_is_left,
    only_flow,
    rows_of,
    scripted_network,
    talk,
)

WAITS = {
    "a message": ("recv", "sleep 30;send x;recv"),
    "the clock": ("sleep 40;recv", "send x;recv"),
    "the ledger": ("ledger;recv", "send x;recv"),
    "confirmation": ("info;sleep 40;recv", "send x;recv"),
    "the hospital": ("observe me", "recv"),
}


@pytest.fixture(params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    with scripted_network(reload=request.param) as made:
        yield made


def waiting(network: MockNetwork, wait: str) -> MockFlow[str]:
    flow = network["PartyA"].start_flow(talk(*WAITS[wait]), client_id="waiting")
    network.run_network()
    assert flow.ended is None
    return flow


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("restarted", [False, True])
def test_a_flow_is_killed_whatever_it_waits_for(
    network: MockNetwork, wait: str, restarted: bool
) -> None:
    a = network["PartyA"]
    flow = waiting(network, wait)
    if restarted:
        a.restart()
        network.run_network()
    a.manager.kill(flow.flow_id)
    network.run_network()
    outcome = a.hub.checkpoints.finished_outcome("waiting")
    assert outcome is not None
    assert str(outcome.error).endswith("was killed")
    network.advance(timedelta(minutes=2))
    assert nothing_is_left(network)


@pytest.mark.parametrize("wait", [w for w in WAITS if w not in ("the hospital", "the ledger")])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_paused_flow_goes_on_where_it_was(
    network: MockNetwork, wait: str, restarted: bool
) -> None:
    """Messages and deadlines that come while it is paused are not lost on it."""
    a, b = network["PartyA"], network["PartyB"]
    flow = waiting(network, wait)
    a.manager.pause(flow.flow_id)
    network.run_network()
    network.advance(timedelta(minutes=2))
    assert only_flow(a).status is FlowStatus.PAUSED
    if restarted:
        a.restart()
        b.restart()
        network.advance(timedelta(minutes=2))
        assert only_flow(a).status is FlowStatus.PAUSED
    a.room.perform(a.manager.retry(flow.flow_id))
    network.run_network()
    network.advance(timedelta(minutes=2))
    assert a.stored_result("waiting") is not None
    assert str(a.stored_result("waiting")).endswith("x")
    assert not a.manager.flows


def test_the_ledger_releases_a_flow_that_was_paused_meanwhile(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = waiting(network, "the ledger")
    a.manager.pause(flow.flow_id)
    network.run_network()
    a.manager.ledger_committed(TX)
    network.run_network()
    assert only_flow(a).status is FlowStatus.PAUSED


def test_a_failed_session_ends_the_wait_for_the_ledger(network: MockNetwork) -> None:
    flow = network["PartyA"].start_flow(talk("ledger", "fail never mind"))
    network.run_network()
    with pytest.raises(FlowException, match="never mind"):
        flow.result()


def test_a_session_that_was_closed_does_not(network: MockNetwork) -> None:
    flow = network["PartyA"].start_flow(talk("close;ledger", "recv"))
    network.run_network()
    assert flow.ended is None


@pytest.mark.parametrize("act", ["kill", "pause", "retry"])
def test_what_is_unknown_or_over_is_refused(network: MockNetwork, act: str) -> None:
    manager = network["PartyA"].manager
    ended = network["PartyA"].start_flow(talk("recv", "send x"))
    network.run_network()
    for flow_id in ("no such flow", ended.flow_id):
        with pytest.raises(UnknownFlowIdException):
            getattr(manager, act)(flow_id)


def test_a_flow_that_runs_is_not_retried(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = waiting(network, "a message")
    before = only_flow(a).machine
    assert a.manager.retry(flow.flow_id) == []
    assert only_flow(a).machine is before


def test_killing_twice_and_during_a_commit_is_one_death(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(talk("sleep 40;recv;sleep 40", "send x;recv"))
    network.run_network()
    network.clock.advance(timedelta(seconds=41))
    live = only_flow(a)
    steps = a.manager.take_steps()
    assert live.in_flight is not None
    for _ in range(2):
        a.manager.kill(flow.flow_id)
    assert not live.finished
    outcomes = a.storage.commit([step.batch for step in steps], epoch=None)
    assert outcomes == [None] * len(steps)
    a.room.perform(a.manager.committed(steps))
    network.run_network()
    with pytest.raises(KilledFlowException):
        flow.result()
    network.advance(timedelta(minutes=2))
    assert nothing_is_left(network)


def test_an_operation_runs_after_the_commit_with_the_same_id_each_time(
    network: MockNetwork,
) -> None:
    a = network["PartyA"]
    OUTSIDE.answer = RuntimeError("no route")
    flow = a.start_flow(talk("outside", "recv"))
    network.run_network()
    with pytest.raises(ExternalOperationException, match="RuntimeError: no route"):
        flow.result()
    first = list(dict.fromkeys(OUTSIDE.asked))
    assert first == [f"{flow.flow_id}:1"]
    OUTSIDE.reset()
    again = a.start_flow(talk("outside;outside", ""))
    network.run_network()
    assert again.result() == "done,done"
    assert list(dict.fromkeys(OUTSIDE.asked)) == [f"{again.flow_id}:1", f"{again.flow_id}:2"]


def test_an_operation_whose_outcome_was_lost_runs_again_under_its_id(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(talk("outside", ""), client_id="outside")
    a.pump()
    assert len(OUTSIDE.asked) <= 1
    a.restart()
    network.run_network()
    assert a.stored_result("outside") == "done"
    assert set(OUTSIDE.asked) == {f"{flow.flow_id}:1"}


def test_an_operation_may_send_its_flow_to_the_hospital(network: MockNetwork) -> None:
    a = network["PartyA"]
    OUTSIDE.answer = HospitalizeFlowException("the bank is closed")
    flow = a.start_flow(talk("outside", ""), client_id="outside")
    network.run_network()
    assert only_flow(a).status is FlowStatus.HOSPITALIZED
    OUTSIDE.answer = "open"
    a.room.perform(a.manager.retry(flow.flow_id))
    network.run_network()
    assert flow.result() == "open"
    assert rows_of(a, "node_flow_exceptions") == 0


def test_an_operations_flow_exception_is_the_flows_own(network: MockNetwork) -> None:
    OUTSIDE.answer = FlowException("refused outside")
    assert network["PartyA"].run_flow(talk("catch", "outside")) == "!refused outside"


def test_what_a_dead_flow_waited_for_wakes_nobody(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = waiting(network, "the ledger")
    a.manager.kill(flow.flow_id)
    network.run_network()
    a.manager.ledger_committed(TX)
    a.manager.timer_fired(flow.flow_id, 1)
    a.manager.operation_done(flow.flow_id, 1, b"late")
    assert a.manager.discharge(flow.flow_id) == []
    assert not a.manager.has_steps
