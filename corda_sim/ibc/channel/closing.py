"""Closing a channel (ibc-go modules/core/04-channel/keeper/handshake.go)."""

from dataclasses import replace

from corda_sim.ibc.channel.ends import (
    active_connection_of,
    channel_event,
    get_channel,
    set_channel,
)
from corda_sim.ibc.channel.types import (
    Channel,
    ChannelCounterparty,
    ChannelState,
    MsgChannelCloseConfirm,
    MsgChannelCloseInit,
)
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.connection.verification import require_proof, verify_channel_state
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import ErrInvalidChannelState
from corda_sim.ibc.host import paths
from corda_sim.ibc.port.module import module_of


def close_init(ctx: Context, msg: MsgChannelCloseInit) -> None:
    """ChanCloseInit.

    Raises: ErrInvalidChannelState, ErrInvalidConnectionState, ErrClientNotActive, and what the
    module raises.
    """
    end = get_channel(ctx, msg.port_id, msg.channel_id)
    _refuse_closed(end)
    active_connection_of(ctx, end)
    module_of(ctx, msg.port_id).on_chan_close_init(ctx, msg.port_id, msg.channel_id)
    _close(ctx, "channel_close_init", msg.port_id, msg.channel_id, end)


def close_confirm(ctx: Context, msg: MsgChannelCloseConfirm) -> None:
    """ChanCloseConfirm.

    Raises: as ``close_init``, and ErrFailedChannelStateVerification.
    """
    require_proof(msg.proof_init, "init")
    end = get_channel(ctx, msg.port_id, msg.channel_id)
    _refuse_closed(end)
    connection = active_connection_of(ctx, end)
    expected = closed_counterparty(end, connection, msg.port_id, msg.channel_id)
    path = paths.channel(end.counterparty.port_id, end.counterparty.channel_id)
    verify_channel_state(ctx, connection, (msg.proof_height, msg.proof_init), path, expected)
    module_of(ctx, msg.port_id).on_chan_close_confirm(ctx, msg.port_id, msg.channel_id)
    _close(ctx, "channel_close_confirm", msg.port_id, msg.channel_id, end)


def closed_counterparty(
    end: Channel, connection: ConnectionEnd, port_id: str, channel_id: str
) -> Channel:
    """What the other chain holds once it has closed its end."""
    return Channel(
        ChannelState.CLOSED,
        end.ordering,
        ChannelCounterparty(port_id, channel_id),
        (connection.counterparty.connection_id,),
        end.version,
    )


def _refuse_closed(end: Channel) -> None:
    if end.state is ChannelState.CLOSED:
        raise ErrInvalidChannelState("channel is already CLOSED")


def _close(ctx: Context, type_: str, port_id: str, channel_id: str, end: Channel) -> None:
    closed = replace(end, state=ChannelState.CLOSED)
    set_channel(ctx, port_id, channel_id, closed)
    ctx.events.append(channel_event(type_, port_id, channel_id, closed))
