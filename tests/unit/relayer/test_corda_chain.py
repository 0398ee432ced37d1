"""Corda by RPC: the same host, asked by operations and flows."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import MsgAcknowledgement, MsgRecvPacket, MsgTimeout, Packet
from corda_sim.ibc.channel.types import MsgChannelOpenConfirm
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgUpdateClient
from corda_sim.ibc.errors import FeatureLater
from corda_sim.ibc.lightclients.corda.types import ClientState, Header
from corda_sim.relayer.chain import Chain, Claim, PacketSent
from corda_sim.relayer.corda.chain import FEW, OVERLAP_MILLIS, CordaChain
from corda_sim.relayer.corda.flows import client_id_of, outcome_of
from corda_sim.relayer.corda.nodes import AWAY_SECONDS, CordaNodes
from corda_sim.relayer.errors import NothingToProveException, ProofTooOldException
from corda_sim.relayer.handshake.path import Path
from corda_sim.relayer.outcomes import Outcome, Verdict
from corda_sim.rpc.client import FlowOutcome
from corda_sim.rpc.errors import NodeUnreachableException
from tests.unit.relayer.bridge import Run, World, is_done
from tests.unit.relayer.chains import LEDGER_START, PORT, MemoryChain
from tests.unit.relayer.corda_node import MemoryNode

PACKET = Packet(3, "cross", "channel-1", "cross", "channel-2", b"data", Height(0, 9))
AT = Height(0, 7)
BASE_ID = "AB" * 32 + "(0)"


@dataclass
class RpcWorld(World):
    """The host is asked by RPC."""

    node: MemoryNode = field(init=False)
    other: MemoryNode = field(init=False)
    chain: CordaChain = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.node, self.other = MemoryNode(self.corda), MemoryNode(self.corda)
        self.chain = CordaChain(CordaNodes([self.node, self.other], self.clock))

    @property
    def host(self) -> Chain:
        return self.chain


@pytest.fixture
def world() -> Iterator[RpcWorld]:
    made = RpcWorld()
    yield made
    made.chain.close()


@pytest.fixture
def path(world: RpcWorld) -> Path:
    return world.open()


def settled(run: Run, rounds: int = 3) -> None:
    """As `go`, over flows that end in threads of their own."""
    for _ in range(rounds):
        run.follow()
        for direction in run.relayer.directions:
            direction.step()
        for direction in run.relayer.directions:
            while direction.backlog.sizes()["in_flight"]:
                direction.wait(5)


def test_a_path_opens_by_flows_and_is_found_again(world: RpcWorld, path: Path) -> None:
    assert [one.is_open for one in path.channels] == [True, True]
    started = len(world.node.started)
    assert world.open().show() == path.show()
    assert len(world.node.started) == started
    kinds = [messages for _, messages in world.node.started]
    assert ("MsgUpdateClient", "MsgConnectionOpenAck") in kinds
    assert ("MsgUpdateClient", "MsgUpdateClient") in kinds  # a key, then the activation


@pytest.mark.parametrize("name", ["corda", "quorum"])
@pytest.mark.usefixtures("path")
def test_packets_go_by_a_flow_each(world: RpcWorld, name: str) -> None:
    sender: MemoryChain = getattr(world, name)
    run = world.start()
    settled(run, 1)
    world.node.started.clear()
    packets = [sender.send("channel-0", b"%d" % number) for number in range(3)]
    settled(run)
    assert all(is_done(sender, one) for one in packets)
    kind = "acknowledge" if name == "corda" else "receive"
    assert sorted(name for name, _ in world.node.started) == [
        f"relay/{kind}/mock/channel-0/{number}" for number in (1, 2, 3)
    ]
    assert world.node.flows == {}


@pytest.mark.usefixtures("path")
def test_a_flow_whose_answer_was_lost_is_found_by_its_client_id(world: RpcWorld) -> None:
    run = world.start()
    settled(run, 1)
    packet = world.quorum.send("channel-0", b"hello")
    world.node.loses_answers = True
    run.follow()
    run.from_quorum.step()
    while run.from_quorum.backlog.sizes()["in_flight"]:
        run.from_quorum.wait(5)
    world.node.loses_answers = False
    flows = len(world.node.started)
    settled(world.start())
    assert is_done(world.quorum, packet)
    assert len(world.node.started) == flows


@pytest.mark.usefixtures("path")
def test_a_time_out_is_proven_to_the_host(world: RpcWorld) -> None:
    run = world.start()
    settled(run, 1)
    soon = (int(world.clock()) + 5) * 10**9
    packet = world.corda.send("channel-0", b"hello", soon)
    world.quorum.make_block(seconds=10)
    settled(world.start())
    assert is_done(world.corda, packet)
    assert ("timed_out", 1) in world.corda.modules[PORT].calls


# --- several nodes ------------------------------------------------------------------------------


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("name", ["corda", "quorum"])
def test_another_node_goes_on_while_the_first_is_away(world: RpcWorld, name: str) -> None:
    sender: MemoryChain = getattr(world, name)
    run = world.start()
    settled(run, 1)
    before = sender.send("channel-0", b"before")
    settled(run)
    world.node.away = True
    packet = sender.send("channel-0", b"hello")
    settled(run)
    assert is_done(sender, before)
    assert is_done(sender, packet)
    assert len(world.other.started) == 1
    assert world.quorum.count(MsgRecvPacket, Verdict.ALREADY_DONE) == 0


@pytest.mark.usefixtures("path")
def test_what_another_party_has_to_do_is_given_to_its_node(world: RpcWorld) -> None:
    """Only a buyer's own node can lock his coins."""
    run = world.start()
    settled(run, 1)
    world.node.is_anothers = True
    packet = world.quorum.send("channel-0", b"hello")
    settled(run)
    assert is_done(world.quorum, packet)
    assert [name for name, _ in world.other.started] == ["relay/receive/mock/channel-0/1"]
    assert world.node.flows == {}


