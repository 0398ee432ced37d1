"""What is done with each kind of packet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from corda_sim.core.errors import DecodeError
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import CrossError, ErrUnexpectedPacket
from corda_sim.cross.packets.types import Acknowledgement, PacketData
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.acknowledgement import RawAcknowledgement
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import FeatureLater


@dataclass(frozen=True, slots=True)
class PacketHandler:
    """The three things that happen to a packet."""

    receive: Callable[[Context, Environment, Packet, AnyMessage], PacketData]
    acknowledge: Callable[[Context, Environment, Packet, AnyMessage, Acknowledgement], None]
    time_out: Callable[[Context, Environment, Packet, AnyMessage], None]


Handlers = Mapping[str, PacketHandler]
"""By the payload's type URL."""


def receive(
    ctx: Context, env: Environment, handlers: Handlers, packet: Packet
) -> RawAcknowledgement:
    """The packet's acknowledgement; an error becomes one without success, as in Go.

    What a contract raises apart from CallRefused isn't the packet's fault: it goes through, so that
    the packet may come again.
    """
    try:
        payload = PacketData.decode(packet.data).payload
        answer = _handler(handlers, payload).receive(ctx, env, packet, payload)
    except (CrossError, DecodeError, FeatureLater) as error:
        refusal = Acknowledgement(is_success=False, result=str(error).encode())
        return RawAcknowledgement(refusal.encode(), success=False)
    return RawAcknowledgement(Acknowledgement(is_success=True, result=answer.encode()).encode())


def acknowledge(
    ctx: Context, env: Environment, handlers: Handlers, packet: Packet, acknowledgement: bytes
) -> None:
    """Take an acknowledgement of a packet that was sent from here.

    Raises: DecodeError, ErrUnexpectedPacket, and what its handler raises.
    """
    payload = PacketData.decode(packet.data).payload
    decoded = Acknowledgement.decode(acknowledgement)
    _handler(handlers, payload).acknowledge(ctx, env, packet, payload, decoded)


def time_out(ctx: Context, env: Environment, handlers: Handlers, packet: Packet) -> None:
    """Learn that a packet that was sent from here will never be received. Raises: as above."""
    payload = PacketData.decode(packet.data).payload
    _handler(handlers, payload).time_out(ctx, env, packet, payload)


def _handler(handlers: Handlers, payload: AnyMessage) -> PacketHandler:
    found = handlers.get(payload.type_url)
    if found is None:
        raise ErrUnexpectedPacket(f"a packet of {payload.type_url!r}")
    return found
