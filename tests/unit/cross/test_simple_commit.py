"""Use case 1 through IBC: A coordinates, B takes part, and all the ways in which it goes wrong."""

from dataclasses import replace

import pytest

from corda_sim.core.errors import DecodeError
from corda_sim.cross.atomic.simple.packets import CALL_RESULT
from corda_sim.cross.atomic.simple.types import (
    CommitStatus,
    PacketAcknowledgementCall,
    PacketDataCall,
)
from corda_sim.cross.atomic.states import coordinator_state, own_call, served_call
from corda_sim.cross.atomic.types import (
    ContractTransactionState,
    ContractTransactionStatus,
    CoordinatorDecision,
    CoordinatorPhase,
    CoordinatorState,
    PrepareResult,
)
from corda_sim.cross.errors import ErrTxNotFound, ErrUnexpectedPacket, ErrUnexpectedState
from corda_sim.cross.packets.types import Acknowledgement, Header, HeaderField, PacketData
from corda_sim.cross.ports import CROSS_PORT
from corda_sim.cross.queries import Stage, tx_status
from corda_sim.cross.tx.types import CommitProtocol, ReturnValue
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import (
    ErrFailedPacketAckVerification,
    ErrFailedPacketReceiptVerification,
    ErrTimeoutElapsed,
    ErrTimeoutNotReached,
)
from corda_sim.ibc.moment import NANOS_PER_SECOND
from corda_sim.ibc.router import ResultType
from tests.unit.cross.world import (
    COIN,
    EXPIRES,
    FAILED,
    NFT,
    OK,
    PAY,
    REFUSE,
    TRANSFER,
    LeftOutError,
    World,
    succeeded,
)

STATUS = ContractTransactionStatus


def state_of(world: World, tx_id: bytes) -> tuple[CoordinatorState, ContractTransactionState]:
    state, own = coordinator_state(world.a.store, tx_id), own_call(world.a.store, tx_id)
    assert state is not None
    assert own is not None
    return state, own


def call_of(packet: Packet) -> PacketDataCall:
    return PacketData.decode(packet.data).payload.unpack(PacketDataCall)


# --- it goes well ---


def test_the_last_signature_locks_and_sends_the_call(world: World) -> None:
    tx_id, packet = world.started_call()
    state, own = state_of(world, tx_id)
    assert state == CoordinatorState(
        CommitProtocol.SIMPLE,
        (SELF, world.a.end(CROSS_PORT)),
        CoordinatorPhase.PREPARE,
        confirmed_txs=(0,),
    )
    assert own == ContractTransactionState(STATUS.PREPARE, PrepareResult.OK, SELF)
    assert (world.a.value(COIN), len(world.a.locks)) == (None, 1)
    call = call_of(packet)
    assert (call.tx_id, call.tx.call_info) == (tx_id, TRANSFER)
    assert call.tx.signers == world.msg().contract_transactions[1].signers


def test_the_call_times_out_with_the_transaction(world: World) -> None:
    _, packet = world.started_call()
    assert packet.timeout_timestamp == EXPIRES * NANOS_PER_SECOND
    assert packet.timeout_height.is_zero


def test_the_call_of_a_transaction_without_time_out_never_times_out(world: World) -> None:
    msg = replace(world.msg(), timeout_timestamp=0)
    world.a.do(msg)
    world.receive(world.a, world.sign(msg.tx_id))
    packet = world.a.sent()[-1]
    assert (packet.timeout_height, packet.timeout_timestamp) == (Height(0, 2**64 - 1), 0)


def test_both_chains_commit(world: World) -> None:
    tx_id, packet = world.started_call()
    assert succeeded(world.receive(world.b, packet))
    assert world.b.value(NFT) == b"alice"
    assert world.b.ack_of(packet) == OK
    served = served_call(world.b.store, world.b.end(CROSS_PORT), tx_id)
    assert served == ContractTransactionState(
        STATUS.COMMIT, PrepareResult.OK, world.b.end(CROSS_PORT)
    )
    assert succeeded(world.acknowledge(world.a, packet))
    state, own = state_of(world, tx_id)
    assert (state.phase, state.decision) == (CoordinatorPhase.COMMIT, CoordinatorDecision.COMMIT)
    assert (state.confirmed_txs, state.acks) == ((0, 1), (0, 1))
    assert own.status is STATUS.COMMIT
    assert (world.a.value(COIN), world.a.locks) == (b"bob", [])
    assert world.stage(tx_id) is Stage.COMMITTED


