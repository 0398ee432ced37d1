"""Present and past network parameters as a service of flows (DBNetworkParametersStorage)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import SignatureException
from corda_sim.core.network import SignedNetworkParameters
from corda_sim.core.serialization import deserialize
from corda_sim.flow.context import StagedStep
from corda_sim.flow.parameters_storage import NetworkParametersStorage
from corda_sim.node.cert_view import CertificateView
from corda_sim.node.network_errors import NetworkParametersException
from corda_sim.node.network_parameters import stage_network_parameters, verify_network_parameters
from corda_sim.node.services import ServiceHub
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage


@dataclass(frozen=True, slots=True)
class NodeParametersStorage(NetworkParametersStorage):
    """Reads `node_network_parameters`; what peers send must be signed under `trust_root`."""

    storage: SqlStorage
    hub: ServiceHub
    trust_root: bytes
    now: Callable[[], datetime]

    def load_signed(self, parameters_hash: SecureHash) -> SignedNetworkParameters | None:
        """The signed parameters of that hash; None when this node never had them."""
        table = schema.node_network_parameters
        found = self.storage.read(select(table).where(table.c.hash == str(parameters_hash)))
        if not found:
            return None
        row = found[0]
        path = (row.cert, *deserialize(row.parent_cert_path, tuple))
        key = decode_public_key(CertificateView.parse(row.cert).public_key)
        return SignedNetworkParameters(row.parameters_bytes, key, row.signature_bytes, path)

    def record(self, staged: StagedStep, parameters: SignedNetworkParameters) -> None:
        """Stage parameters that a peer sent; look-ups find them from now on.

        Raises:
            SignatureException: the network map of this network didn't sign them.
        """
        try:
            found = verify_network_parameters(parameters, self.trust_root, self.now())
        except NetworkParametersException as error:
            raise SignatureException(str(error)) from error
        stage_network_parameters(staged.batch, parameters)
        self.hub.past_parameters[found.hash] = found
