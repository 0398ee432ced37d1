"""The quick devnet's HTTP server, on loopback, and the thread that publishes blocks in time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from goquorum.endpoint.json_rpc import JsonRpc
from goquorum.errors import GoQuorumError
from goquorum.quick.chain import QuickChain
from goquorum.quick.dispatch import Dispatcher

BODY_LIMIT: Final = 5 * 1024 * 1024
"""What go-ethereum takes in one request, in bytes."""


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "QuickServer"

    def do_POST(self) -> None:
        """Answer one body."""
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > BODY_LIMIT:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        answer = self.server.dispatcher.answer(self.rfile.read(int(size)))
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def finish(self) -> None:
        """The thread ends with its connection, and so does its connection to the EVM."""
        super().finish()
        self.server.evm.close()

    def log_message(self, *_: object) -> None:
        """Requests aren't logged."""


class QuickServer(ThreadingHTTPServer):
    """Answers at `127.0.0.1:port`, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, dispatcher: Dispatcher, evm: JsonRpc) -> None:
        super().__init__(("127.0.0.1", port), _Requests)
        self.dispatcher, self.evm = dispatcher, evm


@contextmanager
def serving(port: int, dispatcher: Dispatcher, evm: JsonRpc) -> Iterator[QuickServer]:
    """Answer requests in threads of their own as long as the block lasts."""
    with QuickServer(port, dispatcher, evm) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def publishing(chain: QuickChain, failed: threading.Event) -> Iterator[None]:
    """Publish blocks when their time has come; `failed` is set when the EVM is gone."""
    stopped = threading.Event()
    thread = threading.Thread(target=_publish, args=(chain, stopped, failed), daemon=True)
    thread.start()
    yield
    stopped.set()
    thread.join()


def _publish(chain: QuickChain, stopped: threading.Event, failed: threading.Event) -> None:
    try:
        while not stopped.wait(max(chain.seconds_left(), 0)):
            chain.publish_due()
    except GoQuorumError:
        # Without its EVM the chain stands still: better that the process ends, and is seen to.
        failed.set()
