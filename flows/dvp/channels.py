"""Finding the channels of a bridge that a DvP takes."""

from collections.abc import Mapping

from corda_sim.core.contracts import StateRef
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.ibc.channel.types import Channel, ChannelState
from flows.dvp.terms import Bridge

CHANNEL_ENDS = "channelEnds/ports/"


def bridge_of(
    base_id: StateRef, chain_id: str, ends: Mapping[str, bytes], calls: str = "", auth: str = ""
) -> Bridge:
    """The host and its open channels, out of its channel ends by path.

    `calls` and `auth` name the channels where several are open.
    Raises: IllegalArgumentError when there isn't one of each, DecodeError.
    """
    found = _open(ends, CROSS_PORT, calls), _open(ends, AUTH_PORT, auth)
    (calls_id, _), (auth_id, auth_end) = found
    return Bridge(
        base_id=base_id,
        chain_id=chain_id,
        calls=calls_id,
        auth=auth_id,
        auth_counterparty=auth_end.counterparty.channel_id,
    )


def _open(ends: Mapping[str, bytes], port: str, wanted: str) -> tuple[str, Channel]:
    prefix = f"{CHANNEL_ENDS}{port}/channels/"
    known = {
        path.removeprefix(prefix): Channel.decode_strict(value)
        for path, value in ends.items()
        if path.startswith(prefix)
    }
    usable = {
        name: end
        for name, end in known.items()
        if end.state is ChannelState.OPEN and wanted in ("", name)
    }
    if len(usable) != 1:
        names = ", ".join(sorted(usable)) or "none"
        raise IllegalArgumentError(f"one open channel of port {port} is needed; there is {names}")
    return next(iter(usable.items()))
