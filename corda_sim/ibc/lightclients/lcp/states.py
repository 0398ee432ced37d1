"""Reading an LCP client's states from its store."""

from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState


def client_state_of(store: ClientStore) -> ClientState:
    """The stored client state. Raises: ErrClientNotFound, DecodeError."""
    return store.client_state.unpack(ClientState)


def consensus_state_of(store: ClientStore, height: Height) -> ConsensusState:
    """A stored consensus state. Raises: ErrConsensusStateNotFound, DecodeError."""
    return store.consensus_state(height).unpack(ConsensusState)
