"""The two ports: their channels, and packets that they don't take."""

from dataclasses import replace

import pytest

from corda_sim.cross.atomic.simple.types import PacketDataCall
from corda_sim.cross.atomic.tpc.types import PacketDataCommit, PacketDataPrepare
from corda_sim.cross.errors import ErrChannelCloseRefused, ErrUnexpectedPacket
from corda_sim.cross.packets.types import Acknowledgement, PacketData
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT, VERSION
from corda_sim.cross.tx.types import ResolvedContractTransaction
from corda_sim.cross.xcc.types import SELF
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.channel.types import (
    Channel,
    ChannelState,
    MsgChannelCloseConfirm,
    MsgChannelCloseInit,
    Order,
)
from corda_sim.ibc.errors import (
    ErrInvalidChannelOrdering,
    ErrInvalidChannelVersion,
    FeatureLater,
)
from corda_sim.ibc.host import paths
from corda_sim.ibc.protobuf import Message
from tests.unit.cross.world import World
from tests.unit.ibc.chain import NEVER

PORTS = (CROSS_PORT, AUTH_PORT)
CALL = ResolvedContractTransaction(AnyMessage.pack(SELF), (), b"put nft x")


def channel_of(world: World, port: str) -> Channel:
    return Channel.decode_strict(world.a.store.values[paths.channel(port, world.a.channels[port])])


@pytest.mark.parametrize("port", PORTS)
def test_an_empty_version_leaves_it_to_us(world: World, port: str) -> None:
    end = channel_of(world, port)
    assert (end.state, end.ordering) == (ChannelState.OPEN, Order.UNORDERED)
    assert end.version == VERSION == "cross-1"


@pytest.mark.parametrize("port", PORTS)
def test_another_version_is_refused(world: World, port: str) -> None:
    with pytest.raises(ErrInvalidChannelVersion):
        world.a.deliver(world.msg_init(port, version="ics20-1"))
    module, ctx = world.a.context.modules[port], world.a.context
    end = channel_of(world, port)
    with pytest.raises(ErrInvalidChannelVersion):
        module.on_chan_open_try(ctx, port, "channel-7", end, "")
    with pytest.raises(ErrInvalidChannelVersion):
        module.on_chan_open_ack(ctx, port, "channel-7", "cross-2")


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("order", [Order.ORDERED, Order.NONE])
def test_only_unordered_channels(world: World, port: str, order: Order) -> None:
    module, ctx = world.a.context.modules[port], world.a.context
    end = replace(channel_of(world, port), ordering=order)
    with pytest.raises(ErrInvalidChannelOrdering):
        module.on_chan_open_init(ctx, port, "channel-7", end)
    with pytest.raises(ErrInvalidChannelOrdering):
        module.on_chan_open_try(ctx, port, "channel-7", end, VERSION)


def test_ordered_channels_are_refused_by_the_core_as_well(world: World) -> None:
    with pytest.raises((FeatureLater, ErrInvalidChannelOrdering)):
        world.a.deliver(world.msg_init(CROSS_PORT, Order.ORDERED))


@pytest.mark.parametrize("port", PORTS)
def test_channels_arent_closed_from_here_but_from_there(world: World, port: str) -> None:
    channel = world.a.channels[port]
    with pytest.raises(ErrChannelCloseRefused):
        world.a.deliver(MsgChannelCloseInit(port, channel))
    assert channel_of(world, port).state is ChannelState.OPEN
    world.close(world.b, port)
    proof = world.b.prove(paths.channel(port, world.b.channels[port]))
    world.a.deliver(MsgChannelCloseConfirm(port, channel, *proof))
    assert channel_of(world, port).state is ChannelState.CLOSED


# --- packets that aren't taken ---


def sent(world: World, port: str, data: bytes) -> Packet:
    return send_packet(world.a.context, SendPacket(port, world.a.channels[port], data, NEVER))


def refusal(world: World, port: str, data: bytes) -> str:
    """The error that a packet is acknowledged with; nothing but IBC's own is written."""
    packet = sent(world, port, data)
    world.receive(world.b, packet)
    ack = Acknowledgement.decode(world.b.ack_of(packet))
    assert not ack.is_success
    assert not list(world.b.store.paths("cross/"))
    return ack.result.decode()


@pytest.mark.parametrize(
    "message",
    [
        PacketDataPrepare(bytes(32), 0, CALL),
        PacketDataCommit(bytes(32), 0, is_committable=True),
    ],
)
def test_two_phase_commit_is_refused_by_name(world: World, message: Message) -> None:
    text = refusal(world, CROSS_PORT, PacketData.of(message).encode())
    assert text == "two-phase commit is not supported yet"
    packet = sent(world, CROSS_PORT, PacketData.of(message).encode())
    module, ctx = world.a.context.modules[CROSS_PORT], world.a.context
    with pytest.raises(FeatureLater):
        module.on_acknowledgement_packet(ctx, packet, b"\x08\x01")
    with pytest.raises(FeatureLater):
        module.on_timeout_packet(ctx, packet)


@pytest.mark.parametrize("port", PORTS)
def test_a_packet_of_another_kind(world: World, port: str) -> None:
    data = PacketData.of(SELF).encode()
    assert refusal(world, port, data) == f"a packet of {SELF.TYPE_URL!r}"
    packet = sent(world, port, data)
    with pytest.raises(ErrUnexpectedPacket):
        world.a.context.modules[port].on_timeout_packet(world.a.context, packet)


def test_calls_arent_taken_by_the_port_of_signatures(world: World) -> None:
    data = PacketData.of(PacketDataCall(bytes(32), CALL)).encode()
    assert "PacketDataCall" in refusal(world, AUTH_PORT, data)


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("data", [b"\xff", b"not protobuf", b"\x12\x02\x0a\xff"])
def test_a_malformed_packet(world: World, port: str, data: bytes) -> None:
    assert refusal(world, port, data)


@pytest.mark.parametrize("tx_id", [b"", b"short", bytes(33)])
def test_a_call_whose_id_isnt_32_bytes(world: World, tx_id: bytes) -> None:
    data = PacketData.of(PacketDataCall(tx_id, CALL)).encode()
    assert f"{len(tx_id)} bytes" in refusal(world, CROSS_PORT, data)


def test_a_call_with_results_of_another_kind(world: World) -> None:
    call = replace(CALL, call_results=(AnyMessage("/other"),))
    data = PacketData.of(PacketDataCall(bytes(32), call)).encode()
    assert "/other" in refusal(world, CROSS_PORT, data)
