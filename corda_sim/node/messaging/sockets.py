"""Stream sockets of the embedded transport: Unix sockets of any path length, TCP, mutual TLS."""

import asyncio
import logging
import os
import socket
import ssl
import stat
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from corda_sim.core.errors import CordaError, IllegalArgumentError

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PeerCheck = Callable[[ssl.SSLObject, str], None]
ClientCheck = Callable[[ssl.SSLObject], object]
LOGGER = logging.getLogger(__name__)

MAX_UNIX_PATH = 100
"""An address holds 108 bytes on Linux; longer paths go through their directory's descriptor."""
READ_LIMIT = 256 * 1024
KEEPALIVE = (
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)


@dataclass(frozen=True, slots=True)
class TlsContexts:
    """Both sides of mutual TLS.

    `server_name` gives the SNI for a peer's X.500 name; `check_peer` raises a CordaError when the
    certificate shown isn't that peer's (a Corda node CA's key usage keeps OpenSSL from checking the
    chain as a client). `check_client` raises one when a client's certificate isn't for TLS.
    """

    server: ssl.SSLContext
    client: ssl.SSLContext
    server_name: Callable[[str], str]
    check_peer: PeerCheck | None = None
    check_client: ClientCheck | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A parsed `unix:PATH`, `tcp://HOST:PORT` or `tls://HOST:PORT`."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, text: str) -> "Endpoint":
        """Raises IllegalArgumentError for anything else."""
        if text.startswith("unix:"):
            return cls("unix", "", 0, text.removeprefix("unix:"))
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise IllegalArgumentError(f"not an endpoint: {text!r}") from error
        if parts.scheme not in {"tcp", "tls"} or not parts.hostname or port is None:
            raise IllegalArgumentError(f"not an endpoint: {text!r}")
        return cls(parts.scheme, parts.hostname, port, "")


@contextmanager
def _short_path(path: str) -> Iterator[str]:
    if len(os.fsencode(path)) <= MAX_UNIX_PATH:
        yield path
        return
    directory, name = os.path.split(path)
    descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)


async def connect(endpoint: Endpoint, peer_name: str, tls: TlsContexts | None) -> Streams:
    """Open a connection. Raises OSError (ssl.SSLError is one), or what `check_peer` raises."""
    if endpoint.scheme == "unix":
        with _short_path(endpoint.path) as path:
            return await asyncio.open_unix_connection(path, limit=READ_LIMIT)
    if endpoint.scheme == "tcp":
        reader, writer = await asyncio.open_connection(
            endpoint.host, endpoint.port, limit=READ_LIMIT
        )
    else:
        contexts = _required(tls)
        reader, writer = await asyncio.open_connection(
            endpoint.host,
            endpoint.port,
            limit=READ_LIMIT,
            ssl=contexts.client,
            server_hostname=contexts.server_name(peer_name),
        )
        _check_peer(contexts, writer, peer_name)
    _tune(writer)
    return reader, writer


def _required(tls: TlsContexts | None) -> TlsContexts:
    if tls is None:
        raise IllegalArgumentError("a tls:// endpoint needs certificates")
    return tls


def _check_peer(contexts: TlsContexts, writer: asyncio.StreamWriter, peer_name: str) -> None:
    if contexts.check_peer is None:
        return
    try:
        contexts.check_peer(writer.get_extra_info("ssl_object"), peer_name)
    except BaseException:
        writer.close()
        raise


def _tune(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for level, option, value in KEEPALIVE:
        raw.setsockopt(level, option, value)


@dataclass(slots=True)
class Listener:
    """A bound server; `close` removes the socket file unless another process has bound it anew."""

    server: asyncio.Server
    endpoint: Endpoint
    inode: int

    @property
    def port(self) -> int:
        """The TCP port bound, also when 0 was asked for."""
        return int(self.server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Accept no further connections."""
        self.server.close()
        path = Path(self.endpoint.path)
        if self.endpoint.scheme == "unix" and path.exists() and path.stat().st_ino == self.inode:
            path.unlink()


async def listen(endpoint: Endpoint, tls: TlsContexts | None, accept: Accept) -> Listener:
    """Bind.

    Raises OSError when the address is taken, IllegalArgumentError for TLS without certificates.
    """
    if endpoint.scheme == "unix":
        return await _listen_unix(endpoint, accept)
    contexts = _required(tls) if endpoint.scheme == "tls" else None

    async def tuned(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _tune(writer)
        if contexts is None or _admits(contexts, writer):
            await accept(reader, writer)

    server = await asyncio.start_server(
        tuned,
        endpoint.host,
        endpoint.port,
        limit=READ_LIMIT,
        ssl=None if contexts is None else contexts.server,
    )
    return Listener(server, endpoint, 0)


def _admits(contexts: TlsContexts, writer: asyncio.StreamWriter) -> bool:
    if contexts.check_client is None:
        return True
    try:
        contexts.check_client(writer.get_extra_info("ssl_object"))
    except CordaError as error:
        LOGGER.warning("inbound connection refused: %s", error)
        writer.close()
        return False
    return True


async def _listen_unix(endpoint: Endpoint, accept: Accept) -> Listener:
    bound = _bind_unix(endpoint)
    server = await asyncio.start_unix_server(accept, sock=bound, limit=READ_LIMIT)
    return Listener(server, endpoint, _inode(endpoint))


def _inode(endpoint: Endpoint) -> int:
    return Path(endpoint.path).stat().st_ino


def _bind_unix(endpoint: Endpoint) -> socket.socket:
    path = Path(endpoint.path)
    if path.exists() and not stat.S_ISSOCK(path.stat().st_mode):
        raise IllegalArgumentError(f"{path} exists and is not a socket")
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # The file takes this mode: packs are signed, but not encrypted.
        os.fchmod(bound.fileno(), 0o600)
        with _short_path(endpoint.path) as short:
            bound.bind(short)
    except BaseException:
        bound.close()
        raise
    return bound
