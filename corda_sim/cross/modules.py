"""What is bound to Cross's ports (x/core/module.go)."""

from corda_sim.cross.atomic.simple.packets import CALL_HANDLERS
from corda_sim.cross.atomic.tpc.packets import TPC_HANDLERS
from corda_sim.cross.auth.packets import SIGN_HANDLERS
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import ErrChannelCloseRefused
from corda_sim.cross.packets import handling
from corda_sim.cross.packets.handling import Handlers
from corda_sim.cross.ports import VERSION
from corda_sim.ibc.channel.acknowledgement import AcknowledgementLike
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.types import Channel, Order
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import ErrInvalidChannelOrdering, ErrInvalidChannelVersion


class CrossIbcModule:
    """A port of Cross: UNORDERED channels that speak cross-1 and aren't closed from here."""

    def __init__(self, env: Environment, handlers: Handlers) -> None:
        self._env, self._handlers = env, handlers

    def on_chan_open_init(self, ctx: Context, port: str, channel_id: str, end: Channel) -> str:
        """An empty version leaves it to us.

        Raises: ErrInvalidChannelOrdering, ErrInvalidChannelVersion.
        """
        del ctx, port, channel_id
        _require(end.ordering, end.version or VERSION)
        return VERSION

    def on_chan_open_try(
        self, ctx: Context, port: str, channel_id: str, end: Channel, counterparty_version: str
    ) -> str:
        """Raises: ErrInvalidChannelOrdering, ErrInvalidChannelVersion."""
        del ctx, port, channel_id
        _require(end.ordering, counterparty_version)
        return VERSION

    def on_chan_open_ack(
        self, ctx: Context, port: str, channel_id: str, counterparty_version: str
    ) -> None:
        """Raises: ErrInvalidChannelVersion."""
        del ctx, port, channel_id
        _require_version(counterparty_version)

    def on_chan_open_confirm(self, ctx: Context, port: str, channel_id: str) -> None:
        """Nothing is to be done."""

    def on_chan_close_init(self, ctx: Context, port: str, channel_id: str) -> None:
        """Raises: ErrChannelCloseRefused."""
        del ctx
        raise ErrChannelCloseRefused(f"{port}/{channel_id} may hold locks, and stays open")

    def on_chan_close_confirm(self, ctx: Context, port: str, channel_id: str) -> None:
        """The calls in flight come back by MsgTimeoutOnClose."""

    def on_recv_packet(self, ctx: Context, packet: Packet) -> AcknowledgementLike:
        """As ``handling.receive``."""
        return handling.receive(ctx, self._env, self._handlers, packet)

    def on_acknowledgement_packet(
        self, ctx: Context, packet: Packet, acknowledgement: bytes
    ) -> None:
        """As ``handling.acknowledge``."""
        handling.acknowledge(ctx, self._env, self._handlers, packet, acknowledgement)

    def on_timeout_packet(self, ctx: Context, packet: Packet) -> None:
        """As ``handling.time_out``."""
        handling.time_out(ctx, self._env, self._handlers, packet)


def cross_module(env: Environment) -> CrossIbcModule:
    """For port ``cross``: calls, and signatures from chains that have no other port."""
    return CrossIbcModule(env, {**CALL_HANDLERS, **SIGN_HANDLERS, **TPC_HANDLERS})


def cross_auth_module(env: Environment) -> CrossIbcModule:
    """For port ``cross-auth``: signatures alone."""
    return CrossIbcModule(env, SIGN_HANDLERS)


def _require(order: Order, version: str) -> None:
    if order is not Order.UNORDERED:
        raise ErrInvalidChannelOrdering(f"Cross needs an UNORDERED channel, not {order.name}")
    _require_version(version)


def _require_version(version: str) -> None:
    if version != VERSION:
        raise ErrInvalidChannelVersion(f"{version!r} is not {VERSION}")
