"""ibc-go's named cases of packets (04-channel/keeper/packet_test.go, keeper/msg_server_test.go)."""

from dataclasses import replace

import pytest

from corda_sim.ibc.channel.acknowledgement import Acknowledgement, RawAcknowledgement
from corda_sim.ibc.channel.packet import RECEIPT, Packet, commit_acknowledgement
from corda_sim.ibc.channel.receiving import write_acknowledgement
from corda_sim.ibc.channel.types import ChannelState, Order
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.connection.types import ConnectionState
from corda_sim.ibc.errors import (
    ErrAcknowledgementExists,
    ErrChannelNotFound,
    ErrClientFrozen,
    ErrDelayPeriodNotPassed,
    ErrFailedPacketAckVerification,
    ErrFailedPacketCommitmentVerification,
    ErrInvalidAcknowledgement,
    ErrInvalidChannelState,
    ErrInvalidConnectionState,
    ErrInvalidPacket,
    ErrInvalidProof,
    ErrSequenceSendNotFound,
    ErrTimeoutElapsed,
    FeatureLater,
)
from corda_sim.ibc.host import paths
from corda_sim.ibc.numbers import read_number
from corda_sim.ibc.router import ResultType
from tests.unit.ibc.chain import PORT, SECOND, Chain, RefusedByModuleError

Pair = tuple[Chain, Chain]
SUCCESS = Acknowledgement(result=b"\x01").encode()


def receipt(chain: Chain, packet: Packet) -> bytes | None:
    return chain.store.get(paths.packet_receipt(PORT, chain.channel_id, packet.sequence))


def acknowledgement(chain: Chain, packet: Packet) -> bytes | None:
    return chain.store.get(paths.packet_acknowledgement(PORT, chain.channel_id, packet.sequence))


# --- SendPacket ---


def test_send_commits_and_counts(opened: Pair) -> None:
    a, b = opened
    packets = [a.send(b"%d" % number) for number in range(3)]
    assert [packet.sequence for packet in packets] == [1, 2, 3]
    assert {packet.destination_channel for packet in packets} == {b.channel_id}
    assert all(a.commitment(packet) == packet.commitment for packet in packets)
    assert read_number(a.store, paths.next_sequence_send(PORT, a.channel_id)) == 4


def test_send_event(opened: Pair) -> None:
    a, b = opened
    a.send(b"\x01\xff", Height(0, 10**6), 5_000 * SECOND)
    assert a.events[-1].type == "send_packet"
    assert a.events[-1].attributes == (
        ("packet_data_hex", "01ff"),
        ("packet_timeout_height", "0-1000000"),
        ("packet_timeout_timestamp", str(5_000 * SECOND)),
        ("packet_sequence", "1"),
        ("packet_src_port", PORT),
        ("packet_src_channel", a.channel_id),
        ("packet_dst_port", PORT),
        ("packet_dst_channel", b.channel_id),
        ("packet_channel_ordering", "ORDER_UNORDERED"),
        ("packet_connection", a.connection_id),
    )


def test_send_basic_validation_failed_empty_packet_data(opened: Pair) -> None:
    a, _ = opened
    with pytest.raises(ErrInvalidPacket):
        a.send(b"")


def test_send_without_any_timeout(opened: Pair) -> None:
    a, _ = opened
    with pytest.raises(ErrInvalidPacket):
        a.send(height=Height())


def test_send_channel_not_found(opened: Pair) -> None:
    a, _ = opened
    a.channel_id = "channel-9"
    with pytest.raises(ErrChannelNotFound):
        a.send()


@pytest.mark.parametrize("state", [ChannelState.INIT, ChannelState.TRYOPEN, ChannelState.CLOSED])
def test_send_channel_is_not_open(opened: Pair, state: ChannelState) -> None:
    a, _ = opened
    a.set_channel(state=state)
    with pytest.raises(ErrInvalidChannelState):
        a.send()


def test_send_client_state_not_active(opened: Pair) -> None:
    a, _ = opened
    a.set_client(frozen=True)
    with pytest.raises(ErrClientFrozen):
        a.send()


def test_send_timeout_height_passed(opened: Pair) -> None:
    a, b = opened
    b.advance()
    with pytest.raises(ErrTimeoutElapsed):
        a.send(height=Height(0, b.height))
    assert a.send(height=Height(0, b.height + 1)).sequence


def test_send_timeout_timestamp_passed(opened: Pair) -> None:
    a, b = opened
    b.advance()
    with pytest.raises(ErrTimeoutElapsed):
        a.send(height=Height(), timestamp=b.time)
    assert a.send(height=Height(), timestamp=b.time + 1).sequence


