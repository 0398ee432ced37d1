"""Packets, acknowledgements and time-outs, with everything that can happen on the way."""

from typing import Any

import pytest

from corda_sim.ibc.channel.acknowledgement import Acknowledgement
from corda_sim.ibc.channel.packet import MsgAcknowledgement, MsgRecvPacket, MsgTimeout
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgUpdateClient
from corda_sim.ibc.lightclients.lcp.messages import UpdateState, decode_message
from corda_sim.ibc.lightclients.lcp.types import UpdateClientMessage
from corda_sim.relayer.backlog import MAX_ATTEMPTS
from corda_sim.relayer.outcomes import Outcome, Verdict
from corda_sim.relayer.service import Side, parked
from tests.unit.ibc.qbft_chain import validators
from tests.unit.relayer.bridge import EXPIRATION, RENEWAL, Run, World, channel_of, is_done
from tests.unit.relayer.chains import AUTH, FOREVER, PORT, MemoryChain

SECOND = 10**9


@pytest.fixture
def run() -> Run:
    world = World()
    world.open()
    for chain in (world.corda, world.quorum):
        chain.delivered.clear()
    started = world.start()
    started.follow()
    return started


def sides(run: Run, name: str) -> tuple[MemoryChain, MemoryChain, str]:
    """A sender, its receiver and the sender's channel."""
    world = run.world
    sender: MemoryChain = getattr(world, name)
    receiver: MemoryChain = world.quorum if name == "corda" else world.corda
    return sender, receiver, channel_of(run.path, sender)


def gone_on_from(chain: MemoryChain) -> set[Height]:
    """The heights that a chain's client has gone on from."""
    updates = [one for one, outcome in chain.delivered if outcome.verdict is Verdict.DONE]
    told = [one.client_message for one in updates if isinstance(one, MsgUpdateClient)]
    proxied = [one.unpack(UpdateClientMessage).proxy_message for one in told]
    found = map(decode_message, proxied)
    return {one.prev_height for one in found if isinstance(one, UpdateState)}


@pytest.mark.parametrize("name", ["corda", "quorum"])
def test_a_packet_and_its_acknowledgement_are_brought(run: Run, name: str) -> None:
    sender, receiver, channel = sides(run, name)
    packet = sender.send(channel, b"hello")
    run.go()
    assert is_done(sender, packet)
    assert ("acknowledged", 1, Acknowledgement(result=b"\x01").encode()) in (
        sender.modules[PORT].calls
    )
    assert (receiver.count(MsgRecvPacket), sender.count(MsgAcknowledgement)) == (1, 1)


@pytest.mark.parametrize("name", ["corda", "quorum"])
def test_many_packets_of_both_ports_come_in_one_batch(run: Run, name: str) -> None:
    sender, receiver, channel = sides(run, name)
    packets = [sender.send(channel, b"%d" % number) for number in range(5)]
    packets += [
        sender.send(channel_of(run.path, sender, AUTH), b"%d" % number, port=AUTH)
        for number in range(5)
    ]
    run.go()
    assert all(is_done(sender, one) for one in packets)
    assert receiver.count(MsgUpdateClient) == 1
    assert receiver.count(MsgRecvPacket) == 10


def test_packets_of_both_ways_cross(run: Run) -> None:
    world = run.world
    there = [world.corda.send(channel_of(run.path, world.corda), b"a") for _ in range(3)]
    back = [world.quorum.send(channel_of(run.path, world.quorum), b"b") for _ in range(3)]
    run.go(4)
    assert all(is_done(world.corda, one) for one in there)
    assert all(is_done(world.quorum, one) for one in back)


def test_packets_of_other_channels_are_none_of_ours(run: Run) -> None:
    corda, _, channel = sides(run, "corda")
    run.relayer.followers[0].side = Side(run.path.here.chain, frozenset())
    packet = corda.send(channel, b"hello")
    run.go()
    assert not is_done(corda, packet)


def test_a_failed_acknowledgement_is_brought_too(run: Run) -> None:
    sender, receiver, channel = sides(run, "corda")
    receiver.modules[PORT].answer = Acknowledgement(error="ABCI code: 1")
    packet = sender.send(channel, b"hello")
    run.go()
    assert is_done(sender, packet)
    told = Acknowledgement(error="ABCI code: 1").encode()
    assert ("acknowledged", 1, told) in sender.modules[PORT].calls


# --- restarts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["corda", "quorum"])
@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_a_restarted_relayer_goes_on_and_does_nothing_twice(
    run: Run, name: str, rounds: int
) -> None:
    sender, receiver, channel = sides(run, name)
    packets = [sender.send(channel, b"%d" % number) for number in range(3)]
    run.go(rounds)
    world = run.world
    world.start().go()
    assert all(is_done(sender, one) for one in packets)
    for chain, kind in ((receiver, MsgRecvPacket), (sender, MsgAcknowledgement)):
        assert chain.count(kind) == 3
        assert chain.count(kind, Verdict.ALREADY_DONE) == 0