def test_what_no_node_can_do_is_tried_again_later(world: RpcWorld) -> None:
    world.node.is_anothers = world.other.is_anothers = True
    (outcome,) = world.chain.submit([], [MsgRecvPacket(PACKET, b"p", AT)]).outcomes()
    assert outcome.verdict is Verdict.RETRY
    assert outcome.reason == "ContractCallMissing: prepare"


@pytest.mark.usefixtures("path")
def test_another_node_is_read_from_shortly_before(world: RpcWorld) -> None:
    """What was told before is told again, as something that may be done already."""
    world.corda.send("channel-0", b"hello")
    first = world.chain.follow("", 0)
    assert (first.cursor[:2], first.is_reread) == ("0:", False)
    world.node.away = True
    second = world.chain.follow(first.cursor, 0)
    assert (second.cursor[:2], second.events, second.is_reread) == ("1:", first.events, True)
    seen = LEDGER_START + world.corda.heights[-1]
    assert world.other.polls == [f"@{seen - OVERLAP_MILLIS}"]
    assert not world.chain.follow(second.cursor, 0).is_reread


def test_a_node_that_was_away_is_asked_again_after_a_while(world: RpcWorld) -> None:
    world.node.away = True
    world.chain.now()
    world.node.away = False
    asked = len(world.node.hosts)
    world.chain.now()
    assert len(world.node.hosts) == asked
    world.ahead += AWAY_SECONDS + 1
    world.chain.now()
    assert len(world.node.hosts) == asked + 1


# --- what it proves ------------------------------------------------------------------------------


def test_its_first_states_are_the_hosts_own(world: RpcWorld) -> None:
    client, consensus = world.chain.first_states()
    state = client.unpack(ClientState)
    assert state.base_id == world.corda.state.base_id
    assert state.validator_keys == world.corda.state.validator_keys
    assert (client, consensus) == world.corda.first_states()
    height = state.latest_height or Height()
    assert world.chain.state_at(height) == world.corda.state_at(height)


