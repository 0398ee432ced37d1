"""Opening a channel (ibc-go modules/core/04-channel/keeper/handshake.go)."""

from dataclasses import replace

from corda_sim.ibc.channel.ends import (
    active_connection_of,
    channel_event,
    connection_of,
    get_channel,
    refuse_ordered,
    require_state,
    set_channel,
)
from corda_sim.ibc.channel.types import (
    Channel,
    ChannelCounterparty,
    ChannelState,
    MsgChannelOpenAck,
    MsgChannelOpenConfirm,
    MsgChannelOpenInit,
    MsgChannelOpenTry,
    Order,
)
from corda_sim.ibc.client import keeper
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.connection.verification import require_proof, verify_channel_state
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import (
    ErrInvalidChannel,
    ErrInvalidChannelIdentifier,
    ErrInvalidChannelOrdering,
    ErrInvalidChannelState,
    ErrInvalidCounterparty,
    ErrInvalidID,
    ErrInvalidVersion,
    ErrTooManyConnectionHops,
)
from corda_sim.ibc.host import identifiers, paths
from corda_sim.ibc.numbers import next_number, u64
from corda_sim.ibc.port.module import module_of

_FIRST_SEQUENCE = u64(1)


def open_init(ctx: Context, msg: MsgChannelOpenInit) -> tuple[str, str]:
    """ChanOpenInit; the new channel's identifier and its version.

    Raises: ErrInvalidChannel, ErrTooManyConnectionHops, ErrInvalidVersion, ErrClientNotActive,
    ErrInvalidPort, FeatureLater, and what the module raises.
    """
    _check_end(msg.port_id, msg.channel, ChannelState.INIT)
    if msg.channel.counterparty.channel_id:
        raise ErrInvalidCounterparty("counterparty channel identifier must be empty")
    connection = connection_of(ctx, msg.channel)
    _require_ordering(connection, msg.channel.ordering)
    keeper.require_active(ctx, connection.client_id)
    channel_id = _new_id(ctx)
    module = module_of(ctx, msg.port_id)
    version = module.on_chan_open_init(ctx, msg.port_id, channel_id, msg.channel)
    end = replace(msg.channel, version=version)
    _store_new(ctx, "channel_open_init", msg.port_id, channel_id, end)
    return channel_id, version


def open_try(ctx: Context, msg: MsgChannelOpenTry) -> tuple[str, str]:
    """ChanOpenTry; the new channel's identifier and its version.

    Raises: as ``open_init``, ErrInvalidConnectionState, ErrFailedChannelStateVerification.
    """
    if msg.previous_channel_id:
        raise ErrInvalidChannelIdentifier("previous channel identifier must be empty")
    _check_end(msg.port_id, msg.channel, ChannelState.TRYOPEN)
    identifiers.validate_channel_id(msg.channel.counterparty.channel_id)
    require_proof(msg.proof_init, "init")
    connection = active_connection_of(ctx, msg.channel)
    _require_ordering(connection, msg.channel.ordering)
    expected = _expected(
        msg.channel, connection, ChannelState.INIT, msg.port_id, "", msg.counterparty_version
    )
    path = _counterparty_path(msg.channel)
    verify_channel_state(ctx, connection, (msg.proof_height, msg.proof_init), path, expected)
    channel_id = _new_id(ctx)
    module = module_of(ctx, msg.port_id)
    version = module.on_chan_open_try(
        ctx, msg.port_id, channel_id, msg.channel, msg.counterparty_version
    )
    end = replace(msg.channel, version=version)
    _store_new(ctx, "channel_open_try", msg.port_id, channel_id, end)
    return channel_id, version


def open_ack(ctx: Context, msg: MsgChannelOpenAck) -> None:
    """ChanOpenAck: adopts the counterparty's identifier and version.

    Raises: ErrInvalidChannelState, ErrInvalidConnectionState, ErrFailedChannelStateVerification,
    and what the module raises.
    """
    _check_ids(msg.port_id, msg.channel_id)
    identifiers.validate_channel_id(msg.counterparty_channel_id)
    require_proof(msg.proof_try, "try")
    end = get_channel(ctx, msg.port_id, msg.channel_id)
    require_state(end, ChannelState.INIT)
    connection = active_connection_of(ctx, end)
    counterparty = replace(end.counterparty, channel_id=msg.counterparty_channel_id)
    opened = replace(
        end,
        state=ChannelState.OPEN,
        version=msg.counterparty_version,
        counterparty=counterparty,
    )
    expected = _expected(opened, connection, ChannelState.TRYOPEN, msg.port_id, msg.channel_id)
    path = _counterparty_path(opened)
    verify_channel_state(ctx, connection, (msg.proof_height, msg.proof_try), path, expected)
    module = module_of(ctx, msg.port_id)
    module.on_chan_open_ack(ctx, msg.port_id, msg.channel_id, msg.counterparty_version)
    _store(ctx, "channel_open_ack", msg.port_id, msg.channel_id, opened)


