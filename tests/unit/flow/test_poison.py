"""A flow whose rows the database refuses, among many that it takes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from corda_sim.core.vault_query import VaultQueryCriteria
from corda_sim.flow import (
    FlowLogic,
    FlowSession,
    UnexpectedFlowEndException,
    flow_name,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.effects import RetryEffect
from corda_sim.flow.state import FlowStatus
from corda_sim.node.storage.errors import DatabaseUnavailable, StorageError
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow, MockNode


@flow_name("poison.Write")
class Write(FlowLogic[str]):
    """Stages a statement of its own."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    async def call(self) -> str:
        """Write, then rest."""
        self.execute(self.sql)
        await self.sleep(timedelta(seconds=1))
        return "written"


@initiating_flow("poison.Order")
class Order(FlowLogic[str]):
    """Has the other side write."""

    def __init__(self, peer: str, sql: str) -> None:
        self.peer, self.sql = peer, sql

    async def call(self) -> str:
        """The answer."""
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.peer))
        return (await session.send_and_receive(str, self.sql)).unwrap(str)


@initiated_by(Order)
class Serve(FlowLogic[None]):
    """Writes what it is told."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Write and answer."""
        self.execute((await self.session.receive(str)).unwrap(str))
        await self.session.send("served")


@flow_name("poison.Look")
class Look(FlowLogic[int]):
    """Asks the database while it runs."""

    async def call(self) -> int:
        """How many states there are."""
        await self.sleep(timedelta(seconds=1))
        return len((await self.service_hub.vault.query(VaultQueryCriteria())).states)


APP = CordApp("poison", (Write, Order, Serve, Look))
GOOD = "UPDATE node_outbox SET recipient = recipient"
BAD = "INSERT INTO no_such_table (x) VALUES (1)"
TWICE = "INSERT INTO node_properties (property_key, property_value) VALUES ('k', 'v')"
NULL = "INSERT INTO node_properties (property_key) VALUES (NULL)"


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with MockNetwork(cordapps=[APP]) as made:
        yield made


def hospitalized(node: MockNode) -> list[str]:
    flows = node.manager.flows.values()
    return [flow.flow_id for flow in flows if flow.status is FlowStatus.HOSPITALIZED]


def let_discharges_run_out(network: MockNetwork) -> None:
    for _ in range(5):
        network.advance(timedelta(minutes=2))


def status_in_database(node: MockNode, flow_id: str) -> FlowStatus:
    journal = node.hub.checkpoints.load_journal(flow_id)
    assert journal is not None
    return FlowStatus(journal.status)


def test_only_the_poisoned_flow_goes_to_the_hospital(network: MockNetwork) -> None:
    a = network["PartyA"]
    good: list[MockFlow[str]] = [a.start_flow(Write(GOOD)) for _ in range(25)]
    poisoned = a.start_flow(Write(BAD))
    good += [a.start_flow(Write(GOOD)) for _ in range(25)]
    network.run_network()
    network.clock.advance(timedelta(seconds=1))
    network.run_network()
    assert [flow.result() for flow in good] == ["written"] * 50
    let_discharges_run_out(network)
    assert hospitalized(a) == [poisoned.flow_id]
    assert poisoned.ended is None
    assert status_in_database(a, poisoned.flow_id) is FlowStatus.HOSPITALIZED


@pytest.mark.parametrize(
    ("sql", "times"), [(TWICE, 3), (NULL, 3), (BAD, 0), ("no statement at all", 0)]
)
def test_only_a_violated_constraint_is_tried_again_before_it_stays_overnight(
    network: MockNetwork, sql: str, times: int
) -> None:
    a = network["PartyA"]
    a.start_flow(Write(TWICE))
    network.run_network()
    network.advance(timedelta(seconds=1))
    delays: list[float] = []
    outside = a.room.outside.retry

    def note(effect: RetryEffect) -> None:
        delays.append(effect.delay)
        outside(effect)

    a.room.outside.retry = note
    a.start_flow(Write(sql))
    let_discharges_run_out(network)
    assert delays[:1] == [0.0] * min(times, 1)
    assert len(delays) == times
    assert delays == sorted(delays)
    assert a.manager.counters.hospitalized == 1


def test_a_retry_after_the_cause_is_gone_succeeds(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(Write("INSERT INTO later (x) VALUES (1)"))
    let_discharges_run_out(network)
    with a.storage.writer.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE later (x INTEGER)")
        connection.commit()
    a.room.perform(a.manager.retry(flow.flow_id))
    network.run_network()
    network.advance(timedelta(seconds=1))
    assert flow.result() == "written"
    assert not a.manager.flows


def test_a_poisoned_responder_never_confirmed_is_killed_and_its_peer_told(
    network: MockNetwork,
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    flow = a.start_flow(Order("PartyB", BAD))
    let_discharges_run_out(network)
    (kept,) = hospitalized(b)
    assert flow.ended is None
    b.manager.kill(kept)
    network.run_network()
    with pytest.raises(UnexpectedFlowEndException, match="Counter-flow errored"):
        flow.result()
    for node in (a, b):
        assert not node.manager.flows
        assert not node.hub.checkpoints.outbox()
        assert not list(node.hub.checkpoints.unfinished())


def test_a_poisoned_responder_that_is_retried_confirms_and_answers(network: MockNetwork) -> None:
    b = network["PartyB"]
    flow = network["PartyA"].start_flow(Order("PartyB", "INSERT INTO later (x) VALUES (1)"))
    let_discharges_run_out(network)
    with b.storage.writer.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE later (x INTEGER)")
        connection.commit()
    (kept,) = hospitalized(b)
    b.room.perform(b.manager.retry(kept))
    network.run_network()
    assert flow.result() == "served"


def test_the_hospital_is_left_at_a_restart(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(Write(BAD))
    let_discharges_run_out(network)
    a.restart()
    network.run_network()
    let_discharges_run_out(network)
    assert hospitalized(a) == [flow.flow_id]
    a.manager.kill(flow.flow_id)
    network.run_network()
    assert not a.manager.flows
    assert a.hub.checkpoints.load_journal(flow.flow_id) is None


@pytest.mark.parametrize("error", [DatabaseUnavailable("away"), StorageError("no such table")])
def test_a_query_that_the_database_refuses_doesnt_end_the_flow(
    network: MockNetwork, monkeypatch: pytest.MonkeyPatch, error: StorageError
) -> None:
    """What is away is asked again by itself; whatever else, once the operator has mended it."""
    a = network["PartyA"]
    flow = a.start_flow(Look())
    network.run_network()

    def refuse(_criteria: object) -> bytes:
        raise error

    monkeypatch.setattr(a.hub.vault, "query", refuse)
    network.advance(timedelta(seconds=1))
    assert flow.ended is None
    monkeypatch.undo()
    let_discharges_run_out(network)
    if hospitalized(a):
        assert not isinstance(error, DatabaseUnavailable)
        a.room.perform(a.manager.retry(flow.flow_id))
        network.advance(timedelta(seconds=1))
    assert flow.result() == 0
