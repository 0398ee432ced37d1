"""Finding the channels of a bridge that a DvP takes."""

from collections.abc import Iterable
from dataclasses import dataclass

from corda_sim.core.contracts import StateRef
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.serialization import serializable
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.ibc.channel.types import Channel, ChannelState
from flows.dvp.terms import Bridge
from flows.ibc.admitted import ClientNotAdmitted

CHANNEL_ENDS = "channelEnds/ports/"


@serializable("corda_sim.dvp.KnownChannel")
@dataclass(frozen=True, slots=True)
class KnownChannel:
    """A channel end, encoded, by its path, and whether its client is admitted on this node."""

    path: str
    value: bytes
    client_id: str
    admitted: bool

    @property
    def end(self) -> Channel:
        """The end. Raises: DecodeError."""
        return Channel.decode_strict(self.value)


def bridge_of(
    base_id: StateRef,
    chain_id: str,
    known: Iterable[KnownChannel],
    calls: str = "",
    auth: str = "",
) -> Bridge:
    """The host and its open channels over admitted clients.

    `calls` and `auth` name the channels where several are open.
    Raises: IllegalArgumentError when there isn't one of each, ClientNotAdmitted when there are
    such as this node doesn't take, DecodeError.
    """
    channels = tuple(known)
    calls_id, _ = _chosen(channels, CROSS_PORT, calls)
    auth_id, auth_end = _chosen(channels, AUTH_PORT, auth)
    return Bridge(
        base_id=base_id,
        chain_id=chain_id,
        calls=calls_id,
        auth=auth_id,
        auth_counterparty=auth_end.counterparty.channel_id,
    )


def _chosen(known: tuple[KnownChannel, ...], port: str, wanted: str) -> tuple[str, Channel]:
    found = _open(known, port, wanted)
    usable = {name: one.end for name, one in found.items() if one.admitted}
    if found and not usable:
        strangers = ", ".join(f"{name} over {one.client_id}" for name, one in found.items())
        raise ClientNotAdmitted(f"port {port} has {strangers}, which this node doesn't admit")
    if len(usable) != 1:
        names = ", ".join(sorted(usable)) or "none"
        raise IllegalArgumentError(f"one open channel of port {port} is needed; there is {names}")
    return next(iter(usable.items()))


def _open(known: tuple[KnownChannel, ...], port: str, wanted: str) -> dict[str, KnownChannel]:
    prefix = f"{CHANNEL_ENDS}{port}/channels/"
    named = ((one.path.removeprefix(prefix), one) for one in known if one.path.startswith(prefix))
    return {
        name: one
        for name, one in named
        if one.end.state is ChannelState.OPEN and wanted in ("", name)
    }
