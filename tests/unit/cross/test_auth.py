"""Signatures: of accounts here, and of the other chain's by packet."""

from dataclasses import replace

import pytest

from corda_sim.cross.auth.signing import auth_state
from corda_sim.cross.auth.types import (
    Account,
    MsgIBCSignTx,
    MsgSignTx,
    MsgSignTxResponse,
    PacketAcknowledgementIBCSignTx,
    PacketDataIBCSignTx,
    SignStatus,
)
from corda_sim.cross.errors import (
    ErrAuthCompleted,
    ErrInvalidCrossChainChannel,
    ErrInvalidTransaction,
    ErrNotSigned,
    ErrTxNotFound,
    ErrTxTimeout,
)
from corda_sim.cross.packets.types import Acknowledgement, PacketData
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.cross.queries import Stage
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import ErrFailedPacketCommitmentVerification, ErrTimeoutElapsed
from corda_sim.ibc.router import ResultType
from tests.unit.cross.world import ALICE, BOB, CAROL, EXPIRES, World, succeeded
from tests.unit.ibc.chain import NEVER, SECOND


def answered(status: SignStatus) -> bytes:
    result = PacketData.of(PacketAcknowledgementIBCSignTx(status)).encode()
    return Acknowledgement(is_success=True, result=result).encode()


SIGNED, REFUSED = answered(SignStatus.OK), answered(SignStatus.FAILED)


def take(world: World, packet: Packet) -> bytes:
    world.receive(world.a, packet)
    return world.a.ack_of(packet)


# --- by channel ---


def test_the_packet_carries_id_and_signers(world: World) -> None:
    tx_id = world.start()
    packet = world.sign(tx_id)
    data = PacketData.decode(packet.data).payload.unpack(PacketDataIBCSignTx)
    assert data == PacketDataIBCSignTx(tx_id, (BOB,), NEVER)
    assert (packet.timeout_height, packet.timeout_timestamp) == (NEVER, 0)


def test_the_last_signature_runs_the_transaction_in_the_same_receive(world: World) -> None:
    tx_id = world.start()
    assert take(world, world.sign(tx_id)) == SIGNED
    assert auth_state(world.a.store, tx_id).remaining_signers == ()
    assert world.stage(tx_id) is Stage.PREPARED


@pytest.mark.parametrize("signer", [ALICE, CAROL])
def test_a_signature_that_nobody_waits_for_is_no_error(world: World, signer: bytes) -> None:
    tx_id = world.start()
    assert take(world, world.sign(tx_id, signer)) == SIGNED
    assert world.stage(tx_id) is Stage.PENDING


def test_a_signature_by_another_channel_doesnt_count(world: World) -> None:
    tx_id = world.start()
    assert take(world, world.sign(tx_id, port=CROSS_PORT)) == SIGNED
    world.open_channel(AUTH_PORT)
    assert take(world, world.sign(tx_id)) == SIGNED
    assert world.stage(tx_id) is Stage.PENDING


def test_signatures_also_come_by_the_port_of_calls(world: World) -> None:
    """As from a Go chain, which has no other."""
    signer = Account.on_channel(BOB, world.a.end(CROSS_PORT))
    msg = world.msg(seller=signer)
    world.a.do(msg)
    assert take(world, world.sign(msg.tx_id, port=CROSS_PORT)) == SIGNED
    assert world.stage(msg.tx_id) is Stage.PREPARED


def test_a_local_signer_cannot_sign_by_channel(world: World) -> None:
    msg = world.msg(seller=Account.local(BOB))
    world.a.do(msg)
    assert take(world, world.sign(msg.tx_id)) == SIGNED
    assert world.stage(msg.tx_id) is Stage.PENDING


def test_a_signature_for_an_unknown_transaction_fails(world: World) -> None:
    world.start()
    assert take(world, world.sign(bytes(32))) == REFUSED
    assert world.a.event("cross_sign_refused")["tx_id"] == bytes(32).hex()


def test_a_signature_after_all_others_fails(world: World) -> None:
    tx_id = world.start()
    first, second = world.sign(tx_id), world.sign(tx_id)
    assert (take(world, first), take(world, second)) == (SIGNED, REFUSED)
    assert len(world.a.sent()) == 1


def test_a_signature_after_the_time_out_fails_and_locks_nothing(world: World) -> None:
    tx_id = world.start()
    packet = world.sign(tx_id)
    world.a.advance(EXPIRES)
    assert world.stage(tx_id) is Stage.EXPIRED
    assert take(world, packet) == REFUSED
    assert (world.stage(tx_id), world.a.locks, world.a.sent()) == (Stage.EXPIRED, [], [])


def test_a_transaction_that_cannot_run_is_told_by_an_event(world: World) -> None:
    tx_id = world.start()
    packet = world.sign(tx_id)
    world.b.advance(EXPIRES)
    assert take(world, packet) == SIGNED
    assert world.a.event("cross_tx_not_run")["tx_id"] == tx_id.hex()
    assert (world.stage(tx_id), world.a.locks, world.a.sent()) == (Stage.NOT_RUN, [], [])


def test_a_replayed_signature_is_a_noop(world: World) -> None:
    tx_id = world.start()
    packet = world.sign(tx_id)
    world.receive(world.a, packet)
    assert world.receive(world.a, packet).result is ResultType.NOOP
    assert len(world.a.sent()) == 1
    assert world.stage(tx_id) is Stage.PREPARED


