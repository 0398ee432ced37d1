"""An enclave that is lost with all its state: another takes over, or says why it can't."""

import pytest

from corda_sim.ibc.channel.packet import MsgAcknowledgement, MsgRecvPacket, Packet
from corda_sim.ibc.client.types import MsgCreateClient
from corda_sim.lcp.enclave.state import EnclaveState
from corda_sim.lcp.errors import LcpRefusedException
from corda_sim.relayer.backlog import MAX_ATTEMPTS, PARKED_PAUSE
from corda_sim.relayer.errors import EnclaveLostException
from corda_sim.relayer.service import parked
from corda_sim.relayer.work import Kind, Work
from tests.unit.ibc.qbft_chain import PERIOD
from tests.unit.relayer.bridge import Run, World, channel_of, is_done
from tests.unit.relayer.chains import PORT, MemoryChain

BOTH = pytest.mark.parametrize("name", ["corda", "quorum"])


@pytest.fixture
def world() -> World:
    """A path that has been used."""
    made = World()
    made.open()
    run = made.start()
    for chain in (made.corda, made.quorum):
        chain.send(channel_of(run.path, chain), b"before")
    run.go()
    return made


def lose_enclave(world: World) -> None:
    """Another host's proxy has nothing in it. Meanwhile both chains went on."""
    world.proxy.state = EnclaveState()
    world.proxy.keys = []
    for chain in (world.corda, world.quorum):
        for _ in range(3):
            chain.make_block()


def make_clients_at_the_newest_heights(world: World) -> None:
    """As somebody does who doesn't know what the chains' clients hold."""
    signer = world.proxy.attest().enclave_key_address
    of_quorum, of_corda = world.enclave_clients
    world.proxy.create_client(of_quorum, world.quorum.first_states(), signer)
    world.proxy.create_client(of_corda, world.corda.first_states(), signer)
    for chain in (world.quorum, world.corda):
        chain.make_block()


def sides(world: World, name: str) -> tuple[MemoryChain, MemoryChain]:
    sender: MemoryChain = getattr(world, name)
    return sender, world.quorum if name == "corda" else world.corda


def bring(run: Run, name: str, number: int = 2) -> None:
    """One packet there, and its acknowledgement back; `number` have come by then."""
    sender, receiver = sides(run.world, name)
    packet = sender.send(channel_of(run.path, sender), b"after", port=PORT)
    run.go(4)
    assert is_done(sender, packet)
    assert (receiver.count(MsgRecvPacket), sender.count(MsgAcknowledgement)) == (number, number)


def fail_until_parked(run: Run) -> None:
    for _ in range(MAX_ATTEMPTS):
        run.go(1)
        run.later(10)


@BOTH
def test_another_enclave_takes_over_after_a_handshake(world: World, name: str) -> None:
    before = world.start().path.show()
    lose_enclave(world)
    assert world.open().show() == before
    bring(world.start(), name)
    assert [one.count(MsgCreateClient) for one in (world.corda, world.quorum)] == [1, 1]


@BOTH
def test_the_new_enclaves_key_is_registered(world: World, name: str) -> None:
    lose_enclave(world)
    world.open()
    bring(world.start(), name)
    receiver = sides(world, name)[1]
    keys = [one.enclave_key_address for one in world.proxy.keys]
    assert any(receiver.enclave_key("lcp-client-0", one) for one in keys)


@BOTH
def test_it_may_be_lost_again_and_again(world: World, name: str) -> None:
    for number in range(2, 5):
        lose_enclave(world)
        world.open()
        bring(world.start(), name, number)


@BOTH
def test_until_the_handshake_packets_are_parked_with_the_reason(world: World, name: str) -> None:
    run = world.start()
    lose_enclave(world)
    sender, _ = sides(world, name)
    packet = sender.send(channel_of(run.path, sender), b"after")
    fail_until_parked(run)
    (found,) = parked(run.relayer.directions)
    assert found["packet"] == f"{sender.name}/{PORT}/{channel_of(run.path, sender)}/2"
    assert "run `relayer handshake`" in found["reason"]
    world.open()
    run.later(PARKED_PAUSE)
    run.go()
    assert is_done(sender, packet)
    assert parked(run.relayer.directions) == []


