"""Where services listen and how they are called: loopback in plain, elsewhere with TLS."""

import ipaddress
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc

from corda_sim.lcp.errors import LcpBindException

_WORKERS: Final = 8
# Otherwise the kernel shares the address among processes, a frozen one included.
_OPTIONS: Final[Sequence[tuple[str, int]]] = (("grpc.so_reuseport", 0),)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address ``HOST:PORT`` (port 0 for any), with PEM files of a certificate and its key."""

    address: str
    certificate: Path | None = None
    key: Path | None = None


def new_server() -> grpc.Server:
    """A server to add services to."""
    return grpc.server(ThreadPoolExecutor(_WORKERS), options=_OPTIONS)


def listen(server: grpc.Server, endpoint: Endpoint) -> str:
    """Start; the address with its port.

    Raises: LcpBindException, also for a host that isn't loopback, without TLS.
    """
    host = endpoint.address.rpartition(":")[0]
    try:
        port = _bind(server, endpoint, host)
    except (OSError, RuntimeError) as error:
        raise LcpBindException(f"can't listen at {endpoint.address}: {error}") from error
    server.start()
    return f"{host}:{port}"


def _bind(server: grpc.Server, endpoint: Endpoint, host: str) -> int:
    if endpoint.certificate is not None and endpoint.key is not None:
        pair = (endpoint.key.read_bytes(), endpoint.certificate.read_bytes())
        return server.add_secure_port(endpoint.address, grpc.ssl_server_credentials([pair]))
    if endpoint.certificate is not None or endpoint.key is not None:
        raise LcpBindException("TLS takes a certificate and its key")
    if not _is_loopback(host):
        raise LcpBindException(f"{host} is no loopback address: that takes TLS")
    return server.add_insecure_port(endpoint.address)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def connect(address: str, root: Path | None = None) -> grpc.Channel:
    """A channel to a service; with TLS where a root certificate (PEM) is given."""
    if root is None:
        return grpc.insecure_channel(address)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(root.read_bytes()))
