"""Signed transactions and receipts."""

from typing import Any

import pytest

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.endpoint.account import LegacyTransaction, Sender, parse_receipt
from goquorum.endpoint.json_rpc import JsonRpc, RpcError


def test_the_example_of_eip_155() -> None:
    made = LegacyTransaction(9, 21_000, b"\x35" * 20, b"", 20 * 10**9, 10**18)
    assert made.signed(b"\x46" * 32, 1).hex() == (
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000"
        "8025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a0"
        "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
    )


@pytest.mark.parametrize("changed", ["nonce", "data", "chain"])
def test_a_signature_covers_everything(changed: str) -> None:
    plain = LegacyTransaction(0, 1, None, b"code")
    other = {
        "nonce": LegacyTransaction(1, 1, None, b"code"),
        "data": LegacyTransaction(0, 1, None, b"more"),
    }.get(changed, plain)
    chain = 2 if changed == "chain" else 1
    assert other.signed(b"\1" * 32, chain)[-64:] != plain.signed(b"\1" * 32, 1)[-64:]


def test_a_receipt_as_json_rpc_gives_it() -> None:
    found = {
        "transactionHash": "0xab",
        "blockNumber": "0x10",
        "gasUsed": "0x5208",
        "status": "0x0",
        "contractAddress": None,
        "logs": [{"address": "0x" + "11" * 20, "topics": ["0x" + "22" * 32], "data": "0x33"}],
    }
    receipt = parse_receipt(found)
    assert (receipt.block_number, receipt.gas_used, receipt.succeeded) == (16, 21_000, False)
    assert receipt.contract_address is None
    (log,) = receipt.logs
    assert (log.address, log.topics, log.data) == (b"\x11" * 20, (b"\x22" * 32,), b"\x33")
    deployed = parse_receipt({**found, "contractAddress": "0x" + "44" * 20, "status": "0x1"})
    assert (deployed.contract_address, deployed.succeeded) == (b"\x44" * 20, True)


class Pool(JsonRpc):
    """Counts nonces, and answers one sending as it is told to."""

    def __init__(self) -> None:
        super().__init__("http://nowhere")
        self.nonces = {"latest": 3, "pending": 5}
        self.refusal: RpcError | None = None
        self.sent: list[str] = []

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - as the client's
        match method:
            case "eth_chainId":
                return "0x539"
            case "eth_getTransactionCount":
                return hex(self.nonces[str(params[1])])
        self.sent.append(str(params[0]))
        if self.refusal is not None:
            raise self.refusal
        return "0x" + keccak256(bytes.fromhex(self.sent[-1][2:])).hex()


def refusal(message: str) -> RpcError:
    return RpcError("eth_sendRawTransaction", -32000, message, None)


def test_a_transaction_that_the_node_knows_already_is_sent() -> None:
    """The connection broke after the node took it, and the request was made again."""
    pool = Pool()
    sender = Sender(pool, b"\1" * 32)
    pool.refusal = refusal("already known")
    name = sender.send(b"\2" * 20, b"data")
    assert name == "0x" + keccak256(bytes.fromhex(pool.sent[0][2:])).hex()
    pool.refusal = None
    sender.send(b"\2" * 20, b"data")
    assert pool.sent[0] != pool.sent[1]


def test_a_refused_transaction_uses_up_no_nonce() -> None:
    pool = Pool()
    sender = Sender(pool, b"\1" * 32)
    pool.refusal = refusal("nonce too low")
    with pytest.raises(RpcError, match="nonce too low"):
        sender.send(b"\2" * 20, b"data")
    pool.refusal = None
    sender.send(b"\2" * 20, b"data")
    assert pool.sent[0] == pool.sent[1]


def test_nonces_are_counted_on_from_what_the_node_knows() -> None:
    pool = Pool()
    sender = Sender(pool, b"\1" * 32)
    assert (sender.settled_nonce(), sender.pending_nonce()) == (3, 5)
    sender.send(b"\2" * 20, b"data")
    pool.nonces["pending"] = 5
    sender.resynchronise()
    sender.send(b"\2" * 20, b"data")
    assert pool.sent[0] == pool.sent[1]