def test_send_next_sequence_not_found(opened: Pair) -> None:
    a, _ = opened
    a.store.delete(paths.next_sequence_send(PORT, a.channel_id))
    with pytest.raises(ErrSequenceSendNotFound):
        a.send()


# --- RecvPacket ---


def test_recv_success(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    assert b.deliver(b.msg_recv(packet)).result is ResultType.SUCCESS
    assert receipt(b, packet) == RECEIPT
    assert acknowledgement(b, packet) == commit_acknowledgement(SUCCESS)
    assert b.module.calls[-1] == ("recv", 1)
    assert b.store.get("app/1") == packet.data
    assert [one.type for one in b.events[-2:]] == ["recv_packet", "write_acknowledgement"]
    assert b.events[-1]["packet_ack_hex"] == SUCCESS.hex()


def test_recv_success_with_out_of_order_packet_unordered(opened: Pair) -> None:
    a, b = opened
    first, second = a.send(), a.send()
    b.deliver(b.msg_recv(second))
    b.deliver(b.msg_recv(first))
    assert receipt(b, first) == receipt(b, second) == RECEIPT


def test_recv_packet_already_relayed_unordered_is_a_noop(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    b.deliver(b.msg_recv(packet))
    msg = b.msg_recv(packet)
    before, events, calls = dict(b.store.values), len(b.events), len(b.module.calls)
    assert b.deliver(msg).result is ResultType.NOOP
    assert b.store.values == before
    assert (len(b.events), len(b.module.calls)) == (events, calls)


def test_recv_on_an_ordered_channel_is_later(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    msg = b.msg_recv(packet)
    b.set_channel(ordering=Order.ORDERED)
    with pytest.raises(FeatureLater):
        b.deliver(msg)


def test_recv_replayed_after_its_acknowledgement_is_a_noop(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    old = b.msg_recv(packet)
    b.deliver(old)
    a.deliver(a.msg_ack(packet, SUCCESS))
    assert b.deliver(old).result is ResultType.NOOP


def test_recv_channel_not_found(opened: Pair) -> None:
    a, b = opened
    msg = b.msg_recv(a.send())
    packet = replace(msg.packet, destination_channel="channel-8")
    with pytest.raises(ErrChannelNotFound):
        b.deliver(replace(msg, packet=packet))


@pytest.mark.parametrize("state", [ChannelState.INIT, ChannelState.TRYOPEN, ChannelState.CLOSED])
def test_recv_channel_not_open(opened: Pair, state: ChannelState) -> None:
    a, b = opened
    msg = b.msg_recv(a.send())
    b.set_channel(state=state)
    with pytest.raises(ErrInvalidChannelState):
        b.deliver(msg)


@pytest.mark.parametrize("change", [{"source_port": "other"}, {"source_channel": "channel-3"}])
def test_recv_packet_source_is_not_the_counterparty(opened: Pair, change: dict[str, str]) -> None:
    a, b = opened
    msg = b.msg_recv(a.send())
    with pytest.raises(ErrInvalidPacket):
        b.deliver(replace(msg, packet=replace(msg.packet, **change)))  # type: ignore[arg-type]


def test_recv_connection_is_not_open(opened: Pair) -> None:
    a, b = opened
    msg = b.msg_recv(a.send())
    b.set_connection(state=ConnectionState.INIT)
    with pytest.raises(ErrInvalidConnectionState):
        b.deliver(msg)


def test_recv_timeout_height_passed(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 3))
    msg = b.msg_recv(packet)
    b.height = packet.timeout_height.revision_height
    with pytest.raises(ErrTimeoutElapsed):
        b.deliver(msg)
    b.height -= 1
    assert b.deliver(msg).result is ResultType.SUCCESS


def test_recv_timeout_timestamp_passed(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(), timestamp=b.time + 60 * SECOND)
    msg = b.msg_recv(packet)
    b.time = packet.timeout_timestamp
    with pytest.raises(ErrTimeoutElapsed):
        b.deliver(msg)
    b.time -= 1
    assert b.deliver(msg).result is ResultType.SUCCESS


@pytest.mark.parametrize(
    "change",
    [
        {"data": b"altered"},
        {"sequence": 2},
        {"timeout_timestamp": 10**18},
        {"timeout_height": Height(0, 10**6 + 1)},
    ],
)
def test_recv_altered_packet(opened: Pair, change: dict[str, object]) -> None:
    a, b = opened
    msg = b.msg_recv(a.send())
    altered = replace(msg.packet, **change)  # type: ignore[arg-type]
    with pytest.raises(ErrFailedPacketCommitmentVerification):
        b.deliver(replace(msg, packet=altered))
    assert receipt(b, altered) is None


def test_recv_validation_failed(opened: Pair) -> None:
    a, b = opened
    msg = b.msg_recv(a.send())
    with pytest.raises(ErrFailedPacketCommitmentVerification):
        b.deliver(replace(msg, proof_commitment=b"another"))
    with pytest.raises(ErrFailedPacketCommitmentVerification):
        b.deliver(replace(msg, proof_height=Height(0, msg.proof_height.revision_height - 1)))
    with pytest.raises(ErrInvalidProof):
        b.deliver(replace(msg, proof_commitment=b""))


def test_recv_with_a_proof_of_another_channel(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    path = paths.packet_commitment(PORT, "channel-1", packet.sequence)
    a.store.set(path, packet.commitment)
    proof, height = a.prove(path)
    msg = replace(b.msg_recv(packet), proof_commitment=proof, proof_height=height)
    with pytest.raises(ErrFailedPacketCommitmentVerification):
        b.deliver(msg)


def test_recv_with_a_frozen_client(opened: Pair) -> None:
    a, b = opened
    msg = b.msg_recv(a.send())
    b.set_client(frozen=True)
    with pytest.raises(ErrClientFrozen):
        b.deliver(msg)


def test_recv_before_the_connections_delay_has_passed(opened: Pair) -> None:
    a, b = opened
    b.set_connection(delay_period=5 * SECOND)
    msg = b.msg_recv(a.send())
    b.time += 5 * SECOND - 1
    with pytest.raises(ErrDelayPeriodNotPassed):
        b.deliver(msg)
    b.time += 1
    assert b.deliver(msg).result is ResultType.SUCCESS


def test_recv_callback_returns_an_error_acknowledgement(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    b.module.answer = Acknowledgement.of_error(1)
    assert b.deliver(b.msg_recv(packet)).result is ResultType.SUCCESS
    assert b.store.get("app/1") is None
    assert receipt(b, packet) == RECEIPT
    assert acknowledgement(b, packet) == commit_acknowledgement(b.module.answer.encode())


def test_recv_callback_raises_and_nothing_stays(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    msg = b.msg_recv(packet)
    b.module.refuse.add("recv")
    before = dict(b.store.values)
    with pytest.raises(RefusedByModuleError):
        b.deliver(msg)
    assert b.store.values == before


# --- WriteAcknowledgement ---


def test_async_acknowledgement(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    b.module.answer = None
    b.deliver(b.msg_recv(packet))
    assert acknowledgement(b, packet) is None
    assert b.store.get("app/1") == packet.data
    write_acknowledgement(b.context, packet, RawAcknowledgement(b"later"))
    assert acknowledgement(b, packet) == commit_acknowledgement(b"later")
    assert a.deliver(a.msg_ack(packet, b"later")).result is ResultType.SUCCESS


def test_write_acknowledgement_twice(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    b.deliver(b.msg_recv(packet))
    with pytest.raises(ErrAcknowledgementExists):
        write_acknowledgement(b.context, packet, RawAcknowledgement(b"another"))


def test_write_empty_acknowledgement(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    b.module.answer = None
    b.deliver(b.msg_recv(packet))
    with pytest.raises(ErrInvalidAcknowledgement):
        write_acknowledgement(b.context, packet, RawAcknowledgement(b""))


def test_write_acknowledgement_of_a_packet_that_never_came(opened: Pair) -> None:
    a, b = opened
    with pytest.raises(ErrInvalidPacket):
        write_acknowledgement(b.context, a.send(), RawAcknowledgement(b"x"))


def test_write_acknowledgement_on_a_closed_channel(opened: Pair) -> None:
    a, b = opened
    packet = a.send()
    b.module.answer = None
    b.deliver(b.msg_recv(packet))
    b.deliver(b.msg_close_init())
    with pytest.raises(ErrInvalidChannelState):
        write_acknowledgement(b.context, packet, RawAcknowledgement(b"x"))


# --- AcknowledgePacket ---


def received(pair: Pair) -> tuple[Chain, Chain, Packet]:
    a, b = pair
    packet = a.send()
    b.deliver(b.msg_recv(packet))
    return a, b, packet


def test_ack_success(opened: Pair) -> None:
    a, _, packet = received(opened)
    a.deliver(a.msg_ack(packet, SUCCESS))
    assert a.commitment(packet) is None
    assert a.module.calls[-1] == ("acknowledged", 1, SUCCESS)
    assert a.events[-1].type == "acknowledge_packet"


def test_unordered_acknowledge_out_of_order_packet(opened: Pair) -> None:
    a, b, first = received(opened)
    second = a.send()
    b.deliver(b.msg_recv(second))
    a.deliver(a.msg_ack(second, SUCCESS))
    assert (a.commitment(second), a.commitment(first)) == (None, first.commitment)


def test_ack_packet_already_acknowledged_is_a_noop(opened: Pair) -> None:
    a, _, packet = received(opened)
    msg = a.msg_ack(packet, SUCCESS)
    a.deliver(msg)
    calls = len(a.module.calls)
    assert a.deliver(msg).result is ResultType.NOOP
    assert len(a.module.calls) == calls


def test_ack_packet_hasnt_been_sent_is_a_noop(opened: Pair) -> None:
    a, _, packet = received(opened)
    msg = a.msg_ack(packet, SUCCESS)
    a.store.delete(paths.packet_commitment(PORT, a.channel_id, packet.sequence))
    assert a.deliver(msg).result is ResultType.NOOP


def test_ack_packet_commitment_bytes_do_not_match(opened: Pair) -> None:
    a, _, packet = received(opened)
    msg = a.msg_ack(packet, SUCCESS)
    with pytest.raises(ErrInvalidPacket):
        a.deliver(replace(msg, packet=replace(packet, data=b"another")))


def test_ack_verification_failed(opened: Pair) -> None:
    a, _, packet = received(opened)
    msg = a.msg_ack(packet, SUCCESS)
    with pytest.raises(ErrFailedPacketAckVerification):
        a.deliver(replace(msg, acknowledgement=Acknowledgement.of_error(1).encode()))
    with pytest.raises(ErrFailedPacketAckVerification):
        a.deliver(replace(msg, proof_acked=b"another"))


def test_ack_on_an_ordered_channel_is_later(opened: Pair) -> None:
    """Such a channel counts its acknowledgements (next ack sequence mismatch ORDERED)."""
    a, b = opened
    packet = a.send()
    b.deliver(b.msg_recv(packet))
    msg = a.msg_ack(packet, SUCCESS)
    a.set_channel(ordering=Order.ORDERED)
    with pytest.raises(FeatureLater):
        a.deliver(msg)
    assert a.commitment(packet) is not None


def test_acknowledgement_of_another_packet(opened: Pair) -> None:
    a, b, first = received(opened)
    second = a.send()
    b.module.answer = Acknowledgement.of_error(1)
    b.deliver(b.msg_recv(second))
    other = a.msg_ack(second, b.module.answer.encode())
    with pytest.raises(ErrFailedPacketAckVerification):
        a.deliver(replace(other, packet=first))


def test_ack_malformed(opened: Pair) -> None:
    a, _, packet = received(opened)
    msg = a.msg_ack(packet, SUCCESS)
    with pytest.raises(ErrInvalidAcknowledgement):
        a.deliver(replace(msg, acknowledgement=b""))
    with pytest.raises(ErrInvalidProof):
        a.deliver(replace(msg, proof_acked=b""))
    with pytest.raises(ErrInvalidPacket):
        a.deliver(replace(msg, packet=replace(packet, sequence=0)))


def test_ack_packet_destination_is_not_the_counterparty(opened: Pair) -> None:
    a, _, packet = received(opened)
    msg = a.msg_ack(packet, SUCCESS)
    for change in ({"destination_port": "other"}, {"destination_channel": "channel-9"}):
        with pytest.raises(ErrInvalidPacket):
            a.deliver(replace(msg, packet=replace(packet, **change)))  # type: ignore[arg-type]


def test_ack_channel_not_open_or_connection_not_open(opened: Pair) -> None:
    a, _, packet = received(opened)
    msg = a.msg_ack(packet, SUCCESS)
    a.set_connection(state=ConnectionState.INIT)
    with pytest.raises(ErrInvalidConnectionState):
        a.deliver(msg)
    a.set_channel(state=ChannelState.CLOSED)
    with pytest.raises(ErrInvalidChannelState):
        a.deliver(msg)


def test_ack_callback_raises_and_the_commitment_stays(opened: Pair) -> None:
    a, _, packet = received(opened)
    a.module.refuse.add("acknowledged")
    with pytest.raises(RefusedByModuleError):
        a.deliver(a.msg_ack(packet, SUCCESS))
    assert a.commitment(packet) == packet.commitment


def test_three_redundant_messages_of_each_type_do_nothing(opened: Pair) -> None:
    a, b = opened
    packet = a.send(height=Height(0, b.height + 20))
    recv = b.msg_recv(packet)
    b.deliver(recv)
    a.deliver(a.msg_ack(packet, SUCCESS))
    for _ in range(3):
        assert b.deliver(recv).result is ResultType.NOOP
        assert a.deliver(a.msg_ack(packet, SUCCESS)).result is ResultType.NOOP
    b.height += 20
    for _ in range(3):
        assert a.deliver(a.msg_timeout(packet)).result is ResultType.NOOP