def test_what_the_call_returned_comes_back_in_the_header(world: World) -> None:
    tx_id, packet = world.started_call(other=b"answer 42")
    world.receive(world.b, packet)
    answer = PacketData.decode(Acknowledgement.decode(world.b.ack_of(packet)).result)
    assert answer.header == Header((HeaderField(CALL_RESULT, b"42"),))
    assert answer.payload == AnyMessage.pack(PacketAcknowledgementCall(CommitStatus.OK))
    world.acknowledge(world.a, packet)
    assert tx_status(world.a.store, world.a.context.now, tx_id).result == b"42"


# --- the contracts refuse ---


def test_a_refused_own_call_aborts_without_a_packet(world: World) -> None:
    tx_id = world.start(own=REFUSE)
    assert succeeded(world.receive(world.a, world.sign(tx_id)))
    state, own = state_of(world, tx_id)
    assert (state.phase, state.decision) == (CoordinatorPhase.COMMIT, CoordinatorDecision.ABORT)
    assert (state.confirmed_txs, state.acks) == ((0,), ())
    assert own == ContractTransactionState(STATUS.ABORT, PrepareResult.FAILED)
    assert world.a.sent() == []
    assert world.stage(tx_id) is Stage.ABORTED


def test_a_refused_other_call_aborts_both(world: World) -> None:
    tx_id, packet = world.started_call(other=REFUSE)
    world.receive(world.b, packet)
    assert world.b.ack_of(packet) == FAILED
    served = served_call(world.b.store, world.b.end(CROSS_PORT), tx_id)
    assert served is not None
    assert (served.status, served.prepare_result) == (STATUS.ABORT, PrepareResult.FAILED)
    world.acknowledge(world.a, packet)
    state, own = state_of(world, tx_id)
    assert (state.decision, own.status) == (CoordinatorDecision.ABORT, STATUS.ABORT)
    assert (world.a.value(COIN), world.a.locks, world.b.value(NFT)) == (None, [], None)


def test_what_is_locked_makes_others_fail(world: World) -> None:
    world.started_call()
    second = replace(world.msg(), nonce=8)
    world.a.do(second)
    world.receive(world.a, world.sign(second.tx_id))
    assert world.stage(second.tx_id) is Stage.ABORTED
    assert "locked" in world.a.event("cross_prepare_refused")["reason"]


def test_a_call_that_cannot_be_judged_isnt_received_and_may_come_again(world: World) -> None:
    tx_id, packet = world.started_call(other=b"broken")
    with pytest.raises(LeftOutError):
        world.receive(world.b, packet)
    assert served_call(world.b.store, world.b.end(CROSS_PORT), tx_id) is None
    assert world.stage(tx_id) is Stage.PREPARED
    world.time_out(world.a, packet, EXPIRES)
    assert world.stage(tx_id) is Stage.ABORTED


def test_a_signature_whose_run_cannot_be_judged_may_come_again(world: World) -> None:
    tx_id = world.start(own=b"broken")
    packet = world.sign(tx_id)
    with pytest.raises(LeftOutError):
        world.receive(world.a, packet)
    assert world.stage(tx_id) is Stage.PENDING


# --- acknowledgements ---


