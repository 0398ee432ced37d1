"""Transactions sent ahead of their receipts."""

from typing import Any

import pytest

from goquorum.artifacts import Artifact
from goquorum.endpoint.abi import Interface
from goquorum.endpoint.account import Contract, Sender, TransactionReverted
from goquorum.endpoint.addresses import created_address
from goquorum.endpoint.json_rpc import JsonRpc, RpcError
from goquorum.endpoint.pipeline import Pipeline

KEY = b"\x0c" * 32
FIRST_NONCE = 5
PING = {"type": "function", "name": "ping", "inputs": [], "outputs": []}
EMPTY = Artifact("Empty", (PING,), "60", 1, {})


class Chain(JsonRpc):
    """Takes every transaction; those whose place is in `failing` revert."""

    def __init__(self, *failing: int) -> None:
        super().__init__("http://nowhere")
        self.failing = failing
        self.asked: list[str] = []
        self.sent = 0

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - as the client's
        self.asked.append(method)
        match method:
            case "eth_chainId":
                return "0x539"
            case "eth_getTransactionCount":
                return hex(FIRST_NONCE)
            case "eth_sendRawTransaction":
                self.sent += 1
                return hex(self.sent - 1)
            case "eth_getTransactionReceipt":
                return self.receipt(str(params[0]))
            case _:
                raise RpcError(method, 3, "execution reverted", "0x12345678")

    def receipt(self, name: str) -> dict[str, object]:
        failed = int(name, 16) in self.failing
        return {
            "transactionHash": name,
            "blockNumber": "0x1",
            "gasUsed": "0x1",
            "status": "0x0" if failed else "0x1",
            "logs": [],
        }


def test_everything_is_sent_before_anything_is_waited_for() -> None:
    chain = Chain()
    sender = Sender(chain, KEY)
    pipeline = Pipeline(sender)
    made = [pipeline.deploy(EMPTY) for _ in range(2)]
    pipeline.transact(made[1], "ping")
    assert "eth_getTransactionReceipt" not in chain.asked
    assert [one.address for one in made] == [
        created_address(sender.address, FIRST_NONCE + at) for at in range(2)
    ]
    assert [receipt.transaction_hash for receipt in pipeline.settle()] == ["0x0", "0x1", "0x2"]
    assert pipeline.settle() == []


def test_the_first_that_failed_is_named() -> None:
    pipeline = Pipeline(Sender(Chain(1, 2), KEY))
    for _ in range(2):
        made = pipeline.deploy(EMPTY)
    pipeline.transact(made, "ping")
    with pytest.raises(TransactionReverted, match="constructor of Empty"):
        pipeline.settle()


def test_a_failed_call_is_asked_for_its_reason() -> None:
    chain = Chain(0)
    pipeline = Pipeline(Sender(chain, KEY))
    pipeline.transact(Contract(chain, b"\1" * 20, Interface(EMPTY.abi)), "ping")
    with pytest.raises(TransactionReverted, match="ping reverted: 0x12345678"):
        pipeline.settle()
