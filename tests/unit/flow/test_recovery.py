"""Recovery goes on past flows that can't be brought back; those are kept, shown, and killable."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from corda_sim.core.errors import CordaError
from corda_sim.flow import UnexpectedFlowEndException
from corda_sim.flow.errors import CannotBeDeserialisedException, CordappNotInstalledException
from corda_sim.flow.explain import explain
from corda_sim.flow.state import FlowStatus
from corda_sim.node.storage import schema
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow, MockNode
from tests.unit.flow.scripted import nothing_is_left, only_flow, scripted_network, talk

SLOW = "sleep 60;send late"


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with scripted_network() as made:
        yield made


def spoil(node: MockNode, flow_id: str, step: int | None = None, data: bytes = b"\xc1") -> None:
    """Overwrite a row of the flow's journal; its messages where no step is given."""
    if step is None:
        table = schema.node_flow_messages
        where = table.c.flow_id == flow_id
    else:
        table = schema.node_flow_journal
        where = (table.c.flow_id == flow_id) & (table.c.step == step)
    with node.storage.writer.connect() as connection:
        connection.execute(update(table).where(where).values(data=data))
        connection.commit()


def step_data(node: MockNode, flow_id: str, step: int) -> bytes:
    table = schema.node_flow_journal.c
    found = node.storage.read(
        schema.node_flow_journal.select().where(table.flow_id == flow_id, table.step == step)
    )
    return bytes(found[0].data)


def talking(network: MockNetwork) -> MockFlow[str]:
    flow = network["PartyA"].start_flow(talk("recv", SLOW), client_id="spoilt")
    network.run_network()
    return flow


def without_cordapps(network: MockNetwork) -> None:
    """What is started from now on has no flows."""
    for node in network.nodes.values():
        node.site = replace(node.site, cordapps=())


def restarted(node: MockNode, network: MockNetwork) -> None:
    node.restart()
    network.run_network()


@pytest.mark.parametrize("step", [0, 1])
def test_an_unreadable_journal_stops_no_other_flow(network: MockNetwork, step: int) -> None:
    a = network["PartyA"]
    before = a.start_flow(talk("sleep 5;recv", "send one"), client_id="before")
    spoilt = talking(network)
    a.start_flow(talk("sleep 5;recv", "send two"), client_id="after")
    network.run_network()
    spoil(a, spoilt.flow_id, step)
    restarted(a, network)
    network.advance(timedelta(seconds=6))
    assert a.stored_result("before") == "one"
    assert a.stored_result("after") == "two"
    assert before.ended is None
    kept = only_flow(a)
    assert kept.flow_id == spoilt.flow_id
    assert kept.status is FlowStatus.HOSPITALIZED
    assert isinstance(kept.error, CannotBeDeserialisedException)
    assert kept.start.flow_class == "scripted.Talk"
    assert kept.start.client_id == "spoilt"


def test_explain_shows_the_typed_error(network: MockNetwork) -> None:
    a = network["PartyA"]
    spoil(a, talking(network).flow_id, 1)
    restarted(a, network)
    found = explain(only_flow(a), a.hub.now_ns())
    assert "CannotBeDeserialisedException: The journal of flow" in str(found["waits_for"])
    assert "flow kill" in str(found["unblock"])


def test_a_journal_that_is_readable_again_is_retried_with_all_that_came_meanwhile(
    network: MockNetwork,
) -> None:
    a = network["PartyA"]
    flow = talking(network)
    good = step_data(a, flow.flow_id, 1)
    spoil(a, flow.flow_id, 1)
    restarted(a, network)
    network.advance(timedelta(seconds=61))
    assert only_flow(a).status is FlowStatus.HOSPITALIZED
    spoil(a, flow.flow_id, 1, good)
    a.room.perform(a.manager.retry(flow.flow_id))
    network.run_network()
    assert a.stored_result("spoilt") == "late"
    assert nothing_is_left(network)


