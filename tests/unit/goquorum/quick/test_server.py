"""The HTTP server and the publishing thread, over an EVM that executes nothing."""

import http.client
import threading
from collections.abc import Iterator

import pytest

from goquorum.devnet.ports import free_port
from goquorum.devnet.serve_quick import calls
from goquorum.endpoint.json_rpc import EndpointUnreachable, JsonRpc
from goquorum.quick.chain import QuickChain
from goquorum.quick.dispatch import Dispatcher
from goquorum.quick.server import BODY_LIMIT, publishing, serving
from tests.unit.goquorum.quick.evm import Clock, StillEvm, quick_chain, sealer

UNUSED = JsonRpc("http://127.0.0.1:9")


@pytest.fixture
def port() -> Iterator[int]:
    chain, _, _ = quick_chain()
    found = free_port()
    with serving(found, Dispatcher(chain, calls(controls=True)), UNUSED):
        yield found


def test_requests_are_answered_over_one_kept_connection(port: int) -> None:
    rpc = JsonRpc(f"http://127.0.0.1:{port}")
    assert rpc.call("eth_blockNumber") == "0x0"
    assert rpc.call("quick_mine") == "0x1"
    assert rpc.batch([("eth_blockNumber", []), ("eth_gasPrice", [])]) == ["0x1", "0x0"]
    rpc.close()


@pytest.mark.parametrize("size", ["", "x", "-1", str(BODY_LIMIT + 1)])
def test_a_body_of_no_size_or_too_large_is_refused(port: int, size: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", size)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_the_server_is_gone_afterwards() -> None:
    chain, _, _ = quick_chain()
    port = free_port()
    with serving(port, Dispatcher(chain, calls(controls=False)), UNUSED):
        pass
    with pytest.raises(EndpointUnreachable):
        JsonRpc(f"http://127.0.0.1:{port}").call("eth_blockNumber")


class Watched(StillEvm):
    """Tells when the second block has been executed: the first is published then, or soon."""

    def __init__(self) -> None:
        super().__init__()
        self.went_on = threading.Event()

    def evm_mine(self, options: dict[str, str]) -> str:
        mined = super().evm_mine(options)
        if len(self.blocks) > 2:
            self.went_on.set()
        return mined


def test_due_blocks_are_published_until_the_end() -> None:
    evm, clock, failed = Watched(), Clock(), threading.Event()
    chain = QuickChain(evm, sealer(), 1, clock)
    clock.seconds += 1
    with publishing(chain, failed):
        assert evm.went_on.wait(20)
    assert chain.head.number == 1
    assert not failed.is_set()


def test_an_evm_that_is_gone_ends_the_publishing(monkeypatch: pytest.MonkeyPatch) -> None:
    chain, _, clock = quick_chain(period=1)

    def gone(*_: object) -> None:
        raise EndpointUnreachable("refused")

    monkeypatch.setattr(chain.evm, "call", gone)
    failed = threading.Event()
    clock.seconds += 1
    with publishing(chain, failed):
        assert failed.wait(20)
    assert chain.head.number == 0
