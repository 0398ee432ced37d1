"""Requests through the dispatcher: what reaches the EVM, and what is refused before."""

import json
from typing import Any

import pytest

from goquorum.devnet.serve_quick import calls
from goquorum.endpoint.json_rpc import EndpointUnreachable, RpcError
from goquorum.quick.chain import QuickChain
from goquorum.quick.dispatch import Dispatcher
from goquorum.quick.views import hexed
from tests.unit.goquorum.quick.evm import StillEvm, keys, quick_chain

ADDRESS = "0x" + "11" * 20


class Endpoint:
    """A chain of three blocks and its dispatcher."""

    def __init__(self, *, controls: bool = True) -> None:
        self.chain: QuickChain
        self.evm: StillEvm
        self.chain, self.evm, self.clock = quick_chain()
        self.dispatcher = Dispatcher(self.chain, calls(controls=controls))
        for _ in range(2):
            self.chain.mine()
        self.evm.asked.clear()

    def post(self, body: object) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.dispatcher.answer(json.dumps(body).encode()))

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        answer = self.post({"jsonrpc": "2.0", "id": 5, "method": method, "params": list(params)})
        assert answer["id"] == 5
        return answer

    def result(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        return self.ask(method, *params)["result"]

    def error(self, method: str, *params: object) -> tuple[int, str]:
        found = self.ask(method, *params)["error"]
        return found["code"], found["message"]


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


# --- JSON-RPC itself ---


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json(endpoint: Endpoint, body: bytes) -> None:
    assert json.loads(endpoint.dispatcher.answer(body))["error"]["code"] == -32700


@pytest.mark.parametrize("body", [[], 7, "x", None, {}, {"method": 3}])
def test_what_is_no_request(endpoint: Endpoint, body: object) -> None:
    assert endpoint.post(body)["error"]["code"] == -32600


def test_a_batch_is_answered_one_by_one(endpoint: Endpoint) -> None:
    asked = [{"id": 1, "method": "eth_blockNumber"}, {"id": 2, "method": "no"}, 3]
    first, second, third = endpoint.post(asked)
    assert (first["id"], first["result"]) == (1, "0x2")
    assert (second["id"], second["error"]["code"]) == (2, -32601)
    assert third["error"]["code"] == -32600


def test_named_parameters_are_refused(endpoint: Endpoint) -> None:
    answer = endpoint.post({"id": 1, "method": "eth_call", "params": {"to": ADDRESS}})
    assert answer["error"] == {"code": -32600, "message": "non-array args"}


def test_the_evms_refusal_is_passed_on_with_its_data(endpoint: Endpoint) -> None:
    endpoint.evm.answers["eth_call"] = RpcError("eth_call", 3, "execution reverted", "0x0102")
    answer = endpoint.ask("eth_call", {}, "latest")
    assert answer["error"] == {"code": 3, "message": "execution reverted", "data": "0x0102"}


def test_an_evm_that_is_gone_is_an_error_of_the_server(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise EndpointUnreachable("refused")

    monkeypatch.setattr(endpoint.evm, "call", gone)
    assert endpoint.error("eth_getCode", ADDRESS, "latest")[0] == -32000


# --- blocks among the parameters ---


@pytest.mark.parametrize(
    ("asked", "number"),
    [("latest", "0x2"), ("earliest", "0x0"), ("0x1", "0x1"), ({"blockNumber": "0x1"}, "0x1")],
)
def test_a_block_is_meant_in_several_ways(endpoint: Endpoint, asked: object, number: str) -> None:
    endpoint.evm.answers["eth_getBalance"] = "0x7"
    assert endpoint.result("eth_getBalance", ADDRESS, asked) == "0x7"
    assert endpoint.evm.asked == [("eth_getBalance", (ADDRESS, number))]


def test_a_sealed_hash_means_its_block(endpoint: Endpoint) -> None:
    endpoint.evm.answers["eth_getCode"] = "0x"
    header = endpoint.chain.header(1)
    assert header is not None
    endpoint.result("eth_getCode", ADDRESS, {"blockHash": hexed(header.block_hash())})
    assert endpoint.evm.asked == [("eth_getCode", (ADDRESS, "0x1"))]


@pytest.mark.parametrize(
    ("block", "code", "words"),
    [
        ("0x3", -32000, "header not found"),
        ({"blockHash": "0x" + "ee" * 32}, -32000, "header for hash not found"),
        ({"blockHash": "0xzz"}, -32602, "invalid argument 1"),
        ({}, -32602, "hex string without 0x prefix"),
        ("safe", -32602, "hex string without 0x prefix"),
        ("finalized", -32602, "hex string without 0x prefix"),
        ("0xgg", -32602, "invalid argument 1"),
        (3, -32602, "hex string without 0x prefix"),
        (None, -32602, "missing value for required argument 1"),
    ],
)
def test_blocks_that_are_none(endpoint: Endpoint, block: object, code: int, words: str) -> None:
    found = endpoint.error("eth_getBalance", ADDRESS, block)
    assert found[0] == code
    assert words in found[1]
    assert endpoint.evm.asked == []


def test_keys_of_a_proof_may_be_short(endpoint: Endpoint) -> None:
    endpoint.evm.answers["eth_getProof"] = {}
    endpoint.result("eth_getProof", ADDRESS, ["0x0", "0x" + "ab" * 32], "0x1")
    keys_asked = ["0x" + "00" * 32, "0x" + "ab" * 32]
    assert endpoint.evm.asked == [("eth_getProof", (ADDRESS, keys_asked, "0x1"))]
    assert endpoint.error("eth_getProof", ADDRESS, "0x0", "0x1")[0] == -32602


def test_the_next_nonce_is_the_pools(endpoint: Endpoint) -> None:
    endpoint.evm.answers["eth_getTransactionCount"] = "0x5"
    assert endpoint.result("eth_getTransactionCount", ADDRESS, "pending") == "0x5"
    endpoint.result("eth_getTransactionCount", ADDRESS, "latest")
    assert [params[1] for _, params in endpoint.evm.asked] == ["pending", "0x2"]


def test_gas_is_estimated_at_the_newest_block(endpoint: Endpoint) -> None:
    endpoint.evm.answers["eth_estimateGas"] = "0x5208"
    assert endpoint.result("eth_estimateGas", {"to": ADDRESS}) == "0x5208"
    assert endpoint.evm.asked == [("eth_estimateGas", ({"to": ADDRESS}, "0x2"))]


# --- logs ---


def test_logs_are_asked_up_to_the_newest_published_block(endpoint: Endpoint) -> None:
    endpoint.evm.answers["eth_getLogs"] = []
    assert endpoint.result("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x9"}) == []
    assert endpoint.evm.asked[-1] == ("eth_getLogs", ({"fromBlock": "0x1", "toBlock": "0x2"},))
    endpoint.result("eth_getLogs", {"address": ADDRESS})
    asked = {"address": ADDRESS, "fromBlock": "0x2", "toBlock": "0x2"}
    assert endpoint.evm.asked[-1] == ("eth_getLogs", (asked,))


def test_logs_of_blocks_to_come_are_none(endpoint: Endpoint) -> None:
    assert endpoint.result("eth_getLogs", {"fromBlock": "0x5", "toBlock": "0x9"}) == []
    assert endpoint.evm.asked == []
    assert endpoint.error("eth_getLogs", ["0x1"])[0] == -32602


def test_logs_by_the_hash_of_a_block(endpoint: Endpoint) -> None:
    endpoint.evm.answers["eth_getLogs"] = []
    header = endpoint.chain.header(1)
    assert header is not None
    endpoint.result("eth_getLogs", {"blockHash": hexed(header.block_hash())})
    assert endpoint.evm.asked == [("eth_getLogs", ({"fromBlock": "0x1", "toBlock": "0x1"},))]


# --- transactions ---


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("transaction already imported", "already known"),
        ("Insufficient funds for gas", "insufficient funds for gas * price + value"),
        ("nonce too low", "nonce too low"),
    ],
)
def test_the_evms_reasons_are_told_in_goquorums_words(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, theirs: str, ours: str
) -> None:
    monkeypatch.setattr("goquorum.quick.eth_calls.check_transaction", lambda *_: None)
    endpoint.evm.answers["eth_sendRawTransaction"] = RpcError("send", -32003, theirs, None)
    endpoint.evm.answers["eth_getTransactionByHash"] = None
    assert endpoint.error("eth_sendRawTransaction", "0x01") == (-32000, ours)