def test_an_altered_signature_isnt_proven(world: World) -> None:
    packet = world.sign(world.start(), CAROL)
    forged = PacketData.of(PacketDataIBCSignTx(world.msg().tx_id, (BOB,), NEVER)).encode()
    with pytest.raises(ErrFailedPacketCommitmentVerification):
        world.receive(world.a, replace(packet, data=forged))


# --- what becomes of it where it was sent ---


@pytest.mark.parametrize(
    ("ack", "status"),
    [(SIGNED, "OK"), (REFUSED, "FAILED"), (b"\x08\x00", "FAILED"), (b"\x12\x01x", "FAILED")],
)
def test_the_signer_learns_the_answer(world: World, ack: bytes, status: str) -> None:
    packet = world.sign(world.start())
    module = world.b.context.modules[AUTH_PORT]
    module.on_acknowledgement_packet(world.b.context, packet, ack)
    told = world.b.event("cross_sign_answered")
    assert (told["status"], told["sequence"]) == (status, str(packet.sequence))


def test_the_signer_learns_the_answer_through_ibc(world: World) -> None:
    packet = world.sign(world.start())
    world.receive(world.a, packet)
    assert succeeded(world.acknowledge(world.b, packet))
    assert world.b.event("cross_sign_answered")["status"] == "OK"


def test_a_signature_that_never_arrives_times_out(world: World) -> None:
    tx_id = world.start()
    xcc = AnyMessage.pack(world.b.end(AUTH_PORT))
    deadline = (world.a.time // SECOND + 60) * SECOND
    world.b.do(MsgIBCSignTx(xcc, tx_id, (BOB,), timeout_timestamp=deadline))
    packet = world.b.sent()[-1]
    assert succeeded(world.time_out(world.b, packet, 60))
    assert world.b.event("cross_sign_answered")["status"] == "TIMED_OUT"
    with pytest.raises(ErrTimeoutElapsed):
        world.receive(world.a, packet)
    assert world.stage(tx_id) is Stage.PENDING


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"tx_id": b"short"}, ErrInvalidTransaction),
        ({"signers": ()}, ErrInvalidTransaction),
        ({"signers": (BOB, b"mallory")}, ErrNotSigned),
        ({"cross_chain_channel": None}, ErrInvalidCrossChainChannel),
        (
            {"cross_chain_channel": AnyMessage.pack(ChannelInfo("transfer", "channel-0"))},
            ErrInvalidCrossChainChannel,
        ),
    ],
)
def test_a_signature_that_isnt_sent(
    world: World, changes: dict[str, object], error: type[Exception]
) -> None:
    msg = MsgIBCSignTx(AnyMessage.pack(world.b.end(AUTH_PORT)), bytes(32), (BOB,), NEVER)
    before = dict(world.b.store.values)
    with pytest.raises(error):
        world.b.do(replace(msg, **changes))  # type: ignore[arg-type]
    assert world.b.store.values == before


# --- here ---


@pytest.fixture
def local(world: World) -> bytes:
    """A transaction that Bob and Carol, both here, have to sign."""
    own, other = world.calls(b"put coin x", b"put nft y")
    calls = (
        replace(own, signers=(Account.local(BOB), Account.local(CAROL), Account.local(BOB))),
        replace(other, signers=(Account.local(BOB),)),
    )
    msg = replace(world.msg(), contract_transactions=calls)
    world.a.do(msg)
    return msg.tx_id


def test_one_signature_counts_wherever_its_account_is_named(world: World, local: bytes) -> None:
    assert world.a.do(MsgSignTx(local, (BOB,))) == MsgSignTxResponse()
    assert auth_state(world.a.store, local).remaining_signers == (Account.local(CAROL),)
    assert world.a.do(MsgSignTx(local, (CAROL,))) == MsgSignTxResponse(tx_auth_completed=True)
    assert world.stage(local) is Stage.PREPARED
    with pytest.raises(ErrAuthCompleted):
        world.a.do(MsgSignTx(local, (CAROL,)))


def test_an_account_that_the_ledger_doesnt_vouch_for_cannot_sign(
    world: World, local: bytes
) -> None:
    world.a.signatures.names = {BOB}
    with pytest.raises(ErrNotSigned):
        world.a.do(MsgSignTx(local, (BOB, CAROL)))
    assert len(auth_state(world.a.store, local).remaining_signers) == 4


def test_a_signature_here_that_is_refused(world: World, local: bytes) -> None:
    with pytest.raises(ErrTxNotFound):
        world.a.do(MsgSignTx(bytes(32), (BOB,)))
    with pytest.raises(ErrInvalidTransaction):
        world.a.do(MsgSignTx(local, ()))
    for over in (
        MsgSignTx(local, (BOB,), Height(0, 1)),
        MsgSignTx(local, (BOB,), timeout_timestamp=1),
    ):
        with pytest.raises(ErrTxTimeout):
            world.a.do(over)
    world.a.advance(EXPIRES)
    with pytest.raises(ErrTxTimeout):
        world.a.do(MsgSignTx(local, (BOB,)))


def test_the_response_says_why_a_complete_transaction_didnt_run(world: World, local: bytes) -> None:
    world.b.advance(EXPIRES)
    response = world.a.do(MsgSignTx(local, (BOB, CAROL)))
    assert isinstance(response, MsgSignTxResponse)
    assert response.tx_auth_completed
    assert "timeout" in response.log
    assert world.stage(local) is Stage.NOT_RUN