@pytest.mark.parametrize("result", [b"", b"ABCI code: 5", b"\xff\xff"])
def test_an_acknowledgement_without_success_aborts(world: World, result: bytes) -> None:
    tx_id, packet = world.started_call()
    ack = Acknowledgement(is_success=False, result=result).encode() or b"\x08\x00"
    world.a.context.modules[CROSS_PORT].on_acknowledgement_packet(world.a.context, packet, ack)
    assert world.stage(tx_id) is Stage.ABORTED
    assert world.a.locks == []


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (PacketData.of(PacketAcknowledgementCall()).encode(), ErrUnexpectedPacket),
        (b"\xff", DecodeError),
        (PacketData.of(SELF).encode(), DecodeError),
        (b"", DecodeError),
    ],
)
def test_an_acknowledgement_that_says_nothing_decides_nothing(
    world: World, result: bytes, error: type[Exception]
) -> None:
    tx_id, packet = world.started_call()
    ack = Acknowledgement(is_success=True, result=result).encode()
    module = world.a.context.modules[CROSS_PORT]
    with pytest.raises(error):
        module.on_acknowledgement_packet(world.a.context, packet, ack)
    assert world.stage(tx_id) is Stage.PREPARED


def test_another_acknowledgement_than_was_written_is_not_proven(world: World) -> None:
    tx_id, packet = world.started_call(other=REFUSE)
    world.receive(world.b, packet)
    with pytest.raises(ErrFailedPacketAckVerification):
        world.acknowledge(world.a, packet, OK)
    assert world.stage(tx_id) is Stage.PREPARED


def test_a_second_acknowledgement_changes_nothing(world: World) -> None:
    tx_id, packet = world.started_call()
    world.receive(world.b, packet)
    world.acknowledge(world.a, packet)
    before = dict(world.a.store.values)
    assert world.acknowledge(world.a, packet).result is ResultType.NOOP
    assert {k: v for k, v in world.a.store.values.items() if k.startswith("cross/")} == {
        k: v for k, v in before.items() if k.startswith("cross/")
    }
    assert world.stage(tx_id) is Stage.COMMITTED


def test_decided_transactions_stay_decided(world: World) -> None:
    _, packet = world.started_call()
    world.receive(world.b, packet)
    world.acknowledge(world.a, packet)
    module = world.a.context.modules[CROSS_PORT]
    with pytest.raises(ErrUnexpectedState):
        module.on_acknowledgement_packet(world.a.context, packet, FAILED)
    with pytest.raises(ErrUnexpectedState):
        module.on_timeout_packet(world.a.context, packet)
    assert world.a.value(COIN) == b"bob"


def test_an_answer_by_another_channel_decides_nothing(world: World) -> None:
    tx_id, packet = world.started_call()
    world.open_channel(CROSS_PORT)
    other = replace(packet, source_channel=world.a.channels[CROSS_PORT])
    module = world.a.context.modules[CROSS_PORT]
    with pytest.raises(ErrUnexpectedState):
        module.on_acknowledgement_packet(world.a.context, other, OK)
    with pytest.raises(ErrUnexpectedState):
        module.on_timeout_packet(world.a.context, other)
    assert world.stage(tx_id) is Stage.PREPARED


def test_an_answer_to_an_unknown_transaction_is_refused(world: World) -> None:
    _, packet = world.started_call()
    stranger = PacketData.of(replace(call_of(packet), tx_id=bytes(32))).encode()
    module = world.a.context.modules[CROSS_PORT]
    with pytest.raises(ErrTxNotFound):
        module.on_acknowledgement_packet(world.a.context, replace(packet, data=stranger), OK)


# --- time-outs ---


def test_a_call_proven_not_to_have_come_in_time_is_given_up(world: World) -> None:
    tx_id, packet = world.started_call()
    with pytest.raises(ErrTimeoutNotReached):
        world.time_out(world.a, packet)
    assert world.a.locks
    assert succeeded(world.time_out(world.a, packet, EXPIRES))
    state, own = state_of(world, tx_id)
    assert (state.phase, state.decision) == (CoordinatorPhase.COMMIT, CoordinatorDecision.ABORT)
    assert (state.confirmed_txs, state.acks, own.status) == ((0,), (0,), STATUS.ABORT)
    assert (world.a.value(COIN), world.a.locks) == (None, [])
    with pytest.raises(ErrTimeoutElapsed):
        world.receive(world.b, packet)


