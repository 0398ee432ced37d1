"""ibc-go's named cases of time-outs (04-channel/keeper/timeout_test.go)."""

from dataclasses import replace

import pytest

from corda_sim.ibc.channel.types import ChannelState, Order
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import (
    ErrConsensusStateNotFound,
    ErrFailedChannelStateVerification,
    ErrFailedPacketReceiptVerification,
    ErrInvalidPacket,
    ErrInvalidProof,
    ErrTimeoutNotReached,
    FeatureLater,
)
from corda_sim.ibc.host import paths
from corda_sim.ibc.router import ResultType
from tests.unit.ibc.chain import PORT, SECOND, Chain, RefusedByModuleError

Pair = tuple[Chain, Chain]


def test_timeout_success_by_height(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 1))
    assert a.deliver(a.msg_timeout(packet)).result is ResultType.SUCCESS
    assert a.commitment(packet) is None
    assert a.channel.state is ChannelState.OPEN
    assert a.module.calls[-1] == ("timed_out", packet.sequence)
    assert a.events[-1].type == "timeout_packet"


def test_timeout_success_by_timestamp(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(), timestamp=b.time + 60 * SECOND)
    assert a.deliver(a.msg_timeout(packet, 60)).result is ResultType.SUCCESS


def test_timeout_not_reached(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 5), timestamp=b.time + 60 * SECOND)
    with pytest.raises(ErrTimeoutNotReached):
        a.deliver(a.msg_timeout(packet, 59))


def test_timeout_is_judged_at_the_proof_not_at_our_time(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(), timestamp=b.time + 60 * SECOND)
    early = a.msg_timeout(packet, 1)
    b.advance(1000)
    a.time += 1000 * SECOND
    with pytest.raises(ErrTimeoutNotReached):
        a.deliver(early)


def test_packet_already_timed_out_is_a_noop(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 1))
    a.deliver(a.msg_timeout(packet))
    calls = len(a.module.calls)
    assert a.deliver(a.msg_timeout(packet)).result is ResultType.NOOP
    assert len(a.module.calls) == calls


def test_packet_hasnt_been_sent_is_a_noop(opened: Pair) -> None:
    a, b = opened
    packet = replace(a.send(height=Height(0, b.height + 1)), sequence=9)
    assert a.deliver(a.msg_timeout(packet)).result is ResultType.NOOP


def test_packet_already_received(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 3))
    b.deliver(b.msg_recv(packet))
    b.height += 3
    with pytest.raises(ErrFailedPacketReceiptVerification):
        a.deliver(a.msg_timeout(packet))
    assert a.commitment(packet) == packet.commitment


def test_timeout_packet_commitment_bytes_do_not_match(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 1))
    msg = a.msg_timeout(packet)
    with pytest.raises(ErrInvalidPacket):
        a.deliver(replace(msg, packet=replace(packet, data=b"another")))


def test_timeout_packet_destination_is_not_the_counterparty(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 1))
    msg = a.msg_timeout(packet)
    for change in ({"destination_port": "other"}, {"destination_channel": "channel-7"}):
        with pytest.raises(ErrInvalidPacket):
            a.deliver(replace(msg, packet=replace(packet, **change)))  # type: ignore[arg-type]


def test_timeout_needs_a_consensus_state_at_the_proof(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 1))
    msg = a.msg_timeout(packet)
    with pytest.raises(ErrConsensusStateNotFound):
        a.deliver(replace(msg, proof_height=Height(0, 9999)))


def test_timeout_verification_failed(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 1))
    msg = a.msg_timeout(packet)
    with pytest.raises(ErrFailedPacketReceiptVerification):
        a.deliver(replace(msg, proof_unreceived=b"another"))
    with pytest.raises(ErrInvalidProof):
        a.deliver(replace(msg, proof_unreceived=b""))


def test_timeout_on_an_ordered_channel_is_later(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 1))
    a.set_channel(ordering=Order.ORDERED)
    with pytest.raises(FeatureLater):
        a.deliver(a.msg_timeout(packet))


def test_timeout_callback_raises_and_the_commitment_stays(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 1))
    a.module.refuse.add("timed_out")
    with pytest.raises(RefusedByModuleError):
        a.deliver(a.msg_timeout(packet))
    assert a.commitment(packet) == packet.commitment


def test_timeout_after_our_own_end_is_closed(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 1))
    a.deliver(a.msg_close_init())
    assert a.deliver(a.msg_timeout(packet)).result is ResultType.SUCCESS


# --- TimeoutOnClose ---


def closed(pair: Pair) -> Pair:
    a, b = pair
    b.deliver(b.msg_close_init())
    return a, b


def test_on_close_success_unordered(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    closed((a, b))
    assert a.deliver(a.msg_timeout_on_close(packet)).result is ResultType.SUCCESS
    assert a.commitment(packet) is None
    assert a.events[-1].type == "timeout_on_close_packet"
    assert a.deliver(a.msg_timeout_on_close(packet)).result is ResultType.NOOP


def test_on_close_channel_verification_failed(opened: Pair) -> None:
    a, _ = opened
    packet = a.send()
    with pytest.raises(ErrFailedChannelStateVerification):
        a.deliver(a.msg_timeout_on_close(packet))


def test_on_close_packet_already_received(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    b.deliver(b.msg_recv(packet))
    closed((a, b))
    with pytest.raises(ErrFailedPacketReceiptVerification):
        a.deliver(a.msg_timeout_on_close(packet))


def test_on_close_of_another_channel(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    msg = a.msg_timeout_on_close(packet)
    other = paths.channel(PORT, "channel-9")
    b.store.set(other, replace(b.channel, state=ChannelState.CLOSED).encode())
    proof, height = b.prove(other)
    wrong = replace(msg, proof_close=proof, proof_height=height)
    with pytest.raises(ErrFailedChannelStateVerification):
        a.deliver(wrong)


def test_on_close_malformed(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    closed((a, b))
    msg = a.msg_timeout_on_close(packet)
    with pytest.raises(ErrInvalidProof):
        a.deliver(replace(msg, proof_close=b""))
    with pytest.raises(ErrInvalidProof):
        a.deliver(replace(msg, proof_unreceived=b""))
    with pytest.raises(ErrInvalidPacket):
        a.deliver(replace(msg, packet=replace(packet, data=b"another")))
    with pytest.raises(ErrInvalidPacket):
        a.deliver(replace(msg, packet=replace(packet, destination_port="other")))


def test_on_close_ordered_is_later(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    b.set_channel(ordering=Order.ORDERED)
    closed((a, b))
    a.set_channel(ordering=Order.ORDERED)
    with pytest.raises(FeatureLater):
        a.deliver(a.msg_timeout_on_close(packet))