@pytest.mark.parametrize("name", ["corda", "quorum"])
def test_what_was_pending_at_the_kill_is_waited_for(run: Run, name: str) -> None:
    sender, receiver, channel = sides(run, name)
    packet = sender.send(channel, b"hello")
    receiver.mines = False
    run.go(1)
    assert len(receiver.pool) == 1
    receiver.mines = True
    run.world.start().go()
    assert is_done(sender, packet)
    assert receiver.count(MsgRecvPacket, Verdict.ALREADY_DONE) == 0


def test_a_restarted_relayer_leaves_done_packets_alone(run: Run) -> None:
    sender, receiver, channel = sides(run, "corda")
    for number in range(3):
        sender.send(channel, b"%d" % number)
    run.go()
    sent = (len(sender.delivered), len(receiver.delivered))
    again = run.world.start()
    again.go()
    assert (len(sender.delivered), len(receiver.delivered)) == sent
    assert again.from_corda.backlog.sizes() == {"waiting": 0, "in_flight": 0, "parked": 0}


def test_a_long_history_is_sifted_at_once(run: Run) -> None:
    """Hundreds of packets are done: what is left isn't waited for behind them."""
    sender, receiver, channel = sides(run, "corda")
    context = sender.context
    sent = [SendPacket(PORT, channel, b"%d" % number, FOREVER) for number in range(250)]
    old = [send_packet(context, one) for one in sent]
    sender.make_block()
    run.go()
    assert all(is_done(sender, one) for one in old)
    packet = sender.send(channel, b"new")
    again = run.world.start()
    again.follow()
    again.from_corda.step()
    assert again.from_corda.backlog.sizes() == {"waiting": 0, "in_flight": 1, "parked": 0}
    again.go()
    assert is_done(sender, packet)
    assert receiver.count(MsgRecvPacket) == 251
    assert receiver.count(MsgRecvPacket, Verdict.ALREADY_DONE) == 0


def test_two_relayers_do_no_harm(run: Run) -> None:
    """Both bring the packet: the second one's changes nothing, and both see it as done."""
    sender, receiver, channel = sides(run, "corda")
    second = run.world.start()
    second.follow()
    packet = sender.send(channel, b"hello")
    receiver.mines = False
    run.go(1)
    second.go(1)
    receiver.mines = True
    receiver.mine()
    run.go()
    second.go()
    assert is_done(sender, packet)
    assert receiver.count(MsgRecvPacket) == 1
    assert run.from_corda.backlog.sizes() == second.from_corda.backlog.sizes()


# --- what is lost --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["corda", "quorum"])
def test_a_lost_broadcast_is_sent_again(run: Run, name: str) -> None:
    sender, receiver, channel = sides(run, name)
    packet = sender.send(channel, b"hello")
    receiver.mines = False
    run.go(1)
    receiver.lose_pool()
    receiver.mines = True
    run.go(1)
    run.later(1)
    run.go()
    assert is_done(sender, packet)
    assert receiver.count(MsgRecvPacket) == 1


@pytest.mark.parametrize("name", ["corda", "quorum"])
def test_later_batches_that_stood_on_a_lost_update_come_too(run: Run, name: str) -> None:
    """The enclave is then ahead of the other chain's client: its former steps are told again."""
    sender, receiver, channel = sides(run, name)
    receiver.mines = False
    packets = []
    for number in range(3):
        packets.append(sender.send(channel, b"%d" % number))
        run.go(1)
    del receiver.pool[0]
    receiver.mines = True
    receiver.mine()
    restarted = run.world.start()
    restarted.go()
    assert all(is_done(sender, one) for one in packets)
    assert receiver.count(MsgRecvPacket) == 3


@pytest.mark.parametrize("broken", ["receiver", "sender", "proxy"])
@pytest.mark.parametrize("name", ["corda", "quorum"])
def test_what_does_not_answer_is_asked_again(run: Run, name: str, broken: str) -> None:
    sender, receiver, channel = sides(run, name)
    packet = sender.send(channel, b"hello")
    run.follow()
    parts: dict[str, Any] = {"receiver": receiver, "sender": sender, "proxy": run.world.proxy}
    part = parts[broken]
    part.answers = False
    for direction in run.relayer.directions:
        for _ in range(MAX_ATTEMPTS + 2):
            direction.step()
            run.later(10)
    assert parked(run.relayer.directions) == []
    part.answers = True
    run.later(10)
    run.go()
    assert is_done(sender, packet)


