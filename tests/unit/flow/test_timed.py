"""Timed flows: another attempt under new sessions when nobody answers, the same in every replay."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest

from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    TimedFlow,
    flow_name,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.explain import explain
from corda_sim.flow.settings import SECOND_NS, EngineSettings, FlowTimeout
from corda_sim.testing.mock_bus import MockBus, Posted
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow
from tests.unit.flow.scripted import nothing_is_left, only_flow

LONGEST_FIRST_WAIT = timedelta(seconds=46)


@initiating_flow("timed.Ask")
class Ask(TimedFlow[str]):
    """Asks a peer; `how` says in which way it waits."""

    def __init__(self, peer: str, how: str, enabled: bool = True) -> None:
        self.peer, self.how, self.enabled = peer, how, enabled

    def is_timeout_enabled(self) -> bool:
        """As told."""
        return self.enabled

    def is_worth_repeating(self, error: FlowException) -> bool:
        """Unless it is final."""
        return error.message == "later"

    async def attempt(self) -> str:
        """The answer."""
        session = self.initiate_flow(self.service_hub.services.party_by_text(self.peer))
        if self.how == "info":
            return (await session.get_counterparty_flow_info()).app_name
        await session.send("?")
        await session.send("please")
        if self.how == "all":
            return (await self.receive_all(str, [session]))[0].unwrap(str)
        answer = (await session.receive(str)).unwrap(str)
        while answer.startswith("wait "):
            self.postpone(timedelta(seconds=int(answer[5:])))
            answer = (await session.receive(str)).unwrap(str)
        return answer


@initiated_by(Ask)
class Reply(FlowLogic[None]):
    """Does the next thing on the list."""

    orders: ClassVar[list[str]] = []
    done: ClassVar[list[str]] = []

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """One reply."""
        await self.session.receive(str)
        await self.session.receive(str)
        order = self.context.record("order", lambda: Reply.orders.pop(0).encode()).decode()
        Reply.done.append(order)
        if order == "silent":
            await self.session.receive(str)
        if order.startswith("wait"):
            await self.session.send(order)
            await self.sleep(timedelta(seconds=100))
        if order.startswith("late"):
            await self.sleep(timedelta(seconds=60))
        if order.startswith("refuse "):
            raise FlowException(order[7:])
        await self.session.send(f"answer {order}")


@flow_name("timed.Outer")
class Outer(FlowLogic[str]):
    """Has a timed flow inside it, and goes on after it."""

    def __init__(self, peer: str) -> None:
        self.peer = peer

    async def call(self) -> str:
        """The answer, then a wait that no attempt's time bounds."""
        answer = await self.sub_flow(Ask(self.peer, "one"))
        await self.sleep(timedelta(seconds=200))
        return answer


class Recorder(MockBus):
    """Remembers the ids of session-inits in the order in which they were posted."""

    def __init__(self) -> None:
        super().__init__()
        self.inits: list[str] = []

    def post(self, posted: Posted) -> None:
        """Note it."""
        if posted.wire.is_init:
            self.inits.append(posted.wire.message_id)
        super().post(posted)