def open_confirm(ctx: Context, msg: MsgChannelOpenConfirm) -> None:
    """ChanOpenConfirm.

    Raises: ErrInvalidChannelState, ErrInvalidConnectionState, ErrFailedChannelStateVerification,
    and what the module raises.
    """
    _check_ids(msg.port_id, msg.channel_id)
    require_proof(msg.proof_ack, "acknowledgement")
    end = get_channel(ctx, msg.port_id, msg.channel_id)
    require_state(end, ChannelState.TRYOPEN)
    connection = active_connection_of(ctx, end)
    expected = _expected(end, connection, ChannelState.OPEN, msg.port_id, msg.channel_id)
    path = _counterparty_path(end)
    verify_channel_state(ctx, connection, (msg.proof_height, msg.proof_ack), path, expected)
    module_of(ctx, msg.port_id).on_chan_open_confirm(ctx, msg.port_id, msg.channel_id)
    opened = replace(end, state=ChannelState.OPEN)
    _store(ctx, "channel_open_confirm", msg.port_id, msg.channel_id, opened)


def _expected(
    end: Channel,
    connection: ConnectionEnd,
    state: ChannelState,
    port_id: str,
    channel_id: str,
    version: str | None = None,
) -> Channel:
    """What the other chain must hold, seen from this end."""
    return Channel(
        state,
        end.ordering,
        ChannelCounterparty(port_id, channel_id),
        (connection.counterparty.connection_id,),
        end.version if version is None else version,
    )


def _counterparty_path(end: Channel) -> str:
    return paths.channel(end.counterparty.port_id, end.counterparty.channel_id)


def _check_end(port_id: str, end: Channel, state: ChannelState) -> None:
    identifiers.validate_port_id(port_id)
    if end.state is not state:
        raise ErrInvalidChannelState(f"channel state must be {state.name}, not {end.state.name}")
    if end.ordering is Order.NONE:
        raise ErrInvalidChannelOrdering("an ordering must be given")
    if len(end.connection_hops) != 1:
        raise ErrTooManyConnectionHops("a channel goes over exactly one connection")
    identifiers.validate_connection_id(end.connection_hops[0])
    identifiers.validate_port_id(end.counterparty.port_id)
    if end.upgrade_sequence:
        raise ErrInvalidChannel("a new channel has no upgrade sequence")


def _check_ids(port_id: str, channel_id: str) -> None:
    identifiers.validate_port_id(port_id)
    try:
        identifiers.parse_sequence(channel_id, "channel-")
    except ErrInvalidID as error:
        raise ErrInvalidChannelIdentifier(str(error)) from error


def _require_ordering(connection: ConnectionEnd, order: Order) -> None:
    if len(connection.versions) != 1:
        raise ErrInvalidVersion(
            f"single version must be negotiated on connection before opening channel, got: "
            f"{list(connection.versions)}"
        )
    if order.feature not in connection.versions[0].features:
        raise ErrInvalidVersion(
            f"connection version {connection.versions[0]} does not support channel ordering: "
            f"{order.feature}"
        )
    refuse_ordered(order)


def _new_id(ctx: Context) -> str:
    return identifiers.channel_id(next_number(ctx.store, paths.NEXT_CHANNEL_SEQUENCE))


def _store_new(ctx: Context, type_: str, port_id: str, channel_id: str, end: Channel) -> None:
    for path in (paths.next_sequence_send, paths.next_sequence_recv, paths.next_sequence_ack):
        ctx.store.set(path(port_id, channel_id), _FIRST_SEQUENCE)
    _store(ctx, type_, port_id, channel_id, end)


def _store(ctx: Context, type_: str, port_id: str, channel_id: str, end: Channel) -> None:
    set_channel(ctx, port_id, channel_id, end)
    ctx.events.append(channel_event(type_, port_id, channel_id, end))
