"""The proxy's node: enclave, keys and services together."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from corda_sim.lcp._pb import elc_pb2_grpc, enclave_pb2_grpc, operations_pb2_grpc
from corda_sim.lcp.attestation.client import AttestationClient
from corda_sim.lcp.endpoints import Endpoint, listen, new_server
from corda_sim.lcp.node.elc_service import ElcServer
from corda_sim.lcp.node.enclave_service import EnclaveServer
from corda_sim.lcp.node.host import EnclaveHost
from corda_sim.lcp.node.keys import AttestedKeys
from corda_sim.lcp.quoting.service import QuotingService

STOP_SECONDS: Final = 2.0
_PLATFORM, _KEYS = "platform", "keys"


def open_platform(directory: Path) -> QuotingService:
    """The quoting service of a node's directory."""
    return QuotingService(directory / _PLATFORM)


class LcpNode:
    """A node that serves; it has at least one attested key.

    Raises: LcpException, among them what the attestation service refuses with.
    """

    def __init__(self, directory: Path, endpoint: Endpoint, attestation: AttestationClient) -> None:
        self.host = EnclaveHost(open_platform(directory))
        try:
            self.keys = AttestedKeys(
                directory / _KEYS, self.host, attestation, lambda: datetime.now(UTC)
            )
            if not self.keys.available():
                self.keys.attest()
            self._server = new_server()
            self._add_services()
            self.address = listen(self._server, endpoint)
        except BaseException:
            self.host.stop()
            raise

    def stop(self) -> None:
        """Let running calls end, then the enclave."""
        self._server.stop(STOP_SECONDS).wait()
        self.host.stop()

    def _add_services(self) -> None:
        elc, enclave = ElcServer(self.host), EnclaveServer(self.host, self.keys)
        for add, servicer in (
            (elc_pb2_grpc.add_MsgServicer_to_server, elc),
            (elc_pb2_grpc.add_QueryServicer_to_server, elc),
            (enclave_pb2_grpc.add_QueryServicer_to_server, enclave),
            (operations_pb2_grpc.add_OperationsServicer_to_server, enclave),
        ):
            add(servicer, self._server)  # type: ignore[no-untyped-call]
