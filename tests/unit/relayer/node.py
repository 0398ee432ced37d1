"""A GoQuorum node that keeps a pool by nonces, mines when it is told to, and can fail."""

import threading
from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.rlp_items import bytes_of, decode_list, uint_of
from goquorum.endpoint.abi import signature_of, type_of
from goquorum.endpoint.ibc_handler import every_interface
from goquorum.endpoint.json_rpc import EndpointUnreachable, JsonRpc, RpcError

HANDLER = b"\xaa" * 20


def error_data(name: str, *arguments: object) -> str:
    """What a revert with one of our contracts' errors carries."""
    interface = every_interface()
    entry = next(e for e in interface._entries if (e["type"], e.get("name")) == ("error", name))
    kinds = [type_of(part) for part in entry["inputs"]]
    return "0x" + (keccak256(signature_of(entry).encode())[:4] + encode(kinds, arguments)).hex()


class Node(JsonRpc):
    """`reverts` maps a transaction's data to its revert's data ('' for none given).

    Several threads ask it: a block is made between two questions, never within one.
    """

    def __init__(self) -> None:
        super().__init__("http://nowhere")
        self.block, self.mined = 1, 0
        self.pool: dict[int, bytes] = {}
        self.receipts: dict[str, dict[str, Any]] = {}
        self.executed: list[bytes] = []
        self.reverts: dict[bytes, str] = {}
        self.away = False
        self.sends_to_lose = 0
        self.answers_to_lose = 0
        self._lock = threading.Lock()

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        with self._lock:
            return self._answer(method, *params)

    def _answer(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        if self.away:
            raise EndpointUnreachable("nobody there")
        match method:
            case "eth_chainId":
                return "0x539"
            case "eth_blockNumber":
                return hex(self.block)
            case "eth_getTransactionCount":
                return hex(self.pending if params[1] == "pending" else self.mined)
            case "eth_sendRawTransaction":
                return self._send(bytes.fromhex(str(params[0])[2:]))
            case "eth_getTransactionReceipt":
                return self.receipts.get(str(params[0]))
            case "eth_getTransactionByHash":
                known = {name_of(raw) for raw in self.pool.values()} | self.receipts.keys()
                return {"hash": params[0]} if params[0] in known else None
            case "eth_call":
                return self._call(params[0])
        raise RpcError(method, -32601, "no such method", None)

    def batch(self, requests: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        return [self.call(method, *params) for method, params in requests]

    @property
    def pending(self) -> int:
        number = self.mined
        while number in self.pool:
            number += 1
        return number

    def _send(self, raw: bytes) -> str:
        nonce = uint_of(decode_list(raw)[0], 8)
        if nonce < self.mined:
            raise RpcError("eth_sendRawTransaction", -32000, "nonce too low", None)
        if nonce in self.pool and self.pool[nonce] != raw:
            message = "replacement transaction underpriced"
            raise RpcError("eth_sendRawTransaction", -32000, message, None)
        if nonce in self.pool:
            raise RpcError("eth_sendRawTransaction", -32000, "already known", None)
        if self.sends_to_lose:
            self.sends_to_lose -= 1
            return name_of(raw)
        self.pool[nonce] = raw
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            raise EndpointUnreachable("the connection broke")
        return name_of(raw)

    def _call(self, call: Any) -> str:  # noqa: ANN401 - JSON
        data = self.reverts.get(bytes.fromhex(call["data"][2:]))
        if data is None:
            return "0x"
        raise RpcError("eth_call", 3, "execution reverted", data or None)

    def mine(self) -> None:
        """A block of all that is in order."""
        with self._lock:
            while self.mined in self.pool:
                self._execute(self.pool.pop(self.mined))
                self.mined += 1
            self.block += 1

    def _execute(self, raw: bytes) -> None:
        data = bytes_of(decode_list(raw)[5])
        self.executed.append(data)
        self.receipts[name_of(raw)] = {
            "transactionHash": name_of(raw),
            "blockNumber": hex(self.block + 1),
            "gasUsed": "0x1",
            "status": "0x0" if data in self.reverts else "0x1",
            "logs": [],
        }


def name_of(raw: bytes) -> str:
    """A transaction's hash."""
    return "0x" + keccak256(raw).hex()
