"""What an operator asks of a running proxy."""

from pathlib import Path
from typing import Any

import grpc

from corda_sim.lcp._pb import enclave_pb2, enclave_pb2_grpc, operations_pb2, operations_pb2_grpc
from corda_sim.lcp.endpoints import connect
from corda_sim.lcp.statuses import error_of

TIMEOUT_SECONDS = 30.0


class LcpConnection:
    """A proxy, by address; each call raises LcpUnreachableException or LcpRefusedException."""

    def __init__(self, address: str, root: Path | None = None) -> None:
        self._address = address
        self._channel = connect(address, root)
        self._enclave = enclave_pb2_grpc.QueryStub(self._channel)  # type: ignore[no-untyped-call]
        self._operations = operations_pb2_grpc.OperationsStub(self._channel)  # type: ignore[no-untyped-call]

    def info(self) -> enclave_pb2.QueryEnclaveInfoResponse:
        """The running enclave."""
        found: enclave_pb2.QueryEnclaveInfoResponse = self._call(
            self._enclave.EnclaveInfo, enclave_pb2.QueryEnclaveInfoRequest()
        )
        return found

    def enclave_keys(self) -> list[enclave_pb2.IASEnclaveKeyInfo]:
        """The running enclave's attested keys, the newest first."""
        request = enclave_pb2.QueryAvailableEnclaveKeysRequest(
            mrenclave=self.info().mrenclave, enclave_debug=True, ra_type=enclave_pb2.RA_TYPE_IAS
        )
        return [one.ias for one in self._call(self._enclave.AvailableEnclaveKeys, request).keys]

    def attest(self, operator: bytes = b"") -> enclave_pb2.IASEnclaveKeyInfo:
        """A new key, attested."""
        request = operations_pb2.AttestRequest(operator=operator)
        made: enclave_pb2.QueryEnclaveKeyResponse = self._call(self._operations.Attest, request)
        return made.key.ias

    def close(self) -> None:
        """Leave the proxy."""
        self._channel.close()

    def _call(self, method: Any, request: Any) -> Any:  # noqa: ANN401 - any of the stubs'
        return call(self._address, method, request)


def call(address: str, method: Any, request: Any) -> Any:  # noqa: ANN401 - any of the stubs'
    """The answer of a proxy. Raises: LcpUnreachableException, LcpRefusedException."""
    try:
        return method(request, timeout=TIMEOUT_SECONDS)
    except grpc.RpcError as error:
        raise error_of(address, error) from error
