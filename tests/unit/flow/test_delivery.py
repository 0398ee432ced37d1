"""Each message once: duplicates, late and early ones, of flows that run, are parked or gone."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from corda_sim.core.identity import Party
from corda_sim.core.serialization import serialize
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow import FlowException, UnexpectedFlowEndException
from corda_sim.flow.messages import (
    DataSessionMessage,
    ExistingSessionMessage,
    InitialSessionMessage,
    RejectCode,
    RejectSessionMessage,
    decode,
    encode,
)
from corda_sim.flow.state import FlowStatus
from corda_sim.flow.wire_message import WireMessage
from corda_sim.node.storage import schema
from corda_sim.node.storage.errors import DuplicateKey
from corda_sim.testing.mock_bus import MockBus, Posted
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from tests.unit.flow.scripted import nothing_is_left, only_flow, rows_of, scripted_network, talk


class Tape(MockBus):
    """Keeps a copy of everything."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[Posted] = []

    def post(self, posted: Posted) -> None:
        """Note it."""
        self.posted.append(posted)
        super().post(posted)

    def inits(self) -> list[Posted]:
        """The session-inits."""
        return [one for one in self.posted if one.wire.is_init]


@pytest.fixture
def network() -> Iterator[MockNetwork]:
    with scripted_network() as made:
        made.bus = Tape()
        yield made


def tape(network: MockNetwork) -> Tape:
    bus = network.bus
    assert isinstance(bus, Tape)
    return bus


def deliver(node: MockNode, sender: Party, wire: WireMessage) -> None:
    """As if the transport delivered it (again)."""
    node.manager.on_message(sender, wire, object())


def replay_everything(network: MockNetwork) -> None:
    """Every message that was ever sent arrives once more."""
    for posted in list(tape(network).posted):
        for node in network.nodes.values():
            if node.party == posted.recipient:
                deliver(node, posted.sender, posted.wire)
    network.run_network()


def session_of(node: MockNode) -> int:
    (session_id,) = only_flow(node).sessions
    return session_id


def data(session_id: int, seq: int, payload: bytes = b"") -> WireMessage:
    message = ExistingSessionMessage(session_id, seq, DataSessionMessage(payload))
    return encode(f"N-R-{session_id}-9-9-{seq}", message)


