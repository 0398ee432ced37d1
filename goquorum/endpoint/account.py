"""An account that sends transactions: legacy ones, gas price 0, as GoQuorum takes them."""

import threading
import time
from dataclasses import dataclass
from typing import Any, Final

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.rlp_items import encode_item, uint_item
from corda_sim.ibc.lightclients.ethereum.signatures import address_of, sign_digest
from goquorum.endpoint.abi import Decoded, Interface
from goquorum.endpoint.addresses import created_address
from goquorum.endpoint.json_rpc import JsonRpc, RpcError
from goquorum.errors import GoQuorumError

GAS_LIMIT: Final = 30_000_000
POLL_SECONDS: Final = 0.02
RECEIPT_SECONDS: Final = 60.0
_KNOWN: Final = "already known"


class TransactionReverted(GoQuorumError):
    """A transaction or call failed; `error` is the contract's own, where its ABI knows it."""

    def __init__(self, what: str, error: Decoded | None, data: bytes) -> None:
        reason = str(error) if error else f"0x{data.hex()}" if data else "no reason given"
        super().__init__(f"{what} reverted: {reason}")
        self.error, self.data = error, data


class TransactionNotMined(GoQuorumError):
    """There is no receipt in the time given; the transaction may still come."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction."""

    transaction_hash: str
    block_number: int
    gas_used: int
    succeeded: bool
    contract_address: bytes | None
    logs: tuple["Log", ...]


@dataclass(frozen=True, slots=True)
class Log:
    """One event as the chain keeps it."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class SentDeployment:
    """A deployment on its way, and where its contract is going to lie."""

    transaction_hash: str
    address: bytes


@dataclass(frozen=True, slots=True)
class SentCall:
    """A contract's function on its way, called with `data`."""

    name: str
    data: bytes
    transaction_hash: str


@dataclass(frozen=True, slots=True)
class LegacyTransaction:
    """A transaction of type 0; `to` None deploys. Price and value in wei."""

    nonce: int
    gas: int
    to: bytes | None
    data: bytes
    gas_price: int = 0
    value: int = 0

    def signed(self, private_key: bytes, chain_id: int) -> bytes:
        """The transaction as it is sent, its signature bound to the chain (EIP-155)."""
        numbers = map(uint_item, (self.nonce, self.gas_price, self.gas))
        fields = [*numbers, self.to or b"", uint_item(self.value), self.data]
        unsigned = encode_item([*fields, uint_item(chain_id), b"", b""])
        signature = sign_digest(private_key, keccak256(unsigned))
        r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
        v = chain_id * 2 + 35 + signature[64]
        return encode_item([*fields, *map(uint_item, (v, r, s))])


