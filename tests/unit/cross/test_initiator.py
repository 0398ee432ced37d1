"""Starting transactions: who may, with what, and when they run."""

from dataclasses import replace

import pytest

from corda_sim.core.errors import DecodeError
from corda_sim.cross.atomic.simple.types import PacketDataCall
from corda_sim.cross.auth.types import Account, AuthMode, AuthType, MsgExtSignTx
from corda_sim.cross.errors import (
    ErrInvalidCrossChainChannel,
    ErrInvalidLink,
    ErrInvalidTransaction,
    ErrNotSigned,
    ErrTxExists,
    ErrTxNotFound,
    ErrTxTimeout,
    ErrUnexpectedChainID,
)
from corda_sim.cross.initiator.initiating import initiate_tx
from corda_sim.cross.initiator.types import (
    ContractTransaction,
    InitiateTxStatus,
    Link,
    MsgInitiateTx,
    MsgInitiateTxResponse,
)
from corda_sim.cross.packets.types import PacketData
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.cross.queries import Stage, tx_status
from corda_sim.cross.router import read_message
from corda_sim.cross.tx.types import (
    CommitProtocol,
    ConstantValueCallResult,
    ReturnValue,
    call_key,
)
from corda_sim.cross.xcc.resolver import convert
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import MsgRecvPacket
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import ErrChannelNotFound, ErrTimeoutElapsed, FeatureLater
from corda_sim.ibc.moment import Moment
from tests.unit.cross.world import ALICE, BOB, CAROL, EXPIRES, PAY, REFUSE, START, World
from tests.unit.ibc.chain import SECOND

EXTENSION = Account(BOB, AuthType(AuthMode.EXTENSION, AnyMessage("/verifier")))


def with_call(msg: MsgInitiateTx, index: int, **changes: object) -> MsgInitiateTx:
    calls = list(msg.contract_transactions)
    calls[index] = replace(calls[index], **changes)  # type: ignore[arg-type]
    return replace(msg, contract_transactions=tuple(calls))


def writes_nothing(world: World, msg: MsgInitiateTx, error: type[Exception]) -> None:
    before = dict(world.a.store.values)
    with pytest.raises(error):
        world.a.do(msg)
    assert world.a.store.values == before


# --- it goes well ---


def test_a_transaction_waits_for_the_other_signer(world: World) -> None:
    msg = world.msg()
    assert world.a.do(msg) == MsgInitiateTxResponse(msg.tx_id, InitiateTxStatus.PENDING)
    status = tx_status(world.a.store, world.a.context.now, msg.tx_id)
    assert (status.stage, status.initiated.msg) == (Stage.PENDING, msg)
    assert status.remaining_signers == (Account.on_channel(BOB, world.a.end(AUTH_PORT)),)
    assert (status.coordinator, status.own_call, status.result) == (None, None, None)


def test_a_transaction_whose_starters_are_all_signers_runs_at_once(world: World) -> None:
    msg = world.msg(seller=Account.local(ALICE))
    assert world.a.do(msg) == MsgInitiateTxResponse(msg.tx_id, InitiateTxStatus.VERIFIED)
    assert world.stage(msg.tx_id) is Stage.PREPARED
    assert len(world.a.sent()) == 1


def test_a_refusal_of_the_own_call_is_no_refusal_of_the_message(world: World) -> None:
    msg = world.msg(own=REFUSE, seller=Account.local(ALICE))
    world.a.do(msg)
    assert world.stage(msg.tx_id) is Stage.ABORTED


def test_an_error_of_a_run_at_once_fails_the_message(world: World) -> None:
    msg = replace(world.msg(seller=Account.local(ALICE)), timeout_timestamp=EXPIRES)
    world.b.advance(EXPIRES)
    writes_nothing(world, msg, ErrTimeoutElapsed)


def test_the_nonce_makes_equal_transactions_differ(world: World) -> None:
    first, second = world.msg(), replace(world.msg(), nonce=8)
    world.a.do(first)
    writes_nothing(world, first, ErrTxExists)
    world.a.do(second)
    assert world.stage(second.tx_id) is Stage.PENDING


# --- it is refused ---