def test_a_host_is_named_where_a_node_has_several(world: RpcWorld) -> None:
    world.chain.now()
    world.chain.submit([], [MsgUpdateClient("lcp-client-0", AnyMessage("/h"))]).outcomes()
    assert set(world.node.hosts) == {None}
    world.node.hosts.clear()
    chain = CordaChain(CordaNodes([world.node], world.clock), BASE_ID)
    chain.now()
    chain.committed(["some/path"])
    chain.submit([], [MsgUpdateClient("lcp-client-0", AnyMessage("/h"))]).outcomes()
    chain.close()
    assert [one for one in world.node.hosts if one is not None] == [BASE_ID] * 3


def test_a_header_is_of_exactly_its_height(world: RpcWorld) -> None:
    world.corda.make_block()
    first, second = (Height(0, LEDGER_START + one) for one in world.corda.heights)
    assert world.chain.header(second, first).type_url == Header.TYPE_URL
    between = Height(0, first.revision_height + 1)
    with pytest.raises(ProofTooOldException, match=f"height {between}"):
        world.chain.header(between, first)
    assert world.chain.between(first, second) is None


@pytest.mark.usefixtures("path")
def test_presence_is_good_at_what_a_client_knows_already(world: RpcWorld) -> None:
    """So that an old state needs no update, and a batch no more than one."""
    claim = Claim("connections/connection-0", world.corda.store.values["connections/connection-0"])
    made = Height(0, LEDGER_START + world.corda.made[claim.path][1])
    later = Height(0, made.revision_height + 9)
    assert world.chain.prove([claim], later).height == later
    assert world.chain.prove([claim], Height(0, 1)).height == made
    assert world.chain.prove([], later).height == later


@pytest.mark.usefixtures("path")
def test_what_the_host_does_not_hold_is_not_proven(world: RpcWorld) -> None:
    for claim in (Claim("connections/connection-0", b"other"), Claim("some/path", b"x")):
        with pytest.raises(NothingToProveException, match=claim.path):
            world.chain.prove([claim], AT)


def test_absence_from_the_host_is_later(world: RpcWorld) -> None:
    with pytest.raises(FeatureLater, match="time-outs of packets to Corda"):
        world.chain.prove([Claim("receipts/x", None)], AT)


# --- what it holds -------------------------------------------------------------------------------


@pytest.mark.usefixtures("path")
def test_ends_are_listed_in_the_order_of_their_numbers(world: RpcWorld) -> None:
    store = world.corda.store
    end = store.values["connections/connection-0"]
    for number in (10, 9):
        store.set(f"connections/connection-{number}", end)
    world.corda.make_block()
    assert list(world.chain.connections()) == ["connection-0", "connection-9", "connection-10"]
    assert list(world.chain.channels(PORT)) == ["channel-0"]
    assert world.chain.client_ids() == ("lcp-client-0",)
    assert world.chain.latest_height("lcp-client-0") == world.corda.latest_height("lcp-client-0")
    assert world.chain.latest_height("lcp-client-7") == Height()
    assert world.chain.client_state("lcp-client-7") is None


@pytest.mark.usefixtures("path")
def test_a_ticket_is_nothing_yet(world: RpcWorld) -> None:
    """On Corda a sequence that may be used holds its path with an empty value."""
    ticket, commitment = "commitments/ports/mock/channels/channel-0/sequences/1", "some/path"
    world.corda.store.set(ticket, b"")
    world.corda.store.set(commitment, b"x")
    world.corda.make_block()
    assert world.chain.committed([ticket, commitment, "none"]) == [False, True, False]


