"""`/health`, `/ready` and `/metrics` on a port of their own, up before the lease is held."""

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Requests of a health check aren't worth a line each."""


class _Server(ThreadingMixIn, WSGIServer):
    """A client that says nothing keeps nobody else from asking."""

    daemon_threads = True


class HealthServer:
    """Serves from a thread, so that a busy loop still answers."""

    def __init__(
        self, address: str, registry: CollectorRegistry, why_not_ready: Callable[[], str]
    ) -> None:
        host, _, port = address.rpartition(":")
        self._metrics = make_wsgi_app(registry)
        self._why_not_ready = why_not_ready
        self._server = make_server(
            host, int(port), self._answer, server_class=_Server, handler_class=_Quiet
        )
        self.address = f"{host}:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="health", daemon=True
        )

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            body: Iterable[bytes] = self._metrics(environ, start_response)
            return body
        if path == "/health":
            return _plain(start_response, "200 OK", b"alive\n")
        if path == "/ready":
            reason = self._why_not_ready()
            if not reason:
                return _plain(start_response, "200 OK", b"ready\n")
            return _plain(start_response, "503 Service Unavailable", f"{reason}\n".encode())
        return _plain(start_response, "404 Not Found", b"not found\n")


def _plain(start_response: StartResponse, status: str, body: bytes) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
