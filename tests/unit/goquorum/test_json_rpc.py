"""The JSON-RPC client beside a server of the test's own."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from goquorum.endpoint.json_rpc import EndpointUnreachable, JsonRpc, RpcError
from goquorum.errors import GoQuorumError

Answer = Callable[[Any], object]


class Server(HTTPServer):
    """Answers by `answer`, and remembers what it was asked."""

    answer: Answer
    asked: list[Any]


class Responder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        answer = self.server.answer(body)
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Responder)
    made.asked = []
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def rpc(server: Server) -> Iterator[JsonRpc]:
    made = JsonRpc(f"http://127.0.0.1:{server.server_port}")
    yield made
    made.close()


def result(value: object) -> Answer:
    return lambda body: {"jsonrpc": "2.0", "id": body["id"], "result": value}


def test_a_call_sends_method_and_parameters(server: Server, rpc: JsonRpc) -> None:
    server.answer = result("0x1")
    assert rpc.call("eth_getBalance", "0xab", "latest") == "0x1"
    asked = server.asked[0]
    assert (asked["method"], asked["params"]) == ("eth_getBalance", ["0xab", "latest"])


def test_a_refusal_keeps_code_message_and_revert_data(server: Server, rpc: JsonRpc) -> None:
    error = {"code": 3, "message": "execution reverted", "data": "0x0102"}
    server.answer = lambda body: {"id": body["id"], "error": error}
    with pytest.raises(RpcError, match="eth_call: execution reverted") as caught:
        rpc.call("eth_call")
    assert (caught.value.code, caught.value.data) == (3, b"\1\2")


def test_a_batch_comes_back_in_the_order_it_was_asked(server: Server, rpc: JsonRpc) -> None:
    server.answer = lambda bodies: [{"id": b["id"], "result": b["params"][0]} for b in bodies[::-1]]
    assert rpc.batch([("m", [1]), ("m", [2]), ("m", [3])]) == [1, 2, 3]
    assert rpc.batch([]) == []
    assert len(server.asked) == 1


def test_a_batch_that_is_cut_short_is_refused(server: Server, rpc: JsonRpc) -> None:
    server.answer = lambda bodies: [{"id": bodies[0]["id"], "result": 1}]
    with pytest.raises(GoQuorumError, match="answered a batch of 2"):
        rpc.batch([("m", []), ("m", [])])


@pytest.mark.parametrize("answer", [b"no json", b""])
def test_an_answer_that_is_no_json_is_unreachable(
    server: Server, rpc: JsonRpc, answer: bytes
) -> None:
    server.answer = lambda _: answer
    with pytest.raises(EndpointUnreachable):
        rpc.call("eth_chainId")


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(EndpointUnreachable, match=r"127\.0\.0\.1"):
        JsonRpc("http://127.0.0.1:9").call("eth_chainId")


@pytest.mark.parametrize("url", ["ftp://host", "localhost:8545", "http://", ""])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(GoQuorumError, match="no http or https URL"):
        JsonRpc(url)
