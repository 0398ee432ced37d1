"""ibc-go's named cases of an application (apps/transfer), with a small token module on our core."""

import base64
import json
from dataclasses import dataclass

import pytest

from corda_sim.core.crypto.hashes import sha256
from corda_sim.ibc.channel.acknowledgement import Acknowledgement, AcknowledgementLike
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.channel.types import Channel, Order
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import ErrInvalidChannelOrdering, ErrInvalidChannelVersion, FeatureLater
from corda_sim.ibc.numbers import read_number, u64
from corda_sim.ibc.router import ResultType
from tests.unit.ibc.chain import (
    NEVER,
    PORT,
    Chain,
    MockModule,
    with_channel,
    with_connection,
)

VERSION = "ics20-1"
INSUFFICIENT = 5
Pair = tuple[Chain, Chain]


class InsufficientFundsError(Exception):
    pass


@dataclass(frozen=True)
class Transfer:
    amount: int
    denom: str
    receiver: str
    sender: str

    def encode(self) -> bytes:
        return json.dumps(vars(self), separators=(",", ":"), sort_keys=True).encode()

    @classmethod
    def of(cls, packet: Packet) -> "Transfer":
        return cls(**json.loads(packet.data))


def ibc_denom(trace: str) -> str:
    return "ibc/" + sha256(trace.encode()).hex().upper()


class TokenModule(MockModule):
    """Escrows its own tokens and mints vouchers for others'; accounts are in the store."""

    def on_chan_open_init(self, ctx: Context, port: str, channel_id: str, end: Channel) -> str:
        if end.ordering is not Order.UNORDERED:
            raise ErrInvalidChannelOrdering("tokens need an UNORDERED channel")
        if end.version not in ("", VERSION):
            raise ErrInvalidChannelVersion(end.version)
        super().on_chan_open_init(ctx, port, channel_id, end)
        return VERSION

    def on_chan_open_try(
        self, ctx: Context, port: str, channel_id: str, end: Channel, counterparty_version: str
    ) -> str:
        if counterparty_version != VERSION:
            raise ErrInvalidChannelVersion(counterparty_version)
        return super().on_chan_open_try(ctx, port, channel_id, end, counterparty_version)

    def on_recv_packet(self, ctx: Context, packet: Packet) -> AcknowledgementLike | None:
        transfer = Transfer.of(packet)
        prefix = f"{packet.source_port}/{packet.source_channel}/"
        try:
            if transfer.denom.startswith(prefix):
                denom = transfer.denom.removeprefix(prefix)
                move(
                    ctx,
                    escrow(packet.destination_channel),
                    transfer.receiver,
                    denom,
                    transfer.amount,
                )
            else:
                trace = f"{packet.destination_port}/{packet.destination_channel}/{transfer.denom}"
                add(ctx, transfer.receiver, trace, transfer.amount)
        except InsufficientFundsError:
            return Acknowledgement.of_error(INSUFFICIENT)
        return Acknowledgement(result=b"\x01")

    def on_acknowledgement_packet(self, ctx: Context, packet: Packet, ack: bytes) -> None:
        if "error" in json.loads(ack):
            self.refund(ctx, packet)

    def on_timeout_packet(self, ctx: Context, packet: Packet) -> None:
        self.refund(ctx, packet)

    def refund(self, ctx: Context, packet: Packet) -> None:
        transfer = Transfer.of(packet)
        if transfer.denom.startswith(f"{packet.source_port}/{packet.source_channel}/"):
            add(ctx, transfer.sender, transfer.denom, transfer.amount)
        else:
            move(
                ctx, escrow(packet.source_channel), transfer.sender, transfer.denom, transfer.amount
            )


def escrow(channel_id: str) -> str:
    return f"escrow-{channel_id}"


def balance(ctx: Context, owner: str, denom: str) -> int:
    return read_number(ctx.store, f"balances/{owner}/{denom}") or 0


def add(ctx: Context, owner: str, denom: str, amount: int) -> None:
    held = balance(ctx, owner, denom) + amount
    if held < 0:
        raise InsufficientFundsError(f"{owner} has no {-amount} {denom}")
    ctx.store.set(f"balances/{owner}/{denom}", u64(held))


def move(ctx: Context, payer: str, payee: str, denom: str, amount: int) -> None:
    add(ctx, payee, denom, amount)
    add(ctx, payer, denom, -amount)


def send(chain: Chain, amount: int, denom: str, height: Height = NEVER) -> Packet:
    """What a transfer message does: escrow or burn, then send."""
    ctx = chain.context
    if denom.startswith(f"{PORT}/{chain.channel_id}/"):
        add(ctx, "alice", denom, -amount)
    else:
        move(ctx, "alice", escrow(chain.channel_id), denom, amount)
    data = Transfer(amount, denom, "bob", "alice").encode()
    return send_packet(ctx, SendPacket(PORT, chain.channel_id, data, height))


def relay(source: Chain, packet: Packet) -> bytes:
    """Deliver a packet and bring its acknowledgement back."""
    other = source.other
    assert other.deliver(other.msg_recv(packet)).result is ResultType.SUCCESS
    ack = bytes.fromhex(other.events[-1]["packet_ack_hex"])
    assert source.deliver(source.msg_ack(packet, ack)).result is ResultType.SUCCESS
    return ack


