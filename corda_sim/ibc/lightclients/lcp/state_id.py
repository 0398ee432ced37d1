"""LCP's state ids, with their padding (lcp: modules/commitments/src/state.rs)."""

from corda_sim.core.crypto.hashes import sha256
from corda_sim.ibc.any import AnyMessage


def state_id_of(canonical_client_state: AnyMessage, consensus_state: AnyMessage) -> bytes:
    """The 32 bytes that stand for a light client's state.

    LCP appends the client state to a buffer of zeros as long as both, then writes the consensus
    state over the zeros behind the first ``len(client state)``: so zeros stay in front.
    """
    client = canonical_client_state.encode()
    return sha256(bytes(len(client)) + consensus_state.encode() + client)
