"""The attestation service over gRPC."""

import os
from datetime import UTC, datetime
from pathlib import Path

import grpc

from corda_sim.lcp._pb import attestation_pb2, attestation_pb2_grpc
from corda_sim.lcp.attestation.authority import open_authority
from corda_sim.lcp.attestation.service import AttestationService
from corda_sim.lcp.endpoints import Endpoint, listen, new_server
from corda_sim.lcp.quoting.quote import Quote
from corda_sim.lcp.statuses import Context, answering


class AttestationServer(attestation_pb2_grpc.AttestationServicer):
    """Answers for one service."""

    def __init__(self, service: AttestationService) -> None:
        self._service = service

    @answering
    def Attest(  # noqa: N802 - gRPC's name
        self,
        request: attestation_pb2.Quote,
        context: Context,  # noqa: ARG002 - gRPC's signature
    ) -> attestation_pb2.Report:
        """The report of a quote."""
        quote = Quote(request.body, request.platform, request.signature)
        made = self._service.attest(quote, datetime.now(UTC))
        return attestation_pb2.Report(
            report=made.report, signature=made.signature, signing_cert=made.signing_cert
        )


def start_attestation(directory: Path, endpoint: Endpoint) -> tuple[grpc.Server, str]:
    """Serve the authority of a directory; the server and its address.

    Raises: AttestationException, LcpBindException.
    """
    authority = open_authority(directory, datetime.now(UTC))
    server = new_server()
    servicer = AttestationServer(AttestationService(directory, authority, os.urandom))
    attestation_pb2_grpc.add_AttestationServicer_to_server(servicer, server)  # type: ignore[no-untyped-call]
    return server, listen(server, endpoint)
