"""Asking a notary again: a cluster that doesn't answer in time, or one that is unwell."""

from datetime import timedelta

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.flow import TimedFlow
from corda_sim.flow.notary.errors import NotaryNotReadyException
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockFlow, MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from notary.service import NotaryService
from tests.unit.flows.conftest import NewNetwork

LONGEST_FIRST_WAIT = timedelta(seconds=46)


def cluster(network: MockNetwork) -> None:
    """Let PartyA believe that two nodes act for the notary."""
    members = frozenset(network.party_of(name) for name in ("Notary", "Validator"))
    network["PartyA"].hub.members[network.notary_party] = members


def pay(network: MockNetwork) -> MockFlow[object]:
    payment = CashPaymentFlow(Amount.parse("10 JPY"), network["PartyB"].party)
    flow: MockFlow[object] = network["PartyA"].start_flow(payment, client_id="pay")
    network.run_network()
    return flow


def is_paid(node: MockNode) -> bool:
    return node.hub.checkpoints.finished_outcome("pay") is not None


@pytest.fixture(params=[True, False], ids=["validating", "non-validating"])
def network(request: pytest.FixtureRequest, new_network: NewNetwork) -> MockNetwork:
    made = new_network(validating=request.param)
    made["PartyA"].run_flow(CashIssueFlow(Amount.parse("100 JPY")))
    return made


def test_a_cluster_is_asked_again_and_signs_the_transaction_once(network: MockNetwork) -> None:
    cluster(network)
    a, notary = network["PartyA"], network["Notary"]
    notary.kill()
    flow = pay(network)
    network.advance(LONGEST_FIRST_WAIT)
    assert not is_paid(a)
    notary.start()
    network.run_network()
    assert flow.result()
    assert is_paid(a)
    assert notary.manager.counters.started == 2
    for name in ("PartyA", "PartyB", "Notary"):
        assert not network[name].manager.flows


def test_a_restart_between_two_attempts_changes_nothing(network: MockNetwork) -> None:
    cluster(network)
    a, notary = network["PartyA"], network["Notary"]
    notary.kill()
    pay(network)
    network.advance(LONGEST_FIRST_WAIT)
    a.restart()
    cluster(network)
    network.run_network()
    notary.start()
    network.run_network()
    assert is_paid(a)
    assert not a.manager.flows


def test_a_busy_notary_is_given_the_time_it_asks_for(
    network: MockNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster(network)
    postponed = []
    postpone = TimedFlow.postpone

    def note(flow: TimedFlow[object], wait: timedelta) -> None:
        postpone(flow, wait)
        assert flow.context.deadline is not None
        postponed.append((wait, flow.context.deadline - network.clock.now_ns))

    monkeypatch.setattr(TimedFlow, "postpone", note)
    monkeypatch.setattr(NotaryService, "eta", lambda *_: timedelta(minutes=2))
    assert pay(network).result()
    assert {wait for wait, _ in postponed} == {timedelta(minutes=2)}
    assert all(120e9 <= left <= 180e9 for _, left in postponed)


def test_a_single_notary_is_not_asked_again(network: MockNetwork) -> None:
    """Its journal has the request; nobody else could answer it (isTimeoutEnabled)."""
    notary = network["Notary"]
    notary.kill()
    flow = pay(network)
    network.advance(timedelta(hours=3))
    assert flow.ended is None
    notary.start()
    network.run_network()
    assert notary.manager.counters.started == 1
    assert is_paid(network["PartyA"])


def test_a_notary_that_takes_no_requests_yet_is_asked_until_it_does(
    network: MockNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def not_ready(self: NotaryService, request: object) -> object:
        asked.append((self, request))
        raise NotaryNotReadyException("no witness has answered")

    with monkeypatch.context() as unwell:
        unwell.setattr(NotaryService, "notarise", not_ready)
        flow = pay(network)
        assert len(asked) == 2
        network.advance(timedelta(seconds=18))
        assert len(asked) == 3
        assert flow.ended is None
    network.advance(timedelta(seconds=30))
    assert is_paid(network["PartyA"])
    assert not network["PartyA"].manager.flows
