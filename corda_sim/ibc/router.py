"""Delivering messages: core checks, then the module (ibc-go modules/core/keeper/msg_server.go)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel import closing, completing
from corda_sim.ibc.channel import handshake as channels
from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    MsgTimeoutOnClose,
)
from corda_sim.ibc.channel.receiving import recv_packet, write_acknowledgement
from corda_sim.ibc.channel.types import (
    MsgChannelCloseConfirm,
    MsgChannelCloseInit,
    MsgChannelOpenAck,
    MsgChannelOpenConfirm,
    MsgChannelOpenInit,
    MsgChannelOpenTry,
)
from corda_sim.ibc.client import keeper as clients
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.connection import handshake as connections
from corda_sim.ibc.connection.types import (
    MsgConnectionOpenAck,
    MsgConnectionOpenConfirm,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
)
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import ErrNoOpMsg, FeatureLater
from corda_sim.ibc.port.module import module_of
from corda_sim.ibc.protobuf import Message
from corda_sim.ibc.store import CachedStore


class ResultType(IntEnum):
    """ibc.core.channel.v1.ResponseResultType."""

    NOOP = 1
    SUCCESS = 2


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a message did; ``value`` is what its handler returns (identifiers, heights)."""

    result: ResultType
    value: object = None


def read_message(packed: AnyMessage) -> Message:
    """The message in an Any, in the one encoding that it has: what a command carries.

    Raises: DecodeError; FeatureLater for a message that isn't known.
    """
    return packed.unpack_known(_KINDS)


def deliver(ctx: Context, msg: Message) -> Delivery:
    """Run one message; nothing is written and no event stays unless it succeeds.

    A message whose work was done before is a NOOP, not an error.
    Raises: what the handler and the module raise; FeatureLater for a message that isn't known.
    """
    handler = _HANDLERS.get(type(msg))
    if handler is None:
        raise FeatureLater(f"{type(msg).__name__} is not supported")
    try:
        with ctx.attempt() as inner:
            value = handler(inner, msg)
    except ErrNoOpMsg:
        return Delivery(ResultType.NOOP)
    return Delivery(ResultType.SUCCESS, value)


def _recv(ctx: Context, msg: MsgRecvPacket) -> None:
    recv_packet(ctx, msg)
    # what the module writes is dropped when its acknowledgement is an error
    store = CachedStore(ctx.store)
    inner = ctx.over(store)
    module = module_of(ctx, msg.packet.destination_port)
    acknowledgement = module.on_recv_packet(inner, msg.packet)
    if acknowledgement is None or acknowledgement.success:
        store.commit()
        ctx.events.extend(inner.events)
    if acknowledgement is not None:
        write_acknowledgement(ctx, msg.packet, acknowledgement)


def _acknowledge(ctx: Context, msg: MsgAcknowledgement) -> None:
    completing.acknowledge_packet(ctx, msg)
    module = module_of(ctx, msg.packet.source_port)
    module.on_acknowledgement_packet(ctx, msg.packet, msg.acknowledgement)


def _timeout(ctx: Context, msg: MsgTimeout) -> None:
    completing.timeout_packet(ctx, msg)
    module_of(ctx, msg.packet.source_port).on_timeout_packet(ctx, msg.packet)


def _timeout_on_close(ctx: Context, msg: MsgTimeoutOnClose) -> None:
    completing.timeout_on_close(ctx, msg)
    module_of(ctx, msg.packet.source_port).on_timeout_packet(ctx, msg.packet)


_HANDLERS: dict[type[Message], Callable[[Context, Any], object]] = {
    MsgCreateClient: clients.create_client,
    MsgUpdateClient: clients.update_client,
    MsgConnectionOpenInit: connections.open_init,
    MsgConnectionOpenTry: connections.open_try,
    MsgConnectionOpenAck: connections.open_ack,
    MsgConnectionOpenConfirm: connections.open_confirm,
    MsgChannelOpenInit: channels.open_init,
    MsgChannelOpenTry: channels.open_try,
    MsgChannelOpenAck: channels.open_ack,
    MsgChannelOpenConfirm: channels.open_confirm,
    MsgChannelCloseInit: closing.close_init,
    MsgChannelCloseConfirm: closing.close_confirm,
    MsgRecvPacket: _recv,
    MsgAcknowledgement: _acknowledge,
    MsgTimeout: _timeout,
    MsgTimeoutOnClose: _timeout_on_close,
}
_KINDS = {kind.TYPE_URL: kind for kind in _HANDLERS}
