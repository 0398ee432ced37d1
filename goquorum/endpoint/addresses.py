"""Addresses as people write them: 0x and 40 digits, whose case is a checksum (EIP-55)."""

import re
from typing import Annotated, Final

from pydantic import PlainSerializer, PlainValidator

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.rlp_items import encode_item, uint_item
from goquorum.errors import WrongUse

_FORM: Final = re.compile(r"0x[0-9a-fA-F]{40}")


class AddressRefused(WrongUse):
    """A text is no address, or its checksum is wrong: a digit was mistyped."""


def parse_address(text: str) -> bytes:
    """The 20 bytes of an address; digits of one case carry no checksum. Raises AddressRefused."""
    if not _FORM.fullmatch(text):
        raise AddressRefused(f"{text!r} isn't 0x and 40 hexadecimal digits")
    address = bytes.fromhex(text[2:])
    if text[2:] not in {text[2:].lower(), text[2:].upper()} and text != show_address(address):
        raise AddressRefused(f"the checksum of {text} is wrong: a digit or its case was mistyped")
    return address


def show_address(address: bytes) -> str:
    """An address with its checksum."""
    digits = address.hex()
    marks = keccak256(digits.encode("ascii")).hex()
    pairs = zip(digits, marks, strict=False)
    return "0x" + "".join(one.upper() if mark >= "8" else one for one, mark in pairs)


def created_address(sender: bytes, nonce: int) -> bytes:
    """Where the contract lies that a transaction of `sender` deploys (Yellow Paper, section 7)."""
    return keccak256(encode_item([sender, uint_item(nonce)]))[12:]


def _validated(value: object) -> bytes:
    try:
        return parse_address(str(value))
    except AddressRefused as error:
        raise ValueError(str(error)) from error


Address = Annotated[
    bytes, PlainValidator(_validated), PlainSerializer(show_address, return_type=str)
]
"""An address in a file: a checksummed text there, 20 bytes here."""
