"""What the EVM shows, under the sealed headers."""

from typing import Any

from goquorum.quick.header import Header
from goquorum.quick.sealer import Sealer
from goquorum.quick.views import block_view, hexed, log_view, receipt_view, transaction_view
from tests.unit.goquorum.quick.evm import evm_block, sealer

EVM_HASH = "0x" + "ee" * 32


def sealed() -> Header:
    by: Sealer = sealer()
    return by.seal(evm_block(1), by.genesis(evm_block(0)))


HEADER = sealed()
NAME = hexed(HEADER.block_hash())


def headers(number: int) -> Header | None:
    return HEADER if number == 1 else None


def log(number: int = 1) -> dict[str, Any]:
    return {
        "blockHash": EVM_HASH,
        "blockNumber": hex(number),
        "data": "0x",
        "blockTimestamp": "0x1",
    }


def transaction(number: int | None = 1) -> dict[str, Any]:
    where = None if number is None else hex(number)
    found = {"blockHash": where and EVM_HASH, "blockNumber": where, "transactionIndex": where}
    return {"hash": "0x01", **found}


def receipt(number: int = 1) -> dict[str, Any]:
    found = {"blockHash": EVM_HASH, "blockNumber": hex(number), "effectiveGasPrice": "0x0"}
    return {**found, "logs": [log(number)], "status": "0x1"}


def test_a_block_shows_the_sealed_header_and_nothing_of_later_forks() -> None:
    found = block_view(evm_block(1) | {"transactions": [transaction()]}, HEADER)
    assert found["hash"] == found["transactions"][0]["blockHash"] == NAME
    assert found["parentHash"] == hexed(HEADER.parent_hash)
    assert found["miner"] == hexed(HEADER.miner)
    assert found["extraData"] == hexed(HEADER.extra.encode())
    assert (found["difficulty"], found["totalDifficulty"]) == ("0x1", "0x2")
    assert found["stateRoot"] == evm_block(1)["stateRoot"]
    assert "blobGasUsed" not in found


def test_transactions_named_by_hash_alone_stay_so() -> None:
    assert block_view(evm_block(1) | {"transactions": ["0x01"]}, HEADER)["transactions"] == ["0x01"]


def test_a_transaction_is_pending_until_its_block_is_published() -> None:
    shown = transaction_view(transaction(), headers)
    assert shown is not None
    assert (shown["blockHash"], shown["transactionIndex"]) == (NAME, "0x1")
    for waiting in (transaction(2), transaction(None)):
        hidden = transaction_view(waiting, headers)
        assert hidden is not None
        assert {hidden[name] for name in ("blockHash", "blockNumber", "transactionIndex")} == {None}
    assert transaction_view(None, headers) is None


def test_a_receipt_and_its_logs_are_hidden_until_the_block_is_published() -> None:
    shown = receipt_view(receipt(), headers)
    assert shown is not None
    assert shown["blockHash"] == shown["logs"][0]["blockHash"] == NAME
    assert "effectiveGasPrice" not in shown
    assert receipt_view(receipt(2), headers) is None
    assert receipt_view(None, headers) is None


def test_a_log_is_hidden_until_its_block_is_published() -> None:
    assert log_view(log(), headers) == {"blockHash": NAME, "blockNumber": "0x1", "data": "0x"}
    assert log_view(log(2), headers) is None
