"""Signed transactions and receipts."""

import pytest

from goquorum.endpoint.account import LegacyTransaction, parse_receipt


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