def test_another_chains_transaction(world: World) -> None:
    writes_nothing(world, replace(world.msg(), chain_id="B"), ErrUnexpectedChainID)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"commit_protocol": CommitProtocol.TPC}, FeatureLater),
        ({"commit_protocol": CommitProtocol.UNKNOWN}, ErrInvalidTransaction),
        ({"signers": ()}, ErrInvalidTransaction),
        ({"signers": (EXTENSION,)}, ErrInvalidTransaction),
        ({"signers": (Account.on_channel(BOB, SELF),)}, ErrInvalidTransaction),
        ({"signers": (Account.local(b"mallory"),)}, ErrNotSigned),
        ({"contract_transactions": ()}, ErrInvalidTransaction),
        ({"timeout_timestamp": START}, ErrTxTimeout),
        ({"timeout_height": Height(0, 1)}, ErrTxTimeout),
        ({"timeout_timestamp": 2**64 // SECOND + 1}, ErrInvalidTransaction),
    ],
)
def test_malformed(world: World, changes: dict[str, object], error: type[Exception]) -> None:
    msg = replace(world.msg(), **changes)  # type: ignore[arg-type]
    writes_nothing(world, msg, error)


@pytest.mark.parametrize(
    ("signer", "error"),
    [
        (EXTENSION, FeatureLater),
        (Account(BOB, AuthType()), ErrInvalidTransaction),
        (Account(BOB, AuthType(AuthMode.CHANNEL)), ErrInvalidTransaction),
        (Account(BOB, AuthType(AuthMode.CHANNEL, AnyMessage("/x"))), ErrInvalidTransaction),
        (Account(BOB, AuthType(AuthMode.LOCAL, AnyMessage())), ErrInvalidTransaction),
        (Account.local(b""), ErrInvalidTransaction),
    ],
)
def test_a_signer_who_could_never_sign(
    world: World, signer: Account, error: type[Exception]
) -> None:
    writes_nothing(world, world.msg(seller=signer), error)


def test_nobody_to_sign(world: World) -> None:
    msg = with_call(with_call(world.msg(), 0, signers=()), 1, signers=())
    writes_nothing(world, msg, ErrInvalidTransaction)


def test_the_first_call_must_be_the_coordinators(world: World) -> None:
    swapped = tuple(reversed(world.msg().contract_transactions))
    writes_nothing(
        world, replace(world.msg(), contract_transactions=swapped), ErrInvalidTransaction
    )


def test_simple_commit_takes_two_calls(world: World) -> None:
    own, other = world.msg().contract_transactions
    for calls in ((own,), (own, other, other)):
        msg = replace(world.msg(), contract_transactions=calls)
        writes_nothing(world, msg, ErrInvalidTransaction)


@pytest.mark.parametrize(
    ("xcc", "error"),
    [
        (None, ErrInvalidCrossChainChannel),
        (AnyMessage("/cosmos.Other"), ErrInvalidCrossChainChannel),
        (AnyMessage(ChannelInfo.TYPE_URL, b"\xff"), ErrInvalidCrossChainChannel),
        (AnyMessage.pack(SELF), ErrInvalidCrossChainChannel),
        (AnyMessage.pack(ChannelInfo("transfer", "channel-0")), ErrInvalidCrossChainChannel),
        (AnyMessage.pack(ChannelInfo("cross", "channel-9")), ErrChannelNotFound),
    ],
)
def test_a_channel_that_is_none_of_ours(
    world: World, xcc: AnyMessage | None, error: type[Exception]
) -> None:
    writes_nothing(world, with_call(world.msg(), 1, cross_chain_channel=xcc), error)


def test_calls_dont_leave_by_the_port_of_signatures(world: World) -> None:
    xcc = AnyMessage.pack(world.a.end(AUTH_PORT))
    writes_nothing(
        world, with_call(world.msg(), 1, cross_chain_channel=xcc), ErrInvalidCrossChainChannel
    )


# --- time is a span ---


@pytest.mark.parametrize(
    ("latest", "in_time"), [(EXPIRES * SECOND - 1, True), (EXPIRES * SECOND, False)]
)
def test_time_must_not_be_over_at_the_end_of_the_window(
    world: World, latest: int, in_time: bool
) -> None:
    now = Moment(Height(0, 1), Height(0, 2), START * SECOND, latest)
    ctx = replace(world.a.context, now=now)
    if in_time:
        assert initiate_tx(ctx, world.a.env, world.msg()).status is InitiateTxStatus.PENDING
        return
    with pytest.raises(ErrTxTimeout):
        initiate_tx(ctx, world.a.env, world.msg())