@pytest.fixture(params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    Reply.orders, Reply.done = [], []
    with MockNetwork(
        cordapps=[CordApp("timed", (Ask, Reply, Outer))], reload=request.param
    ) as made:
        made.bus = Recorder()
        yield made


def ask(network: MockNetwork, *orders: str, how: str = "one") -> MockFlow[str]:
    Reply.orders = list(orders)
    flow = network["PartyA"].start_flow(Ask("PartyB", how), client_id="ask")
    network.run_network()
    return flow


def test_an_answer_in_time_is_the_only_attempt(network: MockNetwork) -> None:
    flow = ask(network, "now")
    assert flow.result() == "answer now"
    network.advance(timedelta(minutes=5))
    assert Reply.done == ["now"] or set(Reply.done) == {"now"}
    assert nothing_is_left(network)


@pytest.mark.parametrize("how", ["one", "all"])
def test_silence_leads_to_another_attempt_and_ends_the_former(
    network: MockNetwork, how: str
) -> None:
    flow = ask(network, "silent", "now", how=how)
    network.advance(timedelta(seconds=29))
    assert flow.ended is None
    assert len(network["PartyB"].manager.flows) == 1
    network.advance(timedelta(seconds=17))
    assert flow.result() == "answer now"
    assert nothing_is_left(network)


@pytest.mark.parametrize("how", ["one", "all", "info"])
def test_a_peer_that_is_down_is_asked_again_when_it_is_up(network: MockNetwork, how: str) -> None:
    b, bus = network["PartyB"], network.bus
    assert isinstance(bus, Recorder)
    b.kill()
    flow = ask(network, "now", "again", how=how)
    network.advance(LONGEST_FIRST_WAIT)
    assert len(set(bus.inits)) == 2
    b.start()
    network.run_network()
    assert flow.result() == ("timed" if how == "info" else "answer again")
    assert nothing_is_left(network)


def test_the_time_grows_with_each_attempt(network: MockNetwork) -> None:
    network["PartyB"].kill()
    flow = ask(network)
    deadlines = []
    for _ in range(4):
        machine = only_flow(network["PartyA"]).machine
        assert machine is not None
        deadline = machine.context.deadline
        assert deadline is not None
        deadlines.append(deadline - network.clock.now_ns)
        network.advance(timedelta(microseconds=(deadline - network.clock.now_ns) // 1000 + 1))
    for number, waited in enumerate(deadlines):
        assert 30e9 * 1.8**number <= waited <= 45e9 * 1.8**number
    assert flow.ended is None


def test_an_abandoned_init_is_not_sent_again_after_a_restart(network: MockNetwork) -> None:
    a, bus = network["PartyA"], network.bus
    assert isinstance(bus, Recorder)
    network["PartyB"].kill()
    ask(network)
    network.advance(LONGEST_FIRST_WAIT)
    first, second = dict.fromkeys(bus.inits)
    bus.inits.clear()
    a.restart()
    network.run_network()
    assert bus.inits == [second]
    assert first not in only_flow(a).unconfirmed


def test_a_flow_ends_without_the_peer_that_never_took_its_first_init(network: MockNetwork) -> None:
    """The first init is lost for good, as with a worker that never comes back."""
    a, bus = network["PartyA"], network.bus
    network["PartyB"].kill()
    flow = ask(network, "now")
    bus.inboxes.clear()
    network.advance(LONGEST_FIRST_WAIT)
    network["PartyB"].start()
    network.run_network()
    assert flow.result() == "answer now"
    assert not a.manager.flows
    assert nothing_is_left(network)


@pytest.mark.parametrize("restarts", [(), ("PartyA",), ("PartyB",), ("PartyA", "PartyB")])
def test_a_replay_repeats_which_attempt_was_answered(
    network: MockNetwork, restarts: tuple[str, ...]
) -> None:
    ask(network, "silent", "silent", "now")
    for _ in range(3):
        network.advance(timedelta(seconds=90))
        for name in restarts:
            network[name].restart()
            network.run_network()
    assert network["PartyA"].stored_result("ask") == "answer now"
    assert nothing_is_left(network)


def test_other_settings_after_a_restart_change_no_deadline_that_is_set(
    network: MockNetwork,
) -> None:
    a = network["PartyA"]
    ask(network, "silent", "now")
    machine = only_flow(a).machine
    assert machine is not None
    before = machine.context.deadline
    a.restart()
    a.manager.settings = replace(EngineSettings(), flow_timeout=FlowTimeout(SECOND_NS))
    machine = only_flow(a).machine
    assert machine is not None
    assert machine.context.deadline == before
    network.advance(timedelta(seconds=29))
    assert a.stored_result("ask") is None
    network.advance(timedelta(seconds=17))
    assert a.stored_result("ask") == "answer now"


def test_a_late_answer_to_an_abandoned_session_is_not_taken_for_the_others(
    network: MockNetwork,
) -> None:
    flow = ask(network, "late one", "late two", "now")
    network.advance(timedelta(seconds=59))
    assert flow.ended is None
    network.advance(timedelta(seconds=80))
    assert flow.result() in ("answer late two", "answer now")
    assert nothing_is_left(network)


@pytest.mark.parametrize(("says", "patient"), [("wait 90", True), ("wait 20", False)])
def test_the_other_side_may_ask_for_more_time_but_not_for_less(
    network: MockNetwork, says: str, patient: bool
) -> None:
    flow = ask(network, says, "now")
    network.advance(LONGEST_FIRST_WAIT)
    assert (flow.ended is None) is patient
    network.advance(timedelta(seconds=55))
    network.advance(timedelta(seconds=55))
    assert flow.result() == (f"answer {says}" if patient else "answer now")


def test_without_a_time_out_it_waits_for_ever(network: MockNetwork) -> None:
    Reply.orders = ["silent"]
    flow = network["PartyA"].start_flow(Ask("PartyB", "one", enabled=False))
    network.run_network()
    network.advance(timedelta(days=2))
    assert flow.ended is None
    assert len(network["PartyB"].manager.flows) == 1


def test_a_refusal_that_says_nothing_is_repeated_at_once_then_ever_later(
    network: MockNetwork,
) -> None:
    flow = ask(network, "refuse later", "refuse later", "refuse later", "now")
    assert len(set(Reply.orders)) == 2
    network.advance(timedelta(seconds=18))
    assert Reply.orders == ["now"]
    network.advance(timedelta(seconds=22))
    assert flow.result() == "answer now"
    assert nothing_is_left(network)


def test_any_other_refusal_is_final(network: MockNetwork) -> None:
    flow = ask(network, "refuse never", "now")
    with pytest.raises(FlowException, match="never"):
        flow.result()
    assert Reply.orders == ["now"]


def test_what_follows_a_timed_flow_is_not_timed(network: MockNetwork) -> None:
    Reply.orders = ["silent", "now"]
    flow = network["PartyA"].start_flow(Outer("PartyB"))
    network.run_network()
    network.advance(LONGEST_FIRST_WAIT)
    assert flow.ended is None
    network.advance(timedelta(seconds=201))
    assert flow.result() == "answer now"


def test_killing_it_in_its_second_attempt_ends_both_responders(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    flow = ask(network, "silent", "silent")
    network.advance(LONGEST_FIRST_WAIT)
    a.manager.kill(flow.flow_id)
    network.run_network()
    assert not b.manager.flows
    assert nothing_is_left(network)


def test_explain_tells_when_it_asks_again(network: MockNetwork) -> None:
    ask(network, "silent")
    found = explain(only_flow(network["PartyA"]), network.clock.now_ns)
    assert found["waits_for"] == "a message"
    assert "asks again in" in str(found["unblock"])


@pytest.mark.parametrize(
    ("restarts", "seconds"), [(0, 30.0), (1, 54.0), (2, 97.2), (6, 1020.37), (60, 1020.37)]
)
def test_the_delay_grows_to_its_limit(restarts: int, seconds: float) -> None:
    assert FlowTimeout().delay(restarts) / SECOND_NS == pytest.approx(seconds, rel=1e-3)


def test_no_delay_is_below_a_second() -> None:
    assert FlowTimeout(timeout=1).delay(0) == SECOND_NS
