"""A flow that fails before its peer has answered: the peer learns all it would have learnt."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest

from corda_sim.core.errors import CordaError
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.effects import FlowEnded
from corda_sim.flow.messages import (
    ExistingSessionMessage,
    RejectCode,
    RejectSessionMessage,
    encode,
)
from corda_sim.node.storage.errors import DuplicateKey
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from tests.unit.flow.refusing import Hear, Refusal, Refuse, assert_refused
from tests.unit.flow.scripted import Listen, Talk, nothing_is_left, rows_of, talk


@pytest.fixture(params=[False, True], ids=["live", "reload"])
def network(request: pytest.FixtureRequest) -> Iterator[MockNetwork]:
    Hear.heard = []
    app = CordApp("farewell", (Talk, Listen, Refuse, Hear))
    with MockNetwork(cordapps=[app], reload=request.param) as made:
        yield made


def commit(node: MockNode) -> None:
    while node.manager.has_steps:
        node.pump()


def outcomes(node: MockNode) -> Callable[[], list[object]]:
    told = node.notifications()
    return lambda: [one.value.result for one in told if isinstance(one.value, FlowEnded)]


def test_type_message_and_payload_arrive_after_what_was_sent(network: MockNetwork) -> None:
    flow = network["PartyA"].start_flow(Refuse("PartyB"))
    network.run_network()
    assert_refused()
    with pytest.raises(Refusal):
        flow.result()
    assert nothing_is_left(network)
    assert not network["PartyA"].manager.farewells._of_session


def test_they_arrive_over_a_kill_between_the_end_and_the_confirmation(
    network: MockNetwork,
) -> None:
    a = network["PartyA"]
    a.start_flow(Refuse("PartyB"))
    commit(a)
    assert not a.manager.flows
    a.restart()
    network.run_network()
    assert_refused()
    assert nothing_is_left(network)


def test_they_arrive_over_a_kill_after_the_confirmation_was_taken(network: MockNetwork) -> None:
    """The confirmation comes again, and must not make the flow's last words unsaid."""
    a, b = network["PartyA"], network["PartyB"]
    a.start_flow(Refuse("PartyB"))
    commit(a)
    b.pump()
    (confirm,) = network.bus.inboxes[a.party.owning_key]
    a.pump()
    a.restart()
    a.manager.on_message(b.party, confirm.wire, object())
    network.run_network()
    assert_refused()
    assert nothing_is_left(network)


def test_they_arrive_when_the_peer_was_down_meanwhile(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    b.kill()
    a.start_flow(Refuse("PartyB"))
    network.run_network()
    assert rows_of(a, "node_outbox") == 3
    a.restart()
    network.run_network()
    b.start()
    network.run_network()
    assert_refused()
    assert nothing_is_left(network)


def test_anything_but_a_flow_exception_stays_private(network: MockNetwork) -> None:
    told = outcomes(network["PartyB"])
    network["PartyA"].start_flow(talk("bug secret", "catch"))
    network.run_network()
    assert told() == ["!Counter-flow errored"]
    assert nothing_is_left(network)


def test_a_kill_before_the_confirmation_is_told_as_an_error(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    told = outcomes(b)
    b.kill()
    flow = a.start_flow(talk("sleep 60", "catch"))
    network.run_network()
    a.manager.kill(flow.flow_id)
    network.run_network()
    b.start()
    told = outcomes(b)
    network.run_network()
    assert told() == ["!Counter-flow errored"]
    assert nothing_is_left(network)


def test_after_a_rejection_nothing_more_is_sent(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    del b.registry._responders["farewell.Refuse"]
    flow = a.start_flow(Refuse("PartyB"))
    network.run_network()
    assert network.bus.sent == 2  # the session-init and its rejection
    with pytest.raises(Refusal):
        flow.result()
    assert not Hear.heard
    assert nothing_is_left(network)
    assert not a.manager.farewells._sessions


def test_a_stranger_cannot_answer_for_the_peer(network: MockNetwork) -> None:
    a, eve = network["PartyA"], network["Validator"]
    a.start_flow(Refuse("PartyB"))
    commit(a)
    (session_id,) = a.manager.farewells._of_session
    reject = RejectSessionMessage("no", 1, RejectCode.KILLED)
    wire = encode("E-1-1", ExistingSessionMessage(session_id, 0, reject))
    a.manager.on_message(eve.party, wire, object())
    assert a.manager.counters.refused == 1
    network.run_network()
    assert_refused()


def test_a_confirmation_that_overtakes_the_failures_commit_is_answered_after_it(
    network: MockNetwork,
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    told = outcomes(b)
    a.start_flow(talk("send late;sleep 60;fail sorry", "recv;catch"))
    commit(a)
    b.pump()
    network.clock.advance(timedelta(seconds=61))
    (confirm,) = network.bus.take(a.party.owning_key)
    a.manager.on_message(b.party, confirm.wire, confirm)
    assert len(network.bus.inboxes[a.party.owning_key]) == 1
    network.run_network()
    assert told() == ["late,!sorry"]
    assert nothing_is_left(network)


def test_a_failure_that_the_database_refuses_is_not_told_before_it_commits(
    network: MockNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    told = outcomes(b)
    flow = a.start_flow(talk("send late;sleep 60;fail sorry", "recv;catch"))
    commit(a)
    refused: list[WriteBatch] = []
    commits = a.storage.commit

    def refuse_the_last_words(
        batches: Sequence[WriteBatch], *, epoch: int | None
    ) -> list[Exception | None]:
        if not refused:
            refused.extend(one for one in batches if "node_outbox" in repr(one))
        kept = [one for one in batches if one not in refused]
        settled = iter(commits(kept, epoch=epoch))
        return [next(settled) if one in kept else DuplicateKey("again") for one in batches]

    b.pump()
    network.clock.advance(timedelta(seconds=61))
    monkeypatch.setattr(a.storage, "commit", refuse_the_last_words)
    network.run_network()
    monkeypatch.undo()
    assert len(refused) == 1
    network.advance(timedelta(minutes=3))
    assert told() == ["late,!sorry"]
    with pytest.raises(CordaError, match="sorry"):
        flow.result()