def test_a_time_out_in_heights(world: World) -> None:
    height = Height(0, world.a.height + 3)
    msg = replace(world.msg(), timeout_height=height, timeout_timestamp=0)
    world.a.do(msg)
    world.a.advance()
    assert world.stage(msg.tx_id) is Stage.PENDING
    world.a.advance()
    world.a.advance()
    assert world.stage(msg.tx_id) is Stage.EXPIRED


# --- links ---


def linked(world: World, **source: object) -> MsgInitiateTx:
    """The other call wants to know what the own one returns."""
    msg = with_call(world.msg(own=b"answer 42"), 0, return_value=ReturnValue(b"42"), **source)
    return with_call(msg, 1, links=(Link(0),))


def test_a_link_tells_the_other_call_what_the_own_returns(world: World) -> None:
    msg = linked(world)
    world.a.do(msg)
    world.receive(world.a, world.sign(msg.tx_id))
    call = PacketData.decode(world.a.sent()[-1].data).payload.unpack(PacketDataCall)
    own = msg.contract_transactions[0]
    (result,) = (packed.unpack(ConstantValueCallResult) for packed in call.tx.call_results)
    assert result == ConstantValueCallResult(
        AnyMessage.pack(world.b.end(CROSS_PORT)), call_key(own.call_info, own.signers), b"42"
    )


def test_a_link_to_the_other_call_names_it_as_the_coordinator_does(world: World) -> None:
    msg = with_call(world.msg(), 1, return_value=ReturnValue(b"7"))
    msg = with_call(msg, 0, links=(Link(1),))
    world.a.do(msg)
    assert world.stage(msg.tx_id) is Stage.PENDING


@pytest.mark.parametrize("value", [None, ReturnValue()])
def test_a_link_to_a_call_that_declares_nothing(world: World, value: ReturnValue | None) -> None:
    writes_nothing(world, with_call(linked(world), 0, return_value=value), ErrInvalidLink)


def test_a_link_to_nowhere(world: World) -> None:
    writes_nothing(world, with_call(linked(world), 1, links=(Link(2),)), ErrInvalidLink)


def test_names_between_points_of_view(world: World) -> None:
    ctx, ours, theirs = world.a.context, world.a.end(CROSS_PORT), world.b.end(CROSS_PORT)
    assert convert(ctx, ours, SELF) == ours
    assert convert(ctx, SELF, ours) == theirs
    assert convert(ctx, SELF, SELF) == SELF
    for callee in (ours, ChannelInfo(CROSS_PORT, "channel-9")):
        with pytest.raises(ErrInvalidCrossChainChannel):
            convert(ctx, callee, ours)


# --- messages ---


def test_commands_carry_messages_in_their_one_encoding(world: World) -> None:
    packed = AnyMessage.pack(world.msg())
    assert read_message(packed) == world.msg()
    with pytest.raises(DecodeError):
        read_message(replace(packed, value=packed.value + b"\xf8\x01\x01"))
    with pytest.raises(FeatureLater):
        read_message(AnyMessage("/cross.core.Other"))


def test_messages_that_arent_for_cross_are_refused(world: World) -> None:
    packet = world.sign(world.start())
    with pytest.raises(FeatureLater):
        world.a.do(MsgRecvPacket(packet, b"proof", Height(0, 1)))
    with pytest.raises(FeatureLater):
        world.a.do(MsgExtSignTx(world.msg().tx_id, (EXTENSION,)))


def test_nothing_is_known_of_what_wasnt_started(world: World) -> None:
    with pytest.raises(ErrTxNotFound):
        tx_status(world.a.store, world.a.context.now, bytes(32))


def test_a_call_of_somebody_else_is_signed_by_him(world: World) -> None:
    own = ContractTransaction(AnyMessage.pack(SELF), (Account.local(CAROL),), PAY)
    other = world.msg().contract_transactions[1]
    msg = replace(world.msg(), contract_transactions=(own, other))
    world.a.do(msg)
    remaining = tx_status(world.a.store, world.a.context.now, msg.tx_id).remaining_signers
    assert remaining == (*own.signers, *other.signers)
