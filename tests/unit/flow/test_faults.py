"""Faults of a flow that are not the node's: it is kept or fails, and everything else goes on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

import pytest

from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    flow_name,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.effects import FlowEnded, RetryEffect
from corda_sim.flow.errors import StateTransitionException
from corda_sim.flow.hospital import MAX_DISCHARGES
from corda_sim.flow.state import FlowStatus
from corda_sim.testing.mock_network import MockNetwork
from tests.unit.flow.scripted import Listen, Talk, only_flow, talk


@initiating_flow("faults.Borrow")
class Borrow(FlowLogic[None]):
    """Keeps its session where another flow finds it."""

    lent: ClassVar[list[FlowSession]] = []

    def __init__(self, peer: str, lend: bool) -> None:
        self.peer, self.lend = peer, lend

    async def call(self) -> None:
        """Lend a session, or use the lent one."""
        if self.lend:
            party = self.service_hub.services.party_by_text(self.peer)
            Borrow.lent.append(self.initiate_flow(party))
            return
        await self.sleep(timedelta(seconds=1))
        await Borrow.lent[0].receive(str)


@flow_name("faults.Await")
class AwaitSomethingElse(FlowLogic[None]):
    """Awaits what isn't the engine's."""

    async def call(self) -> None:
        """As if asyncio ran it."""

        class Foreign:
            def __await__(self) -> Iterator[str]:
                yield "asyncio"

        await Foreign()  # type: ignore[misc]


@flow_name("faults.Catch")
class CatchAll(FlowLogic[str]):
    """Catches everything that may be caught, and goes on."""

    async def call(self) -> str:
        """Whether it was interrupted."""
        try:
            await self.sleep(timedelta(seconds=60))
        except Exception:  # noqa: BLE001 - this is what is tried
            return "swallowed"
        return "slept"


@initiating_flow("scripted.Between")
class Between(FlowLogic[None]):
    """Stands between one who fails and one who waits."""

    def __init__(self, failing: str, waiting: str) -> None:
        self.failing, self.waiting = failing, waiting

    async def call(self) -> None:
        """Pass the failure on."""
        find = self.service_hub.services.party_by_text
        waiting, failing = (
            self.initiate_flow(find(self.waiting)),
            self.initiate_flow(find(self.failing)),
        )
        await waiting.send("catch")
        await failing.send("fail B's secret")
        await failing.receive(str)


@initiated_by(Between)
class Third(Listen):
    """Does what it is told."""


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    Borrow.lent.clear()
    flows = (Talk, Listen, Borrow, AwaitSomethingElse, CatchAll, Between, Third)
    with MockNetwork(cordapps=[CordApp("faults", flows)]) as made:
        yield made


def test_another_flows_session_is_that_flows_fault_alone(network: MockNetwork) -> None:
    a = network["PartyA"]
    delays: list[float] = []
    outside = a.room.outside.retry

    def note(effect: RetryEffect) -> None:
        delays.append(effect.delay)
        outside(effect)

    a.room.outside.retry = note
    a.run_flow(Borrow("PartyB", lend=True))
    bad = a.start_flow(Borrow("PartyB", lend=False))
    good = a.start_flow(talk("recv", "send fine"))
    network.advance(timedelta(seconds=2))
    assert good.result() == "fine"
    for _ in range(6):
        network.advance(timedelta(minutes=2))
    kept = only_flow(a)
    assert kept.flow_id == bad.flow_id
    assert kept.status is FlowStatus.HOSPITALIZED
    assert isinstance(kept.error, StateTransitionException)
    assert len(delays) == MAX_DISCHARGES
    a.restart()
    network.run_network()
    assert only_flow(a).flow_id == bad.flow_id


def test_a_flow_may_not_await_what_would_block_the_node(network: MockNetwork) -> None:
    with pytest.raises(Exception, match="A flow may not await str"):
        network["PartyA"].run_flow(AwaitSomethingElse())


def test_a_flow_cannot_catch_its_death(network: MockNetwork) -> None:
    a = network["PartyA"]
    flow = a.start_flow(CatchAll())
    network.run_network()
    a.manager.kill(flow.flow_id)
    network.run_network()
    with pytest.raises(Exception, match="was killed"):
        flow.result()


@pytest.mark.parametrize("script", ["fail no", "bug no"])
def test_what_was_sent_before_a_failure_arrives_before_its_error(
    network: MockNetwork, script: str
) -> None:
    flow = network["PartyA"].start_flow(talk("recv;recv;catch", f"send 1;send 2;{script}"))
    network.run_network()
    said = flow.result().split(",")
    assert said[:2] == ["1", "2"]
    assert said[2] == ("!no" if script == "fail no" else "!Counter-flow errored")


def test_a_peers_error_is_not_told_to_third_parties(network: MockNetwork) -> None:
    told = network["Validator"].notifications()
    with pytest.raises(FlowException, match="B's secret") as caught:
        network["PartyA"].run_flow(Between("PartyB", "Validator"))
    assert caught.value.original_error_id is not None
    assert caught.value.peer == str(network["PartyB"].party)
    (ended,) = [one.value for one in told if isinstance(one.value, FlowEnded)]
    assert ended.result == "!Counter-flow errored"
