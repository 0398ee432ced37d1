"""A channel on a port of both chains: INIT here, TRYOPEN there, OPEN here, OPEN there."""

from dataclasses import dataclass

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
from corda_sim.ibc.host import paths
from corda_sim.relayer.chain import Claim
from corda_sim.relayer.errors import HandshakeException
from corda_sim.relayer.handshake.clients import End
from corda_sim.relayer.handshake.connections import Pair
from corda_sim.relayer.handshake.delivering import deliver

_SHUT = Channel()


@dataclass(frozen=True, slots=True)
class ChannelPair:
    """Both ends of a channel of one port; ids are empty where there is none."""

    port: str
    here_id: str = ""
    there_id: str = ""
    here: Channel = _SHUT
    there: Channel = _SHUT

    @property
    def is_open(self) -> bool:
        """Whether both ends are."""
        return self.here.state is self.there.state is ChannelState.OPEN


def find_channel(here: End, there: End, connection: Pair, port: str) -> ChannelPair:
    """The port's channel over a connection that has got furthest."""
    ours = _over(here, connection.here_id, port)
    theirs = _over(there, connection.there_id, port)
    pairs = [
        ChannelPair(port, end.counterparty.channel_id, one, ours[end.counterparty.channel_id], end)
        for one, end in theirs.items()
        if end.counterparty.channel_id in ours
    ]
    begun = [ChannelPair(port, here_id=one, here=end) for one, end in ours.items()]
    found = [pair for pair in (*pairs, *begun) if _goes_on(pair)]
    return max(
        found, key=lambda pair: (pair.there.state, pair.here.state), default=ChannelPair(port)
    )


def _over(end: End, connection_id: str, port: str) -> dict[str, Channel]:
    return {
        one: found
        for one, found in end.chain.channels(port).items()
        if found.connection_hops == (connection_id,) and found.state is not ChannelState.CLOSED
    }


def _goes_on(pair: ChannelPair) -> bool:
    """Without one whose end here was opened with another end there."""
    named = pair.here.counterparty.channel_id
    return pair.here.state is ChannelState.INIT or (bool(named) and named == pair.there_id)


def ensure_channel(here: End, there: End, connection: Pair, port: str, version: str) -> ChannelPair:
    """The open channel; each run goes on where the last one stopped.

    Raises: HandshakeException.
    """
    pair = find_channel(here, there, connection, port)
    while not pair.is_open:
        _advance((here, there), connection, pair, version)
        later = find_channel(here, there, connection, port)
        if later == pair:
            raise HandshakeException(f"channel {pair.here_id} of port {port} doesn't open")
        pair = later
    return pair


def _advance(ends: tuple[End, End], connection: Pair, pair: ChannelPair, version: str) -> None:
    here, there = ends
    if not pair.here_id:
        theirs = ChannelCounterparty(pair.port)
        hops = (connection.here_id,)
        end = Channel(ChannelState.INIT, Order.UNORDERED, theirs, hops, version)
        deliver(here.chain, [], MsgChannelOpenInit(pair.port, end))
    elif not pair.there_id:
        _try(there, connection, pair)
    elif pair.here.state is ChannelState.INIT:
        _ack(here, pair)
    else:
        _confirm(there, pair)


def _try(there: End, connection: Pair, pair: ChannelPair) -> None:
    proven, updates = there.prove([_claim(pair.port, pair.here_id, pair.here)])
    (proof,) = proven.proofs
    ours = ChannelCounterparty(pair.port, pair.here_id)
    end = Channel(ChannelState.TRYOPEN, Order.UNORDERED, ours, (connection.there_id,))
    attempt = MsgChannelOpenTry(pair.port, end, pair.here.version, proof, proven.height)
    deliver(there.chain, updates, attempt)


def _ack(here: End, pair: ChannelPair) -> None:
    proven, updates = here.prove([_claim(pair.port, pair.there_id, pair.there)])
    (proof,) = proven.proofs
    theirs = (pair.there_id, pair.there.version)
    ack = MsgChannelOpenAck(pair.port, pair.here_id, *theirs, proof, proven.height)
    deliver(here.chain, updates, ack)


def _confirm(there: End, pair: ChannelPair) -> None:
    proven, updates = there.prove([_claim(pair.port, pair.here_id, pair.here)])
    (proof,) = proven.proofs
    confirm = MsgChannelOpenConfirm(pair.port, pair.there_id, proof, proven.height)
    deliver(there.chain, updates, confirm)


def _claim(port: str, channel_id: str, end: Channel) -> Claim:
    return Claim(paths.channel(port, channel_id), end.encode())
