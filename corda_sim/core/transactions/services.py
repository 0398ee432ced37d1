"""What resolving and verifying a transaction needs from its surroundings."""

from typing import TYPE_CHECKING, Protocol

from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.contracts.loader import ContractLoader
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import AttachmentResolutionException
from corda_sim.core.network import NetworkParameters

if TYPE_CHECKING:
    from corda_sim.core.transactions.signed import SignedTransaction


class ServicesForResolution(Protocol):
    """Look-ups by hash (net.corda.core.node.ServicesForResolution)."""

    @property
    def network_parameters(self) -> NetworkParameters:
        """The parameters in force."""

    @property
    def contract_loader(self) -> ContractLoader:
        """Imports trusted contract archives."""

    def load_transaction(self, tx_id: SecureHash, /) -> "SignedTransaction | None":
        """A transaction by id."""

    def load_attachment(self, attachment_id: SecureHash, /) -> ContractAttachment | None:
        """An attachment by id."""

    def network_parameters_by_hash(
        self, parameters_hash: SecureHash, /
    ) -> NetworkParameters | None:
        """Parameters, past ones included."""

    def contract_attachment_id(self, contract_name: str, /) -> SecureHash:
        """The attachment to use for new outputs of a contract.

        Raises: AttachmentResolutionException or another CordaError when there is none.
        """


def resolve_attachment(
    attachment_id: SecureHash, services: ServicesForResolution
) -> ContractAttachment:
    """An attachment that must be there. Raises: AttachmentResolutionException."""
    found = services.load_attachment(attachment_id)
    if found is None:
        raise AttachmentResolutionException(attachment_id)
    return found
