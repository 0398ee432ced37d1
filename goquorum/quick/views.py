"""Blocks, transactions, receipts and logs as JSON-RPC shows them, under the sealed headers."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from corda_sim.ibc.lightclients.qbft.header import QBFT_MIX_HASH
from goquorum.quick.header import DIFFICULTY, NONCE, Header

Json = Mapping[str, Any]
Headers = Callable[[int], Header | None]
_LATER: Final = frozenset(
    ("blobGasUsed", "excessBlobGas", "blobGasPrice", "blockTimestamp", "effectiveGasPrice")
)
"""What the EVM tells and GoQuorum v22.4.0 doesn't."""


def hexed(data: bytes) -> str:
    """Bytes as JSON-RPC writes them."""
    return "0x" + data.hex()


def block_view(block: Json, header: Header) -> dict[str, Any]:
    """A block of the EVM's under its sealed header; `size` stays the unsealed block's."""
    block_hash = hexed(header.block_hash())
    transactions = [
        one if isinstance(one, str) else _clean(one) | {"blockHash": block_hash}
        for one in block["transactions"]
    ]
    return _clean(block) | {
        "hash": block_hash,
        "parentHash": hexed(header.parent_hash),
        "miner": hexed(header.miner),
        "difficulty": hex(DIFFICULTY),
        "totalDifficulty": hex(DIFFICULTY * (header.number + 1)),
        "extraData": hexed(header.extra.encode()),
        "mixHash": hexed(QBFT_MIX_HASH),
        "nonce": hexed(NONCE),
        "transactions": transactions,
    }


def transaction_view(found: Json | None, headers: Headers) -> dict[str, Any] | None:
    """A transaction; one in a block that isn't published is pending still."""
    if found is None or found["blockNumber"] is None:
        return None if found is None else _clean(found)
    header = headers(int(found["blockNumber"], 16))
    if header is None:
        return _clean(found) | dict.fromkeys(("blockHash", "blockNumber", "transactionIndex"))
    return _clean(found) | {"blockHash": hexed(header.block_hash())}


def receipt_view(found: Json | None, headers: Headers) -> dict[str, Any] | None:
    """A receipt with its logs; None while its block isn't published."""
    header = None if found is None else headers(int(found["blockNumber"], 16))
    if found is None or header is None:
        return None
    block_hash = hexed(header.block_hash())
    logs = [_clean(log) | {"blockHash": block_hash} for log in found["logs"]]
    return _clean(found) | {"blockHash": block_hash, "logs": logs}


def log_view(found: Json, headers: Headers) -> dict[str, Any] | None:
    """A log; None while its block isn't published."""
    header = headers(int(found["blockNumber"], 16))
    return None if header is None else _clean(found) | {"blockHash": hexed(header.block_hash())}


def _clean(found: Json) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in _LATER}