class Sender:
    """Signs with one key and counts its nonces, so that transactions can be sent ahead."""

    def __init__(self, rpc: JsonRpc, private_key: bytes) -> None:
        self.rpc = rpc
        self._key = private_key
        self.address = address_of(private_key)
        self._chain_id = int(rpc.call("eth_chainId"), 16)
        self._lock = threading.Lock()
        self._nonce = self.pending_nonce()

    def pending_nonce(self) -> int:
        """The next nonce by what the endpoint knows, its pool included."""
        address = "0x" + self.address.hex()
        return int(self.rpc.call("eth_getTransactionCount", address, "pending"), 16)

    def settled_nonce(self) -> int:
        """The next nonce by the newest block: what is below it is decided."""
        address = "0x" + self.address.hex()
        return int(self.rpc.call("eth_getTransactionCount", address, "latest"), 16)

    def resynchronise(self) -> None:
        """Count on from what the endpoint knows: after a transaction that it lost or refused."""
        with self._lock:
            self._nonce = self.pending_nonce()

    def send(self, to: bytes | None, data: bytes, *, gas: int = GAS_LIMIT) -> str:
        """Send without waiting; the transaction's hash. `to` None deploys."""
        return self._send(to, data, gas)[0]

    def deploy(self, data: bytes) -> SentDeployment:
        """Send a contract's code and constructor arguments without waiting."""
        found, nonce = self._send(None, data, GAS_LIMIT)
        return SentDeployment(found, created_address(self.address, nonce))

    def _send(self, to: bytes | None, data: bytes, gas: int) -> tuple[str, int]:
        with self._lock:
            unsigned = LegacyTransaction(self._nonce, gas, to, data)
            raw = unsigned.signed(self._key, self._chain_id)
            found = self._send_raw(raw)
            self._nonce += 1
        return found, unsigned.nonce

    def _send_raw(self, raw: bytes) -> str:
        try:
            return str(self.rpc.call("eth_sendRawTransaction", "0x" + raw.hex()))
        except RpcError as error:
            # A request is sent twice when its connection broke, and may have come the first time.
            if _KNOWN not in error.message:
                raise
            return "0x" + keccak256(raw).hex()

    def wait(self, transaction_hash: str, seconds: float = RECEIPT_SECONDS) -> Receipt:
        """Wait for the receipt. Raises TransactionNotMined."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.rpc.call("eth_getTransactionReceipt", transaction_hash)
            if found is not None:
                return parse_receipt(found)
            time.sleep(POLL_SECONDS)
        raise TransactionNotMined(f"No receipt of {transaction_hash} in {seconds:g} s")


class Contract:
    """A contract at an address."""

    def __init__(self, rpc: JsonRpc, address: bytes, interface: Interface) -> None:
        self.rpc, self.address, self.interface = rpc, address, interface

    def view(self, name: str, *arguments: object, block: str = "latest") -> tuple[Any, ...]:
        """What a view returns. Raises TransactionReverted."""
        call = {"to": "0x" + self.address.hex()}
        call["data"] = "0x" + self.interface.call(name, *arguments).hex()
        return self.interface.result(name, self._eth_call(name, call, block))

    def transact(self, sender: Sender, name: str, *arguments: object) -> Receipt:
        """Send and wait; a failed transaction is called once more for its reason.

        Raises:
            TransactionReverted: it failed.
            TransactionNotMined: it isn't in a block yet.
        """
        return self.settle(sender, self.send(sender, name, *arguments))

    def send(self, sender: Sender, name: str, *arguments: object) -> SentCall:
        """Send without waiting; `settle` waits."""
        data = self.interface.call(name, *arguments)
        return SentCall(name, data, sender.send(self.address, data))

    def settle(self, sender: Sender, sent: SentCall) -> Receipt:
        """Wait for what was sent. Raises as `transact`."""
        receipt = sender.wait(sent.transaction_hash)
        if not receipt.succeeded:
            call = {"from": "0x" + sender.address.hex(), "to": "0x" + self.address.hex()}
            call |= {"data": "0x" + sent.data.hex(), "gas": hex(GAS_LIMIT)}
            self._eth_call(sent.name, call, hex(receipt.block_number))
            raise TransactionReverted(sent.name, None, b"")
        return receipt

    def events(self, receipt: Receipt) -> list[Decoded]:
        """The events of this contract in a receipt."""
        ours = (log for log in receipt.logs if log.address == self.address)
        found = (self.interface.event(log.topics, log.data) for log in ours)
        return [event for event in found if event is not None]

    def _eth_call(self, name: str, call: dict[str, str], block: str) -> bytes:
        try:
            return bytes.fromhex(self.rpc.call("eth_call", call, block)[2:])
        except RpcError as error:
            if not error.data and "revert" not in error.message:
                raise
            found = self.interface.error(error.data)
            raise TransactionReverted(name, found, error.data) from error


def parse_receipt(found: dict[str, Any]) -> Receipt:
    """A receipt as JSON-RPC gives it."""
    address = found.get("contractAddress")
    return Receipt(
        found["transactionHash"],
        int(found["blockNumber"], 16),
        int(found["gasUsed"], 16),
        int(found["status"], 16) == 1,
        bytes.fromhex(address[2:]) if address else None,
        tuple(parse_log(log) for log in found["logs"]),
    )


def parse_log(found: dict[str, Any]) -> Log:
    """A log as JSON-RPC gives it."""
    topics = tuple(bytes.fromhex(topic[2:]) for topic in found["topics"])
    return Log(bytes.fromhex(found["address"][2:]), topics, bytes.fromhex(found["data"][2:]))