@pytest.fixture
def tokens() -> Pair:
    a, b = with_channel()
    for chain in (a, b):
        chain.module = TokenModule()
    add(a.context, "alice", "JPY", 100)
    return a, b


def held(chain: Chain, owner: str, denom: str = "JPY") -> int:
    return balance(chain.context, owner, denom)


def test_vouchers_are_minted_for_what_is_escrowed(tokens: Pair) -> None:
    a, b = tokens
    relay(a, send(a, 60, "JPY"))
    assert (held(a, "alice"), held(a, escrow("channel-0"))) == (40, 60)
    assert held(b, "bob", "mock/channel-0/JPY") == 60


def test_success_receive_on_source_chain_of_half_the_amount(tokens: Pair) -> None:
    a, b = tokens
    relay(a, send(a, 60, "JPY"))
    add(b.context, "alice", "mock/channel-0/JPY", 30)
    relay(b, send(b, 30, "mock/channel-0/JPY"))
    assert (held(a, "bob"), held(a, escrow("channel-0"))) == (30, 30)


def test_tries_to_unescrow_more_tokens_than_allowed(tokens: Pair) -> None:
    a, b = tokens
    relay(a, send(a, 60, "JPY"))
    add(b.context, "alice", "mock/channel-0/JPY", 61)
    ack = relay(b, send(b, 61, "mock/channel-0/JPY"))
    assert ack == Acknowledgement.of_error(INSUFFICIENT).encode()
    # the receiver's half-done work is gone, and the sender's tokens are back
    assert (held(a, "bob"), held(a, escrow("channel-0"))) == (0, 60)
    assert held(b, "alice", "mock/channel-0/JPY") == 61


def test_on_ack_successful_refund_from_source_chain(tokens: Pair) -> None:
    a, b = tokens
    packet = send(a, 60, "JPY")
    b.module = MockModule()
    b.module.answer = Acknowledgement.of_error(1)
    relay(a, packet)
    assert (held(a, "alice"), held(a, escrow("channel-0"))) == (100, 0)


def test_on_ack_refund_with_coin_from_external_chain(tokens: Pair) -> None:
    a, b = tokens
    add(a.context, "alice", "mock/channel-0/USD", 10)
    packet = send(a, 10, "mock/channel-0/USD")
    assert held(a, "alice", "mock/channel-0/USD") == 0
    relay(a, packet)  # the other chain has none in escrow
    assert held(a, "alice", "mock/channel-0/USD") == 10
    assert held(b, "bob", "USD") == 0


def test_on_timeout_successful_timeout_from_sender_as_source_chain(tokens: Pair) -> None:
    a, b = tokens
    packet = send(a, 60, "JPY", Height(0, b.height + 1))
    assert held(a, "alice") == 40
    a.deliver(a.msg_timeout(packet))
    assert (held(a, "alice"), held(a, escrow("channel-0"))) == (100, 0)
    assert a.deliver(a.msg_timeout(packet)).result is ResultType.NOOP
    assert held(a, "alice") == 100


def test_on_timeout_on_close_refunds_as_well(tokens: Pair) -> None:
    a, b = tokens
    packet = send(a, 60, "JPY")
    b.deliver(b.msg_close_init())
    a.deliver(a.msg_timeout_on_close(packet))
    assert held(a, "alice") == 100


def test_replayed_acknowledgement_refunds_once(tokens: Pair) -> None:
    a, b = tokens
    packet = send(a, 60, "JPY")
    b.module = MockModule()
    b.module.answer = Acknowledgement.of_error(1)
    ack = relay(a, packet)
    send(a, 60, "JPY")
    assert a.deliver(a.msg_ack(packet, ack)).result is ResultType.NOOP
    assert held(a, escrow("channel-0")) == 60


def test_value_is_conserved_whatever_is_delivered_twice(tokens: Pair) -> None:
    a, b = tokens
    packets = [send(a, amount, "JPY") for amount in (10, 20, 30)]
    for packet in [*reversed(packets), *packets]:
        b.deliver(b.msg_recv(packet))
    assert held(b, "bob", "mock/channel-0/JPY") == held(a, escrow("channel-0")) == 60


def test_invalid_order_ordered() -> None:
    a, _ = with_connection()
    a.module = TokenModule()
    with pytest.raises(FeatureLater):
        a.deliver(a.msg_chan_init(ordering=Order.ORDERED, version=VERSION))


@pytest.mark.parametrize("version", ["ics20-2", "mock-1"])
def test_invalid_version(version: str) -> None:
    a, b = with_connection()
    a.module, b.module = TokenModule(), TokenModule()
    with pytest.raises(ErrInvalidChannelVersion):
        a.deliver(a.msg_chan_init(version=version))
    a.channel_id = a.deliver(a.msg_chan_init(version="")).value[0]  # type: ignore[index]
    assert a.channel.version == VERSION
    a.set_channel(version=version)
    with pytest.raises(ErrInvalidChannelVersion):
        b.deliver(b.msg_chan_try())


def test_denom_trace_ibc_denom() -> None:
    assert ibc_denom("transfer/channel-0/uatom") == (
        "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2"
    )


def test_success_acknowledgement_is_ics20s() -> None:
    body = json.loads(Acknowledgement(result=b"\x01").encode())
    assert base64.b64decode(body["result"]) == b"\x01"
