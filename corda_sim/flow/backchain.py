"""What resolving a chain needs of the node beside the services of every flow."""

from typing import Protocol

from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.network import SignedNetworkParameters
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.context import StagedStep


class BackchainStore(Protocol):
    """Dependencies on their way in (DBTransactionStorage, NetworkParametersStorage).

    The node provides it as a CorDapp service: `hub.cordapp_service(BackchainStore)`. Look-ups see
    what is committed and what the present step has staged.
    """

    def load_unverified(self, tx_id: SecureHash) -> SignedTransaction | None:
        """A transaction that was recorded unverified and hasn't been verified since."""
        ...

    def knows_parameters(self, parameters_hash: SecureHash) -> bool:
        """Whether the network parameters of that hash are here."""
        ...

    def load_signed_parameters(self, parameters_hash: SecureHash) -> SignedNetworkParameters | None:
        """Network parameters, present or past, as the network map signed them."""
        ...

    def record_parameters(self, staged: StagedStep, parameters: SignedNetworkParameters) -> None:
        """Stage parameters that a peer sent.

        Raises:
            SignatureException: the network map of this network didn't sign them.
        """
        ...

    def import_attachment(self, staged: StagedStep, attachment: ContractAttachment) -> None:
        """Stage an attachment that a peer sent, with its signatures; it stays untrusted."""
        ...
