"""Transactions that GoQuorum's pool refuses, and its words."""

import pytest

from corda_sim.ibc.lightclients.ethereum.rlp_items import Item, encode_item, uint_item
from goquorum.endpoint.account import LegacyTransaction
from goquorum.quick.refusals import SIZE_LIMIT, RequestRefused, check_transaction

KEY = b"\1" * 32
CHAIN, LIMIT = 1337, 0xE0000000


def legacy(
    gas_price: int = 0, gas: int = 21_000, data: bytes = b"", chain_id: int = CHAIN
) -> bytes:
    return LegacyTransaction(0, gas, b"\2" * 20, data, gas_price).signed(KEY, chain_id)


def listed(gas_price: int = 0, chain_id: int = CHAIN) -> bytes:
    """A transaction of type 1 (EIP-2930)."""
    head = [*map(uint_item, (chain_id, 0, gas_price, 21_000)), b"\2" * 20, b"", b""]
    fields: list[Item] = [*head, [], b"", b"\1" * 32, b"\1" * 32]
    return b"\1" + encode_item(fields)


def refusal(raw: bytes) -> str:
    with pytest.raises(RequestRefused) as caught:
        check_transaction(raw, CHAIN, LIMIT)
    assert caught.value.code == -32000
    return str(caught.value)


@pytest.mark.parametrize("raw", [legacy(), listed(), legacy(gas=LIMIT)])
def test_transactions_that_are_taken(raw: bytes) -> None:
    check_transaction(raw, CHAIN, LIMIT)


@pytest.mark.parametrize("raw", [legacy(gas_price=1), listed(gas_price=10**9)])
def test_the_gas_price_must_be_0(raw: bytes) -> None:
    assert refusal(raw) == "Gas price not 0"


@pytest.mark.parametrize("kind", [2, 3, 4, 0x7F])
def test_later_types_are_not_supported(kind: int) -> None:
    assert refusal(bytes([kind]) + encode_item([b""] * 12)) == "transaction type not supported"


@pytest.mark.parametrize("v", [27, 28])
def test_unprotected_transactions_are_refused(v: int) -> None:
    numbers = [*map(uint_item, (0, 0, 21_000)), b"\2" * 20, b"", b""]
    raw = encode_item([*numbers, uint_item(v), b"\1" * 32, b"\1" * 32])
    assert refusal(raw) == "only replay-protected (EIP-155) transactions allowed over RPC"


@pytest.mark.parametrize("raw", [legacy(chain_id=7), listed(chain_id=7)])
def test_another_chains_signature_is_nobodys(raw: bytes) -> None:
    assert refusal(raw) == "invalid sender"


def test_size_and_gas_are_limited() -> None:
    assert refusal(legacy(data=bytes(SIZE_LIMIT))) == "oversized data"
    assert refusal(legacy(gas=LIMIT + 1)) == "exceeds block gas limit"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x80",
        b"\xc0",
        b"\x01",
        b"\x01\xc0",
        b"\xff" * 9,
        encode_item([b""] * 8),
        encode_item([[]] * 9),
        encode_item([b"\0"] * 9),
        encode_item([b"\1" * 33] * 9),
        legacy() + b"\0",
    ],
)
def test_bytes_that_are_no_transaction(raw: bytes) -> None:
    assert refusal(raw).startswith("rlp: ")