def test_a_retry_of_what_is_still_unreadable_keeps_it(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = talking(network)
    spoil(a, flow.flow_id, 1)
    restarted(a, network)
    a.room.perform(a.manager.retry(flow.flow_id))
    network.run_network()
    assert isinstance(only_flow(a).error, CannotBeDeserialisedException)


@pytest.mark.parametrize("step", [0, 1, None])
def test_killing_an_unreadable_initiator_tells_its_peer_and_leaves_nothing(
    network: MockNetwork, step: int | None
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    flow = talking(network)
    spoil(a, flow.flow_id, step)
    restarted(a, network)
    a.manager.kill(flow.flow_id)
    network.run_network()
    kept = a.hub.checkpoints.finished_outcome("spoilt")
    assert kept is not None
    assert "was killed" in str(kept.error)
    network.advance(timedelta(seconds=61))
    assert not b.manager.flows
    assert nothing_is_left(network)


@pytest.mark.parametrize("step", [0, 1])
def test_killing_an_unreadable_responder_tells_its_peer_where_its_start_is_left(
    network: MockNetwork, step: int
) -> None:
    b = network["PartyB"]
    flow = talking(network)
    responder = only_flow(b).flow_id
    spoil(b, responder, step)
    restarted(b, network)
    assert isinstance(only_flow(b).error, CannotBeDeserialisedException)
    b.manager.kill(responder)
    network.run_network()
    assert not b.manager.flows
    if step:
        with pytest.raises(UnexpectedFlowEndException, match="Counter-flow errored"):
            flow.result()
    else:
        assert flow.ended is None


@pytest.mark.parametrize("side", ["PartyA", "PartyB"])
def test_a_flow_whose_cordapp_is_gone_waits_for_it(network: MockNetwork, side: str) -> None:
    flow = talking(network)
    node = network[side]
    flows, responders = dict(node.registry._flows), dict(node.registry._responders)
    without_cordapps(network)
    restarted(node, network)
    kept = only_flow(node)
    assert isinstance(kept.error, CordappNotInstalledException)
    assert "scripted." in str(kept.error)
    node.registry._flows.update(flows)
    node.registry._responders.update(responders)
    node.room.perform(node.manager.retry(kept.flow_id))
    network.advance(timedelta(seconds=61))
    assert network["PartyA"].stored_result("spoilt") == "late"
    assert flow.flow_id not in network["PartyA"].manager.flows


@pytest.mark.parametrize("side", ["PartyA", "PartyB"])
def test_a_flow_whose_cordapp_is_gone_can_be_killed_and_its_peer_is_told(
    network: MockNetwork, side: str
) -> None:
    flow = talking(network)
    without_cordapps(network)
    node = network[side]
    restarted(node, network)
    node.manager.kill(only_flow(node).flow_id)
    network.run_network()
    network.advance(timedelta(seconds=61))
    assert nothing_is_left(network)
    if side == "PartyB":
        with pytest.raises(CordaError, match="Counter-flow errored"):
            flow.result()


def test_a_paused_flow_with_an_unreadable_journal_stays_paused(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = talking(network)
    a.manager.pause(flow.flow_id)
    network.run_network()
    spoil(a, flow.flow_id, 1)
    restarted(a, network)
    assert only_flow(a).status is FlowStatus.PAUSED
    a.room.perform(a.manager.retry(flow.flow_id))
    network.run_network()
    assert isinstance(only_flow(a).error, CannotBeDeserialisedException)


def test_a_flow_without_any_journal_rows_is_shown_not_forgotten(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = talking(network)
    table = schema.node_flow_journal
    with a.storage.writer.connect() as connection:
        connection.execute(table.delete().where(table.c.flow_id == flow.flow_id))
        connection.commit()
    restarted(a, network)
    assert isinstance(only_flow(a).error, CannotBeDeserialisedException)


def test_messages_of_a_party_that_is_no_longer_known_wait_in_their_rows(
    network: MockNetwork,
) -> None:
    b = network["PartyB"]
    b.manager.draining = True
    network["PartyA"].start_flow(talk("recv", "send x"))
    network.run_network()
    stranger = "O=Stranger, L=Nowhere, C=GB"
    table = schema.node_session_inits
    with b.storage.writer.connect() as connection:
        connection.execute(update(table).values(sender=stranger))
        connection.commit()
    restarted(b, network)
    (kept,) = b.hub.checkpoints.kept_inits()
    assert kept.party == stranger
    assert not b.manager.flows
