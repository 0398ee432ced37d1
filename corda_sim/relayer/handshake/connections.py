"""The connection: INIT here, TRYOPEN there, OPEN here, OPEN there; begun again where it stopped."""

from dataclasses import dataclass

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.connection.types import (
    ConnectionEnd,
    ConnectionState,
    Counterparty,
    MsgConnectionOpenAck,
    MsgConnectionOpenConfirm,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
)
from corda_sim.ibc.host import paths
from corda_sim.relayer.chain import Claim
from corda_sim.relayer.errors import HandshakeException
from corda_sim.relayer.handshake.clients import End
from corda_sim.relayer.handshake.delivering import deliver

_SHUT = ConnectionEnd()


@dataclass(frozen=True, slots=True)
class Pair:
    """Both ends of a connection, the one that began first; ids are empty where there is none."""

    here_id: str = ""
    there_id: str = ""
    here: ConnectionEnd = _SHUT
    there: ConnectionEnd = _SHUT

    @property
    def is_open(self) -> bool:
        """Whether both ends are."""
        return self.here.state is self.there.state is ConnectionState.OPEN


def find_connection(here: End, there: End) -> Pair:
    """The connection of two clients that has got furthest."""
    ours = _between(here, there)
    theirs = _between(there, here)
    pairs = [
        Pair(end.counterparty.connection_id, one, ours[end.counterparty.connection_id], end)
        for one, end in theirs.items()
        if end.counterparty.connection_id in ours
    ]
    begun = [Pair(here_id=one, here=end) for one, end in ours.items()]
    found = [pair for pair in (*pairs, *begun) if _goes_on(pair)]
    return max(found, key=lambda pair: (pair.there.state, pair.here.state), default=Pair())


def _between(end: End, other: End) -> dict[str, ConnectionEnd]:
    return {
        one: found
        for one, found in end.chain.connections().items()
        if (found.client_id, found.counterparty.client_id) == (end.client_id, other.client_id)
    }


def _goes_on(pair: Pair) -> bool:
    """Without one whose end here was opened with another end there."""
    named = pair.here.counterparty.connection_id
    return pair.here.state is ConnectionState.INIT or (bool(named) and named == pair.there_id)


def ensure_connection(here: End, there: End) -> Pair:
    """The open connection; each run goes on where the last one stopped.

    Raises: HandshakeException.
    """
    pair = find_connection(here, there)
    while not pair.is_open:
        _advance(here, there, pair)
        later = find_connection(here, there)
        if later == pair:
            raise HandshakeException(f"connection {pair.here_id} doesn't open")
        pair = later
    return pair


def _advance(here: End, there: End, pair: Pair) -> None:
    if not pair.here_id:
        theirs = Counterparty(there.client_id, "", IBC_PREFIX)
        deliver(here.chain, [], MsgConnectionOpenInit(here.client_id, theirs))
    elif not pair.there_id:
        _try(here, there, pair)
    elif pair.here.state is ConnectionState.INIT:
        _ack(here, there, pair)
    else:
        _confirm(there, pair)


def _try(here: End, there: End, pair: Pair) -> None:
    shown = _shown(here, pair.here_id, pair.here)
    proven, updates = there.prove(shown.claims)
    init, client, consensus = proven.proofs
    attempt = MsgConnectionOpenTry(
        there.client_id,
        shown.client_state,
        Counterparty(here.client_id, pair.here_id, IBC_PREFIX),
        pair.here.versions,
        proven.height,
        init,
        client,
        consensus,
        shown.height,
        host_consensus_state_proof=shown.consensus_state.encode(),
    )
    deliver(there.chain, updates, attempt)


def _ack(here: End, there: End, pair: Pair) -> None:
    shown = _shown(there, pair.there_id, pair.there)
    proven, updates = here.prove(shown.claims)
    tried, client, consensus = proven.proofs
    attempt = MsgConnectionOpenAck(
        pair.here_id,
        pair.there_id,
        pair.there.versions[0],
        shown.client_state,
        proven.height,
        tried,
        client,
        consensus,
        shown.height,
        host_consensus_state_proof=shown.consensus_state.encode(),
    )
    deliver(here.chain, updates, attempt)


def _confirm(there: End, pair: Pair) -> None:
    claim = Claim(paths.connection(pair.here_id), pair.here.encode())
    proven, updates = there.prove([claim])
    (proof,) = proven.proofs
    confirm = MsgConnectionOpenConfirm(pair.there_id, proof, proven.height)
    deliver(there.chain, updates, confirm)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What one chain shows of a connection and of its client of the other."""

    claims: tuple[Claim, ...]
    client_state: AnyMessage
    height: Height
    consensus_state: AnyMessage


def _shown(end: End, connection_id: str, connection: ConnectionEnd) -> _Shown:
    height = end.chain.latest_height(end.client_id)
    state = end.chain.client_state(end.client_id)
    consensus = end.chain.consensus_state(end.client_id, height)
    if state is None or consensus is None:
        raise HandshakeException(f"{end.chain.name} doesn't show its client {end.client_id}")
    claims = (
        Claim(paths.connection(connection_id), connection.encode()),
        Claim(paths.client_state(end.client_id), state.encode()),
        Claim(paths.consensus_state(end.client_id, height), consensus.encode()),
    )
    return _Shown(claims, state, height, consensus)
