"""From names of chains to channels, and between points of view (x/core/xcc)."""

from corda_sim.core.errors import DecodeError
from corda_sim.cross.errors import ErrInvalidCrossChainChannel
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.ends import get_channel
from corda_sim.ibc.context import Context


def read_xcc(xcc: AnyMessage | None) -> ChannelInfo:
    """The channel that a packed name names. Raises: ErrInvalidCrossChainChannel."""
    if xcc is None:
        raise ErrInvalidCrossChainChannel("no cross-chain channel is given")
    try:
        return xcc.unpack(ChannelInfo)
    except DecodeError as error:
        raise ErrInvalidCrossChainChannel(str(error)) from error


def resolve(ctx: Context, xcc: AnyMessage | None, ports: tuple[str, ...]) -> ChannelInfo:
    """A channel of this chain, on one of ``ports``: nobody sends in another module's name.

    Raises: ErrInvalidCrossChainChannel, ErrChannelNotFound.
    """
    found = read_xcc(xcc)
    if found.port not in ports:
        raise ErrInvalidCrossChainChannel(f"{found.port!r} is none of the ports {ports}")
    get_channel(ctx, found.port, found.channel)
    return found


def convert(ctx: Context, callee: ChannelInfo, caller: ChannelInfo) -> ChannelInfo:
    """How the caller names the callee, both as this chain names them.

    Raises: ErrInvalidCrossChainChannel for two other chains, which have no name for each other;
    ErrChannelNotFound.
    """
    if caller == SELF:
        return callee
    if callee != SELF:
        raise ErrInvalidCrossChainChannel("a call's result can't be linked between two others")
    other = get_channel(ctx, caller.port, caller.channel).counterparty
    return ChannelInfo(other.port_id, other.channel_id)