def test_many_paths_are_listed_at_once(world: RpcWorld) -> None:
    folder = "receipts/ports/mock/channels/channel-0/sequences/"
    wanted = [f"{folder}{number}" for number in range(2 * FEW)]
    for path in wanted[::2]:
        world.corda.store.set(path, b"\1")
    world.corda.store.set(wanted[1], b"")
    world.corda.make_block()
    assert world.chain.committed([*wanted, "some/path"]) == [True, False] * FEW + [False]
    assert world.node.listed == [folder]


@pytest.mark.usefixtures("path")
def test_news_say_whether_there_was_more(world: RpcWorld) -> None:
    packet = world.corda.send("channel-0", b"hello")
    first = world.chain.follow("", 0)
    assert (first.events, first.is_newest) == ((PacketSent(packet),), False)
    second = world.chain.follow(first.cursor, 0)
    assert (second.events, second.is_newest, second.cursor) == ((), True, first.cursor)


# --- flows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (MsgRecvPacket(PACKET, b"p", AT), "relay/receive/cross/channel-1/3"),
        (MsgAcknowledgement(PACKET, b"a", b"p", AT), "relay/acknowledge/cross/channel-1/3"),
        (MsgTimeout(PACKET, b"p", AT), "relay/timeout/cross/channel-1/3"),
    ],
)
def test_a_packets_flow_has_its_name_whatever_proves_it(message: object, name: str) -> None:
    assert client_id_of(message) == name  # type: ignore[arg-type]


def test_another_messages_name_is_its_content() -> None:
    names = {
        client_id_of(MsgChannelOpenConfirm("cross", "channel-0", proof, AT))
        for proof in (b"1", b"2")
    }
    assert len(names) == 2
    assert all(one.startswith("relay/") for one in names)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ("ErrInvalidPacket", Verdict.PERMANENT),
        ("ErrClientFrozen", Verdict.PERMANENT),
        ("FeatureLater", Verdict.PERMANENT),
        ("ErrTimeoutElapsed", Verdict.RETRY),
        ("NotaryException", Verdict.RETRY),
        ("LCPClientEnclaveKeyExpired", Verdict.RETRY),
    ],
)
def test_a_flows_error_is_known_by_its_class(error: str, verdict: Verdict) -> None:
    ended = FlowOutcome("flow-1", None, "", error, "why")
    assert outcome_of(ended) == Outcome(verdict, "flow-1", f"{error}: why")


@pytest.mark.parametrize(
    ("results", "transaction", "verdict"),
    [
        (["SUCCESS", "SUCCESS"], "AB", Verdict.DONE),
        (["NOOP", "SUCCESS"], "AB", Verdict.DONE),
        (["SUCCESS", "NOOP"], "AB", Verdict.ALREADY_DONE),
        (["NOOP", "NOOP"], "", Verdict.ALREADY_DONE),
    ],
)
def test_the_last_message_decides(results: list[str], transaction: str, verdict: Verdict) -> None:
    made = {"transaction": transaction, "results": results}
    outcome = outcome_of(FlowOutcome("flow-1", made, "", "", ""))
    assert outcome == Outcome(verdict, transaction or "flow-1")


def test_a_node_that_goes_away_is_asked_again(world: RpcWorld) -> None:
    world.node.away = world.other.away = True
    update = MsgUpdateClient("lcp-client-0", AnyMessage("/h"))
    (outcome,) = world.chain.submit([], [update]).outcomes()
    assert outcome.verdict is Verdict.RETRY
    assert outcome.reason.startswith(NodeUnreachableException.__name__)


def test_updates_alone_are_one_flow_that_answers_for_no_message(world: RpcWorld) -> None:
    update = MsgUpdateClient("lcp-client-0", AnyMessage("/h"))
    submission = world.chain.submit([update, update], [])
    done = threading.Event()
    submission.when_done(done.set)
    assert done.wait(5)
    assert submission.outcomes() == []
    assert [len(messages) for _, messages in world.node.started] == [2]