def test_the_coordinators_own_clock_releases_nothing(world: World) -> None:
    tx_id, packet = world.started_call()
    world.a.advance(EXPIRES * 2)
    assert world.stage(tx_id) is Stage.PREPARED
    world.receive(world.b, packet)
    world.acknowledge(world.a, packet)
    assert world.stage(tx_id) is Stage.COMMITTED


def test_a_received_call_cannot_time_out(world: World) -> None:
    tx_id, packet = world.started_call()
    world.receive(world.b, packet)
    with pytest.raises(ErrFailedPacketReceiptVerification):
        world.time_out(world.a, packet, EXPIRES)
    assert succeeded(world.acknowledge(world.a, packet))
    assert world.stage(tx_id) is Stage.COMMITTED


def test_a_late_acknowledgement_changes_nothing(world: World) -> None:
    tx_id, packet = world.started_call()
    world.time_out(world.a, packet, EXPIRES)
    assert world.acknowledge(world.a, packet, OK).result is ResultType.NOOP
    assert world.stage(tx_id) is Stage.ABORTED


def test_a_call_on_a_closed_channel_is_given_up(world: World) -> None:
    tx_id, packet = world.started_call()
    world.close(world.b, CROSS_PORT)
    assert succeeded(world.time_out_on_close(world.a, packet))
    assert world.stage(tx_id) is Stage.ABORTED
    assert world.a.locks == []


# --- the participant ---


def send_call(world: World, tx_id: bytes, info: bytes, channel: str) -> Packet:
    """A call of a coordinator who does as he likes."""
    resolved = replace(call_of(world.started_call()[1]).tx, call_info=info)
    data = PacketData.of(PacketDataCall(tx_id, resolved)).encode()
    msg = SendPacket(CROSS_PORT, channel, data, Height(0, 10**6))
    return send_packet(world.a.context, msg)


def test_a_transaction_is_called_once(world: World) -> None:
    channel = world.a.channels[CROSS_PORT]
    first = send_call(world, bytes(32), b"put nft carol", channel)
    data = PacketData.of(replace(call_of(first), tx=replace(call_of(first).tx, call_info=TRANSFER)))
    second = send_packet(
        world.a.context, SendPacket(CROSS_PORT, channel, data.encode(), Height(0, 10**6))
    )
    for packet in (first, second):
        world.receive(world.b, packet)
    assert (world.b.ack_of(first), world.b.ack_of(second)) == (OK, FAILED)
    assert world.b.value(NFT) == b"carol"


def test_a_strangers_channel_cannot_take_anothers_id(world: World) -> None:
    ours = world.a.channels[CROSS_PORT]
    tx_id, packet = world.started_call()
    world.open_channel(CROSS_PORT)
    data = PacketData.of(replace(call_of(packet), tx=replace(call_of(packet).tx, call_info=REFUSE)))
    msg = SendPacket(CROSS_PORT, world.a.channels[CROSS_PORT], data.encode(), Height(0, 10**6))
    stranger = send_packet(world.a.context, msg)
    assert stranger.source_channel != ours
    world.receive(world.b, stranger)
    world.receive(world.b, packet)
    assert (world.b.ack_of(stranger), world.b.ack_of(packet)) == (FAILED, OK)
    assert served_call(world.b.store, ChannelInfo(CROSS_PORT, "channel-9"), tx_id) is None


def test_a_declared_return_value_is_demanded(world: World) -> None:
    for declared, expected in ((b"42", Stage.COMMITTED), (b"43", Stage.ABORTED)):
        msg = world.msg(own=PAY, other=b"answer 42")
        own, other = msg.contract_transactions
        other = replace(other, return_value=ReturnValue(declared))
        msg = replace(msg, contract_transactions=(own, other))
        world.a.do(msg)
        world.receive(world.a, world.sign(msg.tx_id))
        packet = world.a.sent()[-1]
        world.receive(world.b, packet)
        world.acknowledge(world.a, packet)
        assert world.stage(msg.tx_id) is expected