@pytest.mark.parametrize("name", ["corda", "quorum"])
def test_what_has_landed_unheard_is_done(run: Run, name: str) -> None:
    """A flow that waits for a party that is away has its effect all the same."""
    sender, receiver, channel = sides(run, name)
    direction = run.from_corda if name == "corda" else run.from_quorum
    receiver.mines = False
    sender.send(channel, b"hello")
    run.go(1)
    (underway,) = receiver.pool
    for message in underway.messages:
        receiver.execute(message)
    direction.retire_landed()
    assert direction.backlog.sizes()["in_flight"] == 1
    run.later(10)
    direction.retire_landed()
    assert direction.backlog.sizes() == {"waiting": 0, "in_flight": 0, "parked": 0}
    receiver.pool.clear()
    receiver.mines = True
    receiver.make_block()
    run.go()
    assert sender.count(MsgAcknowledgement) == 1


def test_what_has_not_landed_is_still_waited_for(run: Run) -> None:
    sender, receiver, channel = sides(run, "corda")
    receiver.mines = False
    sender.send(channel, b"hello")
    run.go(1)
    run.later(10)
    run.from_corda.retire_landed()
    assert run.from_corda.backlog.sizes()["in_flight"] == 1


# --- what can't succeed --------------------------------------------------------------------------


def test_a_packet_that_is_refused_for_good_is_parked_with_its_reason(run: Run) -> None:
    sender, receiver, channel = sides(run, "corda")
    receiver.refuses[MsgRecvPacket] = Outcome(Verdict.PERMANENT, "0xab", "UnexpectedTypeURL()")
    sender.send(channel, b"hello")
    run.go()
    assert parked(run.relayer.directions) == [
        {"packet": f"corda/mock/{channel}/1", "kind": "receive", "reason": "UnexpectedTypeURL()"}
    ]
    run.later(1000)
    run.go()
    assert receiver.count(MsgRecvPacket, Verdict.PERMANENT) == 1


def test_one_refused_packet_holds_up_no_other(run: Run) -> None:
    sender, receiver, channel = sides(run, "corda")
    receiver.refuses[MsgRecvPacket] = Outcome(Verdict.PERMANENT, "", "no")
    sender.send(channel, b"first")
    run.go()
    receiver.refuses.clear()
    packet = sender.send(channel, b"second")
    run.go()
    assert is_done(sender, packet)


def test_a_reason_that_nobody_knows_parks_in_time_and_is_still_tried(run: Run) -> None:
    sender, receiver, channel = sides(run, "corda")
    receiver.refuses[MsgRecvPacket] = Outcome(Verdict.RETRY, "", "Strange()")
    packet = sender.send(channel, b"hello")
    for _ in range(MAX_ATTEMPTS):
        run.go(1)
        run.later(9)
    (found,) = parked(run.relayer.directions)
    assert found["reason"] == "Strange()"
    assert receiver.count(MsgRecvPacket, Verdict.RETRY) == MAX_ATTEMPTS
    receiver.refuses.clear()
    run.later()
    run.go()
    assert is_done(sender, packet)


def test_a_packet_that_its_sender_has_forgotten_is_dropped(run: Run) -> None:
    sender, receiver, channel = sides(run, "quorum")
    packet = sender.send(channel, b"hello")
    run.follow()
    path = f"commitments/ports/{PORT}/channels/{channel}/sequences/{packet.sequence}"
    sender.store.delete(path)
    sender.make_block()
    run.go()
    run.later()
    run.go()
    assert receiver.count(MsgRecvPacket) == 0
    assert run.from_quorum.backlog.sizes()["waiting"] == 0


# --- time-outs -----------------------------------------------------------------------------------


def soon(run: Run, seconds: int) -> int:
    return (int(run.world.clock()) + seconds) * SECOND


def test_a_packet_that_comes_too_late_times_out_by_proven_absence(run: Run) -> None:
    corda, quorum, channel = sides(run, "corda")
    packet = corda.send(channel, b"hello", soon(run, 5))
    quorum.make_block(seconds=10)
    run.go(1)
    assert quorum.count(MsgRecvPacket) == 0
    run.later()
    run.go()
    assert is_done(corda, packet)
    assert corda.count(MsgTimeout) == 1
    assert ("timed_out", 1) in corda.modules[PORT].calls


def test_a_parked_packet_times_out(run: Run) -> None:
    """GoQuorum never executes the call: what Corda holds for it is freed all the same."""
    corda, quorum, channel = sides(run, "corda")
    quorum.refuses[MsgRecvPacket] = Outcome(Verdict.PERMANENT, "", "no")
    packet = corda.send(channel, b"hello", soon(run, 5))
    run.go()
    run.from_corda.retire_elapsed()
    assert not is_done(corda, packet)
    quorum.make_block(seconds=10)
    run.from_corda.retire_elapsed()
    run.go()
    assert is_done(corda, packet)
    assert parked(run.relayer.directions) == []