@pytest.mark.parametrize(("block", "words"), [("0x3", "already known"), ("0x2", "nonce too low")])
def test_a_transaction_sent_again_is_known_until_its_block_is_published(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, block: str, words: str
) -> None:
    monkeypatch.setattr("goquorum.quick.eth_calls.check_transaction", lambda *_: None)
    refused = RpcError("send", -32003, "nonce too low", None)
    endpoint.evm.answers["eth_sendRawTransaction"] = refused
    endpoint.evm.answers["eth_getTransactionByHash"] = {"blockNumber": block}
    assert endpoint.error("eth_sendRawTransaction", "0x01") == (-32000, words)


@pytest.mark.parametrize("raw", ["0x", "0xzz", "01", 7])
def test_transactions_that_are_no_bytes_never_reach_the_evm(
    endpoint: Endpoint, raw: object
) -> None:
    assert endpoint.error("eth_sendRawTransaction", raw)[0] in {-32000, -32602}
    assert endpoint.evm.asked == []


# --- istanbul, and the test controls ---


def test_validators_and_signers(endpoint: Endpoint) -> None:
    expected = sorted(hexed(keys().address(number)) for number in range(4))
    head = endpoint.chain.head
    name = hexed(head.block_hash())
    assert endpoint.result("istanbul_getValidators") == expected
    assert endpoint.result("istanbul_getValidatorsAtHash", name) == expected
    found = endpoint.result("istanbul_getSignersFromBlock", "latest")
    assert (found["Number"], found["Hash"], found["Author"]) == (2, name, hexed(head.miner))
    assert len(found["Committers"]) == 3
    assert endpoint.error("istanbul_getValidators", "0x9") == (-32000, "unknown block")
    unknown = "0x" + "ee" * 32
    assert endpoint.error("istanbul_getValidatorsAtHash", unknown) == (-32000, "unknown block")