def test_nothing_happens_twice_when_everything_arrives_twice(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    flow = a.start_flow(talk("send 1;recv;send 2;recv", "recv;send x;recv;send y"))
    network.run_network()
    assert flow.result() == "x,y"
    started = b.manager.counters.started
    replay_everything(network)
    assert b.manager.counters.started == started
    assert b.manager.counters.duplicates > 0
    assert nothing_is_left(network)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_session_init_that_comes_after_its_responder_has_finished_starts_nothing(
    network: MockNetwork, restarted: bool
) -> None:
    b = network["PartyB"]
    network["PartyA"].run_flow(talk("recv", "send x"))
    (init,) = tape(network).inits()
    if restarted:
        b.restart()
    before = b.manager.counters.duplicates
    deliver(b, init.sender, init.wire)
    network.run_network()
    assert not b.manager.flows
    assert b.manager.counters.duplicates == before + 1
    assert rows_of(b, "node_message_ids") == 1


def test_two_copies_in_one_commit_start_one_responder(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    flow = a.start_flow(talk("recv", "send x"))
    a.pump()
    (init,) = tape(network).inits()
    for _ in range(3):
        deliver(b, init.sender, init.wire)
    network.run_network()
    assert b.manager.counters.started == 1
    assert flow.result() == "x"


def test_an_init_older_than_the_retention_is_opened_again_unseen_by_its_flow(
    network: MockNetwork,
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    b.kill()
    flow = a.start_flow(talk("send 1;recv;recv", "recv;send x"))
    network.run_network()
    network.advance(timedelta(days=8))
    b.start()
    network.run_network()
    first, *_, last = tape(network).inits()
    assert first.wire.message_id != last.wire.message_id
    old, new = decode(first.wire), decode(last.wire)
    assert isinstance(old, InitialSessionMessage)
    assert isinstance(new, InitialSessionMessage)
    assert new.time - old.time >= timedelta(days=8) // timedelta(microseconds=1) * 1000
    assert new.first_payload == old.first_payload
    rejects = [decode(p.wire) for p in tape(network).posted if p.sender == b.party]
    codes = [
        m.payload.code
        for m in rejects
        if isinstance(m, ExistingSessionMessage) and isinstance(m.payload, RejectSessionMessage)
    ]
    assert codes == [RejectCode.TOO_OLD]
    with pytest.raises(UnexpectedFlowEndException, match="Mismatched send and receive"):
        flow.result()
    assert b.manager.counters.started == 1


@pytest.mark.parametrize("side", ["PartyA", "PartyB"])
def test_a_session_opened_again_survives_restarts(network: MockNetwork, side: str) -> None:
    a, b = network["PartyA"], network["PartyB"]
    b.kill()
    a.start_flow(talk("recv;sleep 60;recv", "send x;sleep 30;send y;recv"), client_id="again")
    network.run_network()
    network.advance(timedelta(days=8))
    b.start()
    network.run_network()
    network[side].restart()
    network.run_network()
    network.advance(timedelta(seconds=61))
    assert a.stored_result("again") == "x,y"
    assert b.manager.counters.started <= 1
    network.run_network()
    assert nothing_is_left(network)


def test_the_old_init_is_never_run_even_beside_the_new_one(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    b.kill()
    a.start_flow(talk("recv", "send x"), client_id="again")
    network.run_network()
    network.advance(timedelta(days=8))
    b.start()
    network.run_network()
    replay_everything(network)
    assert b.manager.counters.started == 1
    assert a.stored_result("again") == "x"
    assert nothing_is_left(network)


def test_a_finished_flow_is_completed_with_pending_sends_until_they_are_confirmed(
    network: MockNetwork,
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    b.kill()
    flow = a.start_flow(talk("", "recv"))
    network.run_network()
    assert flow.result() == ""
    table = schema.node_checkpoints.c
    for _ in range(2):
        (row,) = a.storage.read(select(table.status, table.pending_sends))
        assert (row.status, row.pending_sends) == (FlowStatus.COMPLETED, True)
        a.restart()
        network.run_network()
    b.start()
    network.run_network()
    assert b.manager.counters.started == 1
    assert rows_of(a, "node_checkpoints", "node_flow_metadata") == 0
    assert nothing_is_left(network)


@pytest.mark.parametrize("how", ["pause", "hospital"])
def test_messages_of_a_parked_flow_are_taken_in_order_and_once(
    network: MockNetwork, how: str
) -> None:
    a = network["PartyA"]
    mine = "sleep 5;recv;recv;recv" if how == "pause" else "recv;observe me"
    flow = a.start_flow(talk(mine, "send 0;sleep 10;send 1;send 2"), client_id="parked")
    network.run_network()
    if how == "pause":
        a.manager.pause(flow.flow_id)
        network.run_network()
    network.advance(timedelta(seconds=11))
    replay_everything(network)
    live = only_flow(a)
    assert live.machine is None
    journal = a.hub.checkpoints.load_journal(flow.flow_id)
    assert journal is not None
    assert [record.seq for record in journal.messages] == [0, 1, 2, 3, 4]
    if how == "pause":
        a.room.perform(a.manager.retry(flow.flow_id))
        network.run_network()
        network.advance(timedelta(seconds=11))
        assert a.stored_result("parked") == "0,1,2"


@pytest.mark.parametrize("parked", [False, True])
def test_an_early_message_waits_unacknowledged_for_the_one_before_it(
    network: MockNetwork, parked: bool
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.start_flow(talk("recv;recv", "recv;send x"), client_id="early")
    network.run_network()
    if parked:
        a.manager.pause(only_flow(a).flow_id)
        network.run_network()
    session_id = session_of(a)
    early = data(session_id, 2, serialize("early"))
    deliver(a, b.party, early)
    deliver(a, b.party, early)
    network.run_network()
    assert rows_of(a, "node_flow_messages") == 1
    deliver(a, b.party, data(session_id, 1, serialize("first")))
    network.run_network()
    if parked:
        assert rows_of(a, "node_flow_messages") == 3
        a.room.perform(a.manager.retry(only_flow(a).flow_id))
        network.run_network()
    assert a.stored_result("early") == "first,early"


def test_only_so_many_early_messages_are_kept(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.start_flow(talk("recv", "recv"))
    network.run_network()
    session_id = session_of(a)
    limit = a.manager.settings.max_early_messages
    for seq in range(2, limit + 50):
        deliver(a, b.party, data(session_id, seq))
    assert len(a.manager._early[session_id]) == limit


@pytest.mark.parametrize("parked", [False, True])
def test_a_third_party_cannot_speak_in_a_session(network: MockNetwork, parked: bool) -> None:
    a, stranger = network["PartyA"], network["Validator"].party
    a.start_flow(talk("recv", "recv;send x"), client_id="mine")
    network.run_network()
    if parked:
        a.manager.pause(only_flow(a).flow_id)
        network.run_network()
    deliver(a, stranger, data(session_of(a), 1, b"forged"))
    network.run_network()
    assert a.manager.counters.refused == 1
    assert rows_of(a, "node_flow_messages") == 1


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x91\xa1I", b"\x95\xa1X\x01\x02\x03\x04"])
def test_what_is_no_message_is_refused_and_forgotten(network: MockNetwork, body: bytes) -> None:
    b = network["PartyB"]
    for is_init in (False, True):
        deliver(b, network["PartyA"].party, WireMessage("N-R-1-1-0-0", is_init, body))
    network.run_network()
    assert b.manager.counters.refused == 2
    assert nothing_is_left(network)


def test_data_of_a_session_nobody_has_is_acknowledged_and_dropped(network: MockNetwork) -> None:
    b = network["PartyB"]
    deliver(b, network["PartyA"].party, data(12345, 1))
    network.run_network()
    assert not b.hub.checkpoints.outbox()
    assert nothing_is_left(network)


def test_a_flow_that_dies_before_its_peer_confirms_tells_it_then(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    b.kill()
    flow = a.start_flow(talk("sleep 1;fail too late", "catch"), client_id="dies")
    network.run_network()
    network.advance(timedelta(seconds=2))
    with pytest.raises(FlowException, match="too late"):
        flow.result()
    b.start()
    ends = b.notifications()
    network.run_network()
    results = [getattr(one.value, "result", None) for one in ends]
    assert "!too late" in results
    assert nothing_is_left(network)


def test_a_finished_flow_whose_last_message_is_refused_stays_completed(
    network: MockNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its peer's confirmation lets what was buffered go, in a step that the database refuses."""
    a, b = network["PartyA"], network["PartyB"]
    b.kill()
    a.start_flow(talk("send late", "recv"), client_id="done")
    network.run_network()
    b.start()
    b.pump()
    real = a.storage.commit
    refused: list[bool] = []

    def refuse(batches: Sequence[WriteBatch], *, epoch: int | None) -> list[Exception | None]:
        mine = [flow.in_flight.batch for flow in a.manager.flows.values() if flow.in_flight]
        bad = [any(batch is one for one in mine) and not refused for batch in batches]
        done = iter(real([x for x, no in zip(batches, bad, strict=True) if not no], epoch=epoch))
        refused.extend(no for no in bad if no)
        return [DuplicateKey("again") if no else next(done) for no in bad]

    monkeypatch.setattr(a.storage, "commit", refuse)
    network.run_network()
    network.advance(timedelta(seconds=1))
    assert refused
    table = schema.node_checkpoints.c
    (row,) = a.storage.read(select(table.status, table.pending_sends))
    assert (row.status, row.pending_sends) == (FlowStatus.COMPLETED, False)
    a.restart()
    network.run_network()
    assert a.stored_result("done") == ""
    assert nothing_is_left(network)


def test_every_conversation_keeps_its_own_messages(network: MockNetwork) -> None:
    a = network["PartyA"]
    flows = [a.start_flow(talk(f"send {n};recv", "recv;send x")) for n in range(20)]
    network.run_network()
    assert [flow.result() for flow in flows] == ["x"] * 20
    assert nothing_is_left(network)
