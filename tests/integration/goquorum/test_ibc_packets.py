"""Our IBC handler on an EVM: packets, acknowledgements, time-outs; what it commits and refuses."""

from typing import cast

import pytest

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from tests.integration.goquorum import channels
from tests.integration.goquorum.channels import CLOSED, Opened, open_channel
from tests.integration.goquorum.conftest import (
    HEIGHT,
    Rig,
    absence,
    membership,
    refused,
    sha256,
    state,
)
from tests.integration.goquorum.packets import (
    FAR,
    Packet,
    acknowledge,
    commitment,
    packet,
    path_of,
    receive,
    send,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def opened(rig: Rig) -> Opened:
    return open_channel(rig)


def test_a_packet_is_received_once_and_acknowledged(opened: Opened) -> None:
    rig, sent = opened.rig, packet(opened)
    receive(opened, sent)
    receipt = path_of("receipts", "mock", opened.channel, 1)
    assert rig.stored(receipt) == keccak256(b"\1")
    assert rig.stored(path_of("acks", "mock", opened.channel, 1)) == keccak256(sha256(b"hello"))
    assert rig.module.view("received") == (1,)
    assert refused(lambda: receive(opened, sent)) == "IBCChannelPacketReceiptAlreadyExists"
    assert rig.module.view("received") == (1,)


def test_sequences_begin_with_one(opened: Opened) -> None:
    """As in yui-ibc-solidity, which takes what is below for a packet before an upgrade."""
    error = refused(lambda: receive(opened, packet(opened, sequence=0)))
    assert error == "IBCChannelPacketAlreadyProcessInPreviousUpgrade"


def test_a_module_that_reverts_leaves_nothing_behind(opened: Opened) -> None:
    failing = packet(opened, data=b"revert please")
    assert refused(lambda: receive(opened, failing)) == "MockReverted"
    assert opened.rig.stored(path_of("receipts", "mock", opened.channel, 1)) == bytes(32)


def test_an_acknowledgement_may_be_written_later_but_once(opened: Opened) -> None:
    rig = opened.rig
    receive(opened, packet(opened, data=b"later"))
    path = path_of("acks", "mock", opened.channel, 1)
    assert rig.stored(path) == bytes(32)

    def write(ack: bytes) -> None:
        rig.module.transact(
            rig.owner, "writeAcknowledgement", rig.handler.address, "mock", opened.channel, 1, ack
        )

    assert refused(lambda: write(b"")) == "IBCChannelEmptyAcknowledgement"
    write(b"done")
    assert rig.stored(path) == keccak256(sha256(b"done"))
    assert refused(lambda: write(b"again")) == "IBCChannelAcknowledgementAlreadyWritten"
    direct = lambda: rig.do("writeAcknowledgement", "mock", opened.channel, 2, b"x")
    assert refused(direct) == "IBCHostFailedAuthenticateChannelCapability"


@pytest.mark.parametrize(
    ("part", "other", "error"),
    [
        (0, 2, "IBCChannelFailedVerifyPacketCommitment"),
        (1, "other", "IBCChannelUnexpectedPacketSource"),
        (2, "channel-8", "IBCChannelUnexpectedPacketSource"),
        (3, "nowhere", "IBCChannelUnexpectedChannelState"),
        (4, "nowhere", "IBCChannelUnexpectedChannelState"),
        (5, b"other", "IBCChannelFailedVerifyPacketCommitment"),
        (6, (0, 2**63), "IBCChannelFailedVerifyPacketCommitment"),
        (7, 2**63, "IBCChannelFailedVerifyPacketCommitment"),
    ],
)
def test_no_part_of_a_received_packet_can_be_changed(
    opened: Opened, part: int, other: object, error: str
) -> None:
    """Each field of the packet is under the proof, or must be what the channel says."""
    true = packet(opened)
    forged = cast("Packet", (*true[:part], other, *true[part + 1 :]))
    proof = membership(path_of("commitments", true[1], true[2], true[0]), commitment(true))
    assert refused(lambda: receive(opened, forged, proof)) == error


def test_a_packet_past_its_time_out_isnt_received(opened: Opened) -> None:
    by_height = packet(opened, timeout=(0, 1))
    assert refused(lambda: receive(opened, by_height)) == "IBCChannelTimeoutPacketHeight"
    by_time = packet(opened, timeout=(0, 0), timestamp=10**18)
    assert refused(lambda: receive(opened, by_time)) == "IBCChannelTimeoutPacketTimestamp"


def test_sent_packets_are_committed_in_sequence(opened: Opened) -> None:
    for sequence in (1, 2):
        send(opened, b"data %d" % sequence)
        sent = packet(opened, sequence, b"data %d" % sequence, to_us=False)
        path = path_of("commitments", "mock", opened.channel, sequence)
        assert opened.rig.stored(path) == keccak256(commitment(sent))


@pytest.mark.parametrize(
    ("timeout", "timestamp", "error"),
    [
        ((0, 0), 0, "IBCChannelZeroPacketTimeout"),
        ((0, 5), 0, "IBCChannelPastPacketTimeoutHeight"),
        ((0, 0), 10**18, "IBCChannelPastPacketTimeoutTimestamp"),
    ],
)
def test_sends_that_are_refused(
    opened: Opened, timeout: tuple[int, int], timestamp: int, error: str
) -> None:
    assert refused(lambda: send(opened, timeout=timeout, timestamp=timestamp)) == error


def test_nobody_sends_on_anothers_channel_or_over_a_client_that_isnt_active(opened: Opened) -> None:
    rig = opened.rig
    direct = lambda: rig.do("sendPacket", "mock", opened.channel, FAR, 0, b"x")
    assert refused(direct) == "IBCHostFailedAuthenticateChannelCapability"
    rig.client.transact(rig.owner, "setStatus", rig.client_id, 2)
    assert refused(lambda: send(opened)) == "IBCClientNotActiveClient"


def test_an_acknowledgement_clears_the_commitment_once(opened: Opened) -> None:
    send(opened)
    sent = packet(opened, to_us=False)
    acknowledge(opened, sent, b"fine")
    assert opened.rig.stored(path_of("commitments", "mock", opened.channel, 1)) == bytes(32)
    assert opened.rig.module.view("acknowledged") == (1,)
    again = lambda: acknowledge(opened, sent, b"fine")
    assert refused(again) == "IBCChannelPacketCommitmentNotFound"


def test_acknowledgements_that_are_refused(opened: Opened) -> None:
    send(opened)
    sent = packet(opened, to_us=False)
    proof = membership(path_of("acks", sent[3], sent[4], 1), sha256(b"fine"))
    altered = lambda: acknowledge(opened, sent, b"other", proof)
    assert refused(altered) == "IBCChannelFailedVerifyPacketAcknowledgement"
    other = packet(opened, data=b"other", to_us=False)
    assert (
        refused(lambda: acknowledge(opened, other, b"fine")) == "IBCChannelPacketCommitmentMismatch"
    )
    elsewhere = (*sent[:4], "channel-8", *sent[5:])
    wrong = lambda: acknowledge(opened, elsewhere, b"fine")
    assert refused(wrong) == "IBCChannelUnexpectedPacketDestination"


def test_a_time_out_needs_time_and_proven_absence(opened: Opened) -> None:
    send(opened, timeout=(0, 100))
    sent = packet(opened, to_us=False, timeout=(0, 100))
    path = path_of("receipts", opened.their_port, opened.their_channel, 1)

    def time_out(height: tuple[int, int], proof: bytes) -> None:
        opened.rig.do("timeoutPacket", (sent, proof, height, 0))

    assert (
        refused(lambda: time_out((0, 99), absence(path, (0, 99)))) == "IBCChannelTimeoutNotReached"
    )
    unproven = lambda: time_out((0, 100), b"?")
    assert refused(unproven) == "IBCChannelFailedVerifyPacketReceiptAbsence"
    time_out((0, 100), absence(path, (0, 100)))
    assert opened.rig.module.view("timedOut") == (1,)
    again = lambda: time_out((0, 100), absence(path, (0, 100)))
    assert refused(again) == "IBCChannelPacketCommitmentNotFound"


def test_a_time_out_by_the_clients_clock(opened: Opened) -> None:
    send(opened, timeout=(0, 0), timestamp=2 * 10**18)
    sent = packet(opened, to_us=False, timeout=(0, 0), timestamp=2 * 10**18)
    path = path_of("receipts", opened.their_port, opened.their_channel, 1)
    early = lambda: opened.rig.do("timeoutPacket", (sent, absence(path), HEIGHT, 0))
    assert refused(early) == "IBCChannelTimeoutNotReached"
    opened.rig.do("updateClient", (opened.rig.client_id, state((0, 6), 2 * 10**18)))
    opened.rig.do("timeoutPacket", (sent, absence(path, (0, 6)), (0, 6), 0))
    assert opened.rig.module.view("timedOut") == (1,)


def test_a_packet_to_a_closed_channel_times_out_before_its_time(opened: Opened) -> None:
    send(opened)
    sent = packet(opened, to_us=False)
    path = path_of("receipts", opened.their_port, opened.their_channel, 1)
    end = channels.channel_end(CLOSED, "mock", opened.channel, "connection-7")
    closed = membership(b"channelEnds/ports/theirs/channels/channel-9", end)

    def time_out(proof: bytes) -> None:
        opened.rig.do("timeoutOnClose", (sent, absence(path), proof, HEIGHT, 0, 0))

    assert refused(lambda: time_out(b"?")) == "IBCChannelFailedVerifyChannelState"
    time_out(closed)
    assert opened.rig.module.view("timedOut") == (1,)


def test_a_channel_closes_once(opened: Opened) -> None:
    rig = opened.rig
    rig.do("channelCloseInit", ("mock", opened.channel))
    again = lambda: rig.do("channelCloseInit", ("mock", opened.channel))
    assert refused(again) == "IBCChannelUnexpectedChannelState"
    assert refused(lambda: send(opened)) == "IBCChannelUnexpectedChannelState"
    assert refused(lambda: receive(opened, packet(opened))) == "IBCChannelUnexpectedChannelState"
    unknown = lambda: rig.do("channelCloseInit", ("mock", "channel-7"))
    assert refused(unknown) == "IBCChannelChannelNotFound"