def test_controls_are_refused_unless_asked_for() -> None:
    assert Endpoint(controls=False).error("quick_mine")[0] == -32601


def test_controls_are_of_the_next_block(endpoint: Endpoint) -> None:
    assert endpoint.result("quick_useRound", 3) is True
    assert endpoint.result("quick_spoilSeals", "few") is True
    assert endpoint.result("quick_mine") == "0x3"
    assert (endpoint.chain.head.extra.round, len(endpoint.chain.head.extra.seals)) == (3, 2)
    assert endpoint.result("quick_replaceValidators", [8]) == [hexed(keys().address(8))]
    assert endpoint.result("quick_vote", 9, True) is True
    assert endpoint.result("quick_mine", 2) == "0x5"
    assert len(endpoint.chain.head.extra.validators) == 2
    before = endpoint.chain.now()
    assert endpoint.result("quick_advanceTime", 60) == int(before) + 60


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("quick_useRound", [-1]),
        ("quick_useRound", [True]),
        ("quick_useRound", []),
        ("quick_spoilSeals", ["all"]),
        ("quick_replaceValidators", [[]]),
        ("quick_replaceValidators", [[1, 1]]),
        ("quick_replaceValidators", [3]),
        ("quick_vote", [1]),
        ("quick_mine", ["2"]),
    ],
)
def test_controls_that_make_no_sense(endpoint: Endpoint, method: str, params: list[object]) -> None:
    assert endpoint.error(method, *params)[0] == -32602
    assert endpoint.chain.head.number == 2
