"""CorDapp services: built once a node, with lifecycle events, and allowed to start flows."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from corda_sim.core.errors import IllegalStateError
from corda_sim.flow import FlowLogic, flow_name
from corda_sim.flow.cordapp import AppServiceHub, CordApp, corda_service
from corda_sim.flow.errors import RejectedCommandException
from corda_sim.flow.rows import START_RPC, START_SERVICE
from corda_sim.node.storage import schema
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode


@flow_name("services.Count")
class Count(FlowLogic[int]):
    """Counts at the node's service, after a rest."""

    def __init__(self, by: int) -> None:
        self.by = by

    async def call(self) -> int:
        """The new count."""
        await self.sleep(timedelta(seconds=1))
        counter = self.service_hub.cordapp_service(Counter)
        counter.count += self.by
        return counter.count


@corda_service
class Counter:
    """Counts, and keeps what happened to it."""

    eager: ClassVar[bool] = False

    def __init__(self, hub: AppServiceHub) -> None:
        self.hub, self.count = hub, 0
        self.events: list[str] = []

    def start(self) -> None:
        """Lifecycle: the node starts."""
        self.events.append("start")
        if Counter.eager:
            self.hub.start_flow(Count(1))

    def flows_at_start(self) -> tuple[FlowLogic[Any], ...]:
        """Lifecycle: flows run."""
        self.events.append("state machine started")
        return (Count(10),)


def nowhere(_: AppServiceHub) -> None:
    """A service that no node has."""


APP = CordApp("services", (Count,), services=(Counter, nowhere))


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    Counter.eager = False
    with MockNetwork(cordapps=[APP]) as made:
        yield made


def counter(node: MockNode) -> Counter:
    found: Counter = node.hub.cordapp_service(Counter)
    return found


def started_types(node: MockNode) -> list[int]:
    table = schema.node_flow_metadata.c
    return [row.started_type for row in node.storage.read(select(table.started_type))]


def test_each_node_has_one_of_its_own(network: MockNetwork) -> None:
    a, b = counter(network["PartyA"]), counter(network["PartyB"])
    assert a is not b
    assert a is counter(network["PartyA"])
    assert a.hub.services.our_identity == network["PartyA"].party


def test_its_lifecycle_is_told_in_order_and_its_flows_run(network: MockNetwork) -> None:
    network.run_network()
    network.advance(timedelta(seconds=2))
    service = counter(network["PartyA"])
    assert service.events == ["start", "state machine started"]
    assert service.count == 10


def test_a_restart_builds_it_anew_beside_the_flows_that_go_on(network: MockNetwork) -> None:
    a = network["PartyA"]
    network.run_network()
    a.restart()
    network.run_network()
    network.advance(timedelta(seconds=2))
    assert counter(a).count == 20  # the flow of the first start, and that of the second


def test_it_starts_flows_whenever_it_likes(network: MockNetwork) -> None:
    a = network["PartyA"]
    network.run_network()
    flow_id = counter(a).hub.start_flow(Count(5))
    assert flow_id in a.manager.flows
    a.start_flow(Count(0))
    network.run_network()
    assert sorted(started_types(a)) == [START_RPC, START_SERVICE, START_SERVICE]
    network.advance(timedelta(seconds=2))
    assert counter(a).count == 15


def test_draining_stops_users_but_not_services(network: MockNetwork) -> None:
    a = network["PartyA"]
    a.room.set_draining(True)
    with pytest.raises(RejectedCommandException):
        a.start_flow(Count(1))
    network.run_network()
    a.restart()
    assert a.manager.draining
    network.run_network()
    network.advance(timedelta(seconds=2))
    assert counter(a).count == 20


def test_it_starts_no_flow_before_flows_run(network: MockNetwork) -> None:
    Counter.eager = True
    a = network["PartyA"]
    with pytest.raises(IllegalStateError, match="once the state machine has started"):
        a.restart()
    Counter.eager = False
    a.start()


def test_a_hub_without_a_node_starts_nothing(tmp_path: Path, network: MockNetwork) -> None:
    hub = AppServiceHub(network["PartyA"].hub, tmp_path, "", {}, lambda _key, _data: b"")
    with pytest.raises(IllegalStateError, match="no node"):
        hub.start_flow(Count(1))


def test_a_service_that_nobody_built_is_not_found(network: MockNetwork) -> None:
    with pytest.raises(IllegalStateError, match="is not a CorDapp service of this node"):
        network["PartyA"].hub.cordapp_service(CordApp)


def test_a_service_is_built_from_its_hub_alone() -> None:
    with pytest.raises(IllegalStateError, match="its constructor takes an AppServiceHub"):

        @corda_service
        class Greedy:
            def __init__(self, hub: AppServiceHub, more: int) -> None:
                raise NotImplementedError
