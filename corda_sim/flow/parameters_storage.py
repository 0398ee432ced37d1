"""Network parameters as the network map signed them, for flows that pass them on."""

from abc import ABC, abstractmethod

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.network import SignedNetworkParameters
from corda_sim.flow.context import StagedStep


class NetworkParametersStorage(ABC):
    """Present and past parameters (net.corda.core.internal.NetworkParametersStorage).

    The node registers its own as a CorDapp service: `hub.cordapp_service(...)` finds it by this
    base class.
    """

    @abstractmethod
    def load_signed(self, parameters_hash: SecureHash) -> SignedNetworkParameters | None:
        """The signed parameters of that hash; None when this node never had them."""

    @abstractmethod
    def record(self, staged: StagedStep, parameters: SignedNetworkParameters) -> None:
        """Stage parameters that a peer sent; look-ups find them from now on.

        Raises:
            SignatureException: the network map of this network didn't sign them.
        """