def test_a_restarted_relayer_times_out_what_is_late(run: Run) -> None:
    corda, quorum, channel = sides(run, "corda")
    packet = corda.send(channel, b"hello", soon(run, 5))
    quorum.make_block(seconds=10)
    run.world.start().go()
    assert is_done(corda, packet)
    assert quorum.count(MsgRecvPacket) == 0


def test_a_packet_that_was_received_in_time_does_not_time_out(run: Run) -> None:
    corda, quorum, channel = sides(run, "corda")
    packet = corda.send(channel, b"hello", soon(run, 20))
    run.go(1)
    assert quorum.count(MsgRecvPacket) == 1
    for chain in (quorum, corda):
        chain.make_block(seconds=60)
    run.world.start().go()
    assert is_done(corda, packet)
    assert (corda.count(MsgTimeout), corda.count(MsgAcknowledgement)) == (0, 1)


# --- clients and keys ----------------------------------------------------------------------------


def test_a_new_key_is_registered_before_the_old_one_ends(run: Run) -> None:
    world = run.world
    sender, receiver, channel = sides(run, "corda")
    before = world.proxy.keys[0].enclave_key_address
    sender.send(channel, b"hello")
    run.go(1)
    six_days = EXPIRATION - RENEWAL
    for chain in (world.corda, world.quorum):
        chain.make_block(seconds=six_days)
    sender.send(channel, b"later")
    run.go(1)
    assert receiver.count(MsgRecvPacket) == 2
    newest = world.proxy.enclave_keys()[0].enclave_key_address
    assert newest != before
    registered = receiver.enclave_key("lcp-client-0", newest)
    assert registered is not None
    assert registered.expired_at > world.clock() + six_days


def test_an_idle_client_is_told_of_newer_blocks(run: Run) -> None:
    corda, quorum, _ = sides(run, "corda")
    before = corda.latest_height("lcp-client-0")
    for _ in range(5):
        quorum.make_block()
    run.from_quorum.refresh()
    assert corda.latest_height("lcp-client-0").revision_height >= before.revision_height + 5
    assert corda.count(MsgUpdateClient) == 1


def test_what_corda_learns_goes_on_from_no_packets_update(run: Run) -> None:
    """A node that resolves a packet's transaction resolves what its update goes on from."""
    quorum, corda, channel = sides(run, "quorum")
    corda.is_ordered = False
    base = corda.latest_height("lcp-client-0")
    for _ in range(3):
        quorum.send(channel, b"hello")
        run.go()
    assert gone_on_from(corda) == {base}
    quorum.make_block()
    run.from_quorum.refresh()
    renewed = corda.latest_height("lcp-client-0")
    run.go()
    for _ in range(2):
        quorum.send(channel, b"again")
        run.go()
    assert gone_on_from(corda) == {base, renewed}


def test_a_packet_that_fails_leaves_that_height_as_it_is(run: Run) -> None:
    quorum, corda, channel = sides(run, "quorum")
    corda.is_ordered = False
    base = corda.latest_height("lcp-client-0")
    quorum.send(channel, b"first")
    run.go()
    corda.refuses[MsgRecvPacket] = Outcome(Verdict.RETRY, "", "busy")
    packet = quorum.send(channel, b"second")
    run.go()
    del corda.refuses[MsgRecvPacket]
    run.later()
    run.go()
    assert is_done(quorum, packet)
    assert gone_on_from(corda) == {base}


def test_a_height_that_never_arrived_is_gone_on_from_once(run: Run) -> None:
    """A refresh that failed: nobody says so."""
    quorum, corda, channel = sides(run, "quorum")
    corda.is_ordered = False
    quorum.make_block()
    corda.refuses[MsgUpdateClient] = Outcome(Verdict.RETRY, "", "away")
    run.from_quorum.refresh()
    run.go()
    del corda.refuses[MsgUpdateClient]
    packet = quorum.send(channel, b"hello")
    run.go()
    run.later()
    run.go()
    assert is_done(quorum, packet)


def test_an_enclave_that_was_restored_is_fed_what_the_other_chain_knows(run: Run) -> None:
    sender, receiver, channel = sides(run, "quorum")
    old = run.world.proxy.state
    sender.send(channel, b"first")
    run.go()
    run.world.proxy.state = old
    packet = sender.send(channel, b"second")
    run.go()
    assert is_done(sender, packet)
    assert receiver.count(MsgRecvPacket) == 2


def test_the_validators_may_all_have_changed_since(run: Run) -> None:
    """One at a time, as votes change them: no header is trusted by the last known set."""
    world = run.world
    sender, _, channel = sides(run, "quorum")
    for first in range(1, 5):
        world.quorum.chain.secrets = validators(*range(first, first + 4))
        world.quorum.make_block()
    packet = sender.send(channel, b"hello")
    run.go()
    assert is_done(sender, packet)
