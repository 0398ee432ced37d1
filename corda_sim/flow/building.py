"""What a flow builds its transactions from, journaled: a replay builds the same ones.

Without it a CorDapp that was upgraded, or parameters that were changed, while a flow ran would give
its transactions other ids when it comes back.
"""

from dataclasses import dataclass

from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.contracts.loader import ContractLoader
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import MissingNetworkParametersException
from corda_sim.core.network import NetworkParameters
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.context import FlowContext
from corda_sim.flow.services import NodeServices


@dataclass(frozen=True, slots=True)
class JournaledServices:
    """`ServicesForResolution` whose answers that may change are the journal's in a replay."""

    context: FlowContext
    services: NodeServices

    @property
    def network_parameters(self) -> NetworkParameters:
        """The parameters in force.

        Raises: MissingNetworkParametersException in a replay, where the node no longer knows them.
        """
        services = self.services

        def ask() -> bytes:
            return bytes(services.network_parameters.hash)

        told = SecureHash(self.context.record_since("parameters-hash", ask, ask))
        found = services.network_parameters_by_hash(told)
        if found is None:
            raise MissingNetworkParametersException(f"The node has no network parameters {told}")
        return found

    @property
    def contract_loader(self) -> ContractLoader:
        """The node's."""
        return self.services.contract_loader

    def load_transaction(self, tx_id: SecureHash, /) -> SignedTransaction | None:
        """A transaction of the node."""
        return self.services.load_transaction(tx_id)

    def load_attachment(self, attachment_id: SecureHash, /) -> ContractAttachment | None:
        """An attachment of the node."""
        return self.services.load_attachment(attachment_id)

    def network_parameters_by_hash(
        self, parameters_hash: SecureHash, /
    ) -> NetworkParameters | None:
        """Parameters, past ones included."""
        return self.services.network_parameters_by_hash(parameters_hash)

    def contract_attachment_id(self, contract_name: str, /) -> SecureHash:
        """The newest installed attachment with the contract, as it was when it was first asked."""

        def ask() -> bytes:
            return bytes(self.services.contract_attachment_id(contract_name))

        return SecureHash(self.context.record_since("contract", ask, ask))
