"""``lcp.service.enclave.v1``: the enclave and its keys; and the operator's own service."""

from corda_sim.lcp._pb import enclave_pb2 as pb
from corda_sim.lcp._pb import enclave_pb2_grpc, operations_pb2, operations_pb2_grpc
from corda_sim.lcp.node.host import EnclaveHost
from corda_sim.lcp.node.keys import NO_OPERATOR, AttestedKey, AttestedKeys
from corda_sim.lcp.statuses import Context, answering


class EnclaveServer(enclave_pb2_grpc.QueryServicer, operations_pb2_grpc.OperationsServicer):
    """Both services over one enclave; its debug bit is always set, because it is simulated."""

    def __init__(self, host: EnclaveHost, keys: AttestedKeys) -> None:
        self._host, self._keys = host, keys

    @answering
    def EnclaveInfo(  # noqa: N802 - gRPC's name
        self,
        request: pb.QueryEnclaveInfoRequest,  # noqa: ARG002 - it is empty
        context: Context,  # noqa: ARG002 - gRPC's signature
    ) -> pb.QueryEnclaveInfoResponse:
        """Measurement and debug bit."""
        return pb.QueryEnclaveInfoResponse(mrenclave=self._host.mrenclave, enclave_debug=True)

    @answering
    def AvailableEnclaveKeys(  # noqa: N802 - as above
        self,
        request: pb.QueryAvailableEnclaveKeysRequest,
        context: Context,  # noqa: ARG002 - as above
    ) -> pb.QueryAvailableEnclaveKeysResponse:
        """The attested keys of the running enclave, if it is the one that is asked for."""
        wanted = (request.mrenclave, request.enclave_debug, request.ra_type)
        if wanted != (self._host.mrenclave, True, pb.RA_TYPE_IAS):
            return pb.QueryAvailableEnclaveKeysResponse()
        keys = map(_key_info, self._keys.available())
        return pb.QueryAvailableEnclaveKeysResponse(keys=list(keys))

    @answering
    def EnclaveKey(  # noqa: N802 - as above
        self,
        request: pb.QueryEnclaveKeyRequest,
        context: Context,  # noqa: ARG002 - as above
    ) -> pb.QueryEnclaveKeyResponse:
        """One attested key."""
        found = self._keys.find(request.enclave_key_address)
        return pb.QueryEnclaveKeyResponse(key=_key_info(found))

    @answering
    def Attest(  # noqa: N802 - as above
        self,
        request: operations_pb2.AttestRequest,
        context: Context,  # noqa: ARG002 - as above
    ) -> pb.QueryEnclaveKeyResponse:
        """A new key."""
        made = self._keys.attest(request.operator or NO_OPERATOR)
        return pb.QueryEnclaveKeyResponse(key=_key_info(made))


def _key_info(key: AttestedKey) -> pb.EnclaveKeyInfo:
    return pb.EnclaveKeyInfo(
        ias=pb.IASEnclaveKeyInfo(
            enclave_key_address=key.address,
            report=key.report,
            attestation_time=key.attested_at,
            signature=key.signature,
            signing_cert=key.signing_cert,
        )
    )
