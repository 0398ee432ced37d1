"""Asking the attestation service."""

from pathlib import Path

import grpc

from corda_sim.ibc.lightclients.lcp.types import RegisterEnclaveKeyMessage
from corda_sim.lcp._pb import attestation_pb2, attestation_pb2_grpc
from corda_sim.lcp.endpoints import connect
from corda_sim.lcp.quoting.quote import Quote
from corda_sim.lcp.statuses import error_of

TIMEOUT_SECONDS = 10.0


class AttestationClient:
    """One service, by address."""

    def __init__(self, address: str, root: Path | None = None) -> None:
        self._address = address
        self._channel = connect(address, root)
        self._stub = attestation_pb2_grpc.AttestationStub(self._channel)  # type: ignore[no-untyped-call]

    def attest(self, quote: Quote) -> RegisterEnclaveKeyMessage:
        """The report of a quote. Raises: LcpUnreachableException, LcpRefusedException."""
        request = attestation_pb2.Quote(
            body=quote.body, platform=quote.platform, signature=quote.signature
        )
        try:
            made = self._stub.Attest(request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            raise error_of(self._address, error) from error
        return RegisterEnclaveKeyMessage(made.report, made.signature, made.signing_cert)

    def close(self) -> None:
        """Leave the service."""
        self._channel.close()
