"""Addresses as people write them."""

import pytest

from goquorum.endpoint.addresses import (
    AddressRefused,
    created_address,
    parse_address,
    show_address,
)

# EIP-55's own examples.
CHECKSUMMED = (
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)


@pytest.mark.parametrize("text", CHECKSUMMED)
def test_an_address_is_shown_as_it_was_read(text: str) -> None:
    assert show_address(parse_address(text)) == text
    assert parse_address(text.lower()) == parse_address("0x" + text[2:].upper())


@pytest.mark.parametrize("at", range(2, 42))
def test_a_digit_of_the_wrong_case_is_refused(at: int) -> None:
    text = CHECKSUMMED[-1]
    changed = text[:at] + text[at].swapcase() + text[at + 1 :]
    if changed != text:
        with pytest.raises(AddressRefused, match="checksum"):
            parse_address(changed)


@pytest.mark.parametrize("text", ["", "0x", "ab" * 20, "0x" + "ab" * 19, "0x" + "ab" * 21, "0xg"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressRefused, match="40 hexadecimal digits"):
        parse_address(text)


@pytest.mark.parametrize(
    ("nonce", "address"),
    [
        (0, "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"),
        (1, "343c43a37d37dff08ae8c4a11544c718abb4fcf8"),
        (2, "f778b86fa74e846c4f0a1fbd1335fe81c00a0c91"),
    ],
)
def test_where_a_contract_is_going_to_lie(nonce: int, address: str) -> None:
    sender = parse_address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert created_address(sender, nonce).hex() == address
