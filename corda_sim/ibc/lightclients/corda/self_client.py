"""What Corda requires of an LCP client of itself, in ConnOpenTry and ConnOpenAck.

Corda can't look back, and needn't: base id, keys and a height determine the state id that an
honest enclave gives to it.
"""

from dataclasses import dataclass

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import ErrInvalidClient, ErrSelfConsensusStateNotFound
from corda_sim.ibc.lightclients.corda.client import canonical_client_state, consensus_state_at
from corda_sim.ibc.lightclients.corda.types import ClientState
from corda_sim.ibc.lightclients.lcp.state_id import state_id_of
from corda_sim.ibc.lightclients.lcp.types import ClientState as LcpClientState
from corda_sim.ibc.lightclients.lcp.types import ConsensusState as LcpConsensusState


@dataclass(frozen=True, slots=True)
class LcpSelfClient:
    """This host, the enclave that it wants others to trust, and that enclave's operators."""

    host: ClientState
    mrenclave: bytes
    operators: tuple[bytes, ...] = ()
    threshold: tuple[int, int] = (0, 0)

    def validate(self, client_state: AnyMessage) -> None:
        """Raise ErrInvalidClient unless the client trusts this very enclave, and isn't frozen."""
        try:
            state = client_state.unpack(LcpClientState)
        except DecodeError as error:
            raise ErrInvalidClient(str(error)) from error
        numerator = state.operators_threshold_numerator
        threshold = (numerator, state.operators_threshold_denominator)
        if state.frozen or state.mrenclave != self.mrenclave:
            raise ErrInvalidClient("a client that is frozen or trusts another enclave")
        if state.operators != self.operators or (self.operators and threshold != self.threshold):
            raise ErrInvalidClient("a client with other operators than this host's")

    def consensus_state(self, height: Height, host_proof: bytes) -> AnyMessage:
        """What such a client holds at a height, which the message may say as well.

        Raises: ErrSelfConsensusStateNotFound.
        """
        if height.revision_number or not height.revision_height:
            raise ErrSelfConsensusStateNotFound(f"{height} is no height of this host")
        consensus = consensus_state_at(height)
        canonical = AnyMessage.pack(canonical_client_state(self.host))
        state_id = state_id_of(canonical, AnyMessage.pack(consensus))
        expected = AnyMessage.pack(LcpConsensusState(state_id, consensus.timestamp))
        if host_proof and host_proof != expected.encode():
            raise ErrSelfConsensusStateNotFound(f"not what this host was at {height}")
        return expected