def test_a_client_that_begins_too_late_for_goquorum_says_so(world: World) -> None:
    """Its headers are judged by former ones, which the enclave never saw."""
    lose_enclave(world)
    make_clients_at_the_newest_heights(world)
    known = world.corda.latest_height("lcp-client-0")
    with pytest.raises(
        EnclaveLostException,
        match=f"hb-qbft-0 can't go on from {known}, which lcp-client-0 holds: give it another name",
    ):
        world.open()


def test_with_another_name_it_begins_where_the_chains_client_is(world: World) -> None:
    lose_enclave(world)
    make_clients_at_the_newest_heights(world)
    before = world.start().path.show()
    world.enclave_clients = ("hb-qbft-1", "corda-host-0")
    assert world.open().show() == before
    bring(world.start(), "quorum")


def test_packets_over_a_client_that_begins_too_late_are_parked(world: World) -> None:
    lose_enclave(world)
    make_clients_at_the_newest_heights(world)
    run = world.start()
    world.quorum.send(channel_of(run.path, world.quorum), b"after")
    fail_until_parked(run)
    (found,) = parked(run.relayer.directions)
    assert "the enclave doesn't lead on from" in found["reason"]


def test_one_of_corda_begins_wherever_it_is_told(world: World) -> None:
    """Its headers are judged by keys alone: also without a handshake."""
    run = world.start()
    lose_enclave(world)
    make_clients_at_the_newest_heights(world)
    world.corda.send(channel_of(run.path, world.corda), b"after")
    run.go()
    assert world.quorum.count(MsgRecvPacket) == 2


def overtaken(world: World) -> Packet:
    """A packet from Corda, which GoQuorum's client has left behind: proving it tells no height."""
    run = world.start()
    channel = channel_of(run.path, world.corda)
    packet, later = (world.corda.send(channel, data) for data in (b"old", b"later"))
    run.from_corda.add([Work(Kind.RECEIVE, later)])
    run.from_corda.step()
    assert world.quorum.count(MsgRecvPacket) == 2
    return packet


def test_what_the_chains_client_has_left_behind_is_proven_after_a_handshake(world: World) -> None:
    packet = overtaken(world)
    lose_enclave(world)
    make_clients_at_the_newest_heights(world)
    world.enclave_clients = ("hb-qbft-1", "corda-host-0")
    world.open()
    world.start().go()
    assert is_done(world.corda, packet)


def test_what_the_chains_client_has_left_behind_is_proven_by_a_restored_enclave(
    world: World,
) -> None:
    older = world.proxy.state
    packet = overtaken(world)
    world.proxy.state = older
    world.start().go()
    assert is_done(world.corda, packet)


def test_what_is_older_than_the_trusting_period_is_opened_anew(world: World) -> None:
    lose_enclave(world)
    world.quorum.make_block(seconds=PERIOD + 1)
    with pytest.raises(EnclaveLostException, match=r"open anew, as docs/bridge.md says .*trusting"):
        world.open()


def test_a_first_client_that_is_refused_is_no_lost_one() -> None:
    world = World(ahead=-2 * PERIOD)
    with pytest.raises(LcpRefusedException, match="from the future"):
        world.open()


def test_another_refusal_of_the_enclave_is_told_as_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise LcpRefusedException("ErrClientFrozen", "two blocks of one height")

    world.quorum.make_block()
    monkeypatch.setattr(world.proxy, "update_client", refuse)
    with pytest.raises(LcpRefusedException, match="two blocks of one height"):
        world.parties().here[1].prove([], world.corda.latest_height("lcp-client-0"))
