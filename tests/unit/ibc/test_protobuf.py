from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, ClassVar

import pytest

from corda_sim.core.errors import DecodeError, IllegalArgumentError
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.protobuf import Field, Message

NOWHERE = Height()


class Colour(IntEnum):
    NONE = 0
    RED = 1


@dataclass(frozen=True, slots=True)
class Thing(Message):
    TYPE_URL: ClassVar[str] = "/test.Thing"
    last: Annotated[bytes, Field(20)] = b""
    number: Annotated[int, Field(1)] = 0
    small: Annotated[int, Field(2, bits=32)] = 0
    flag: Annotated[bool, Field(3)] = False
    colour: Annotated[Colour, Field(4)] = Colour.NONE
    text: Annotated[str, Field(5)] = ""
    height: Annotated[Height, Field(6)] = NOWHERE
    maybe: Annotated[Height | None, Field(7)] = None
    many: Annotated[tuple[Height, ...], Field(8)] = ()
    numbers: Annotated[tuple[int, ...], Field(9)] = ()
    choice: Annotated[bytes | None, Field(10)] = None


def test_defaults_are_left_out_but_messages_arent() -> None:
    assert Thing().encode() == bytes.fromhex("3200")
    assert Thing(maybe=Height()).encode() == bytes.fromhex("32003a00")


def test_fields_are_written_in_the_order_of_their_numbers() -> None:
    thing = Thing(b"z", 300, 1, flag=True, colour=Colour.RED, text="é")
    assert thing.encode() == bytes.fromhex("08ac021001180120012a02c3a93200a201017a")


def test_repeated_numbers_are_packed_and_messages_arent() -> None:
    thing = Thing(many=(Height(0, 1), Height()), numbers=(1, 300))
    assert thing.encode() == bytes.fromhex("32004202100142004a0301ac02")
    assert Thing.decode(thing.encode()) == thing


def test_numbers_that_arent_packed_are_read_as_well() -> None:
    assert Thing.decode(bytes.fromhex("320048014802")).numbers == (1, 2)


def test_presence_of_an_optional_scalar() -> None:
    assert Thing.decode(Thing(choice=b"").encode()).choice == b""
    assert Thing.decode(Thing().encode()).choice is None


def test_unknown_fields_are_skipped() -> None:
    unknown = bytes.fromhex("f80101fa01020000f90100000000000000fffd0100000000")
    assert Thing.decode(b"\x08\x05" + unknown) == Thing(number=5)


def test_strict_refuses_what_encode_doesnt_write() -> None:
    canonical = Thing(number=5, text="x").encode()
    assert Thing.decode_strict(canonical) == Thing(number=5, text="x")
    for other in (b"\x08\x05", canonical + b"\xf8\x01\x01", b"\x32\x00\x08\x05"):
        assert Thing.decode(other).number == 5
        with pytest.raises(DecodeError):
            Thing.decode_strict(other)


@pytest.mark.parametrize(
    "data",
    [
        "08",  # ends after its tag
        "0880",  # a varint without end
        "088100",  # not in its shortest form
        "08ffffffffffffffffff7f",  # more than 64 bits
        "0801 0802",  # a singular field twice
        "0a0101",  # bytes where a number is expected
        "2801",  # a number where text is expected
        "2a02ff",  # ends early
        "2a01ff",  # not UTF-8
        "10ffffffff1f",  # more than 32 bits
        "1802",  # neither true nor false
        "2005",  # no member of the enumeration
        "0001",  # field number 0
        "f8ffffff7f01",  # field number too high
        "330a34",  # a group
        "3202ffff",  # a malformed message inside
        "4a0180",  # a malformed packed list
        "09010203",  # a fixed 64-bit value that ends early
    ],
)
def test_malformed(data: str) -> None:
    with pytest.raises(DecodeError):
        Thing.decode(bytes.fromhex(data))


@pytest.mark.parametrize("number", [-1, 2**64])
def test_numbers_out_of_range(number: int) -> None:
    with pytest.raises(IllegalArgumentError):
        Thing(number=number).encode()


def repeated(kind: str) -> bytes:
    """4,097 fields, counted at all depths."""
    unknown = bytes.fromhex("7801")
    return {
        "messages": bytes.fromhex("4200") * 4097,
        "unknown": unknown * 4097,
        "packed": bytes.fromhex("4a8120") + b"\x01" * 4097,
        "inside": (bytes.fromhex("420c") + unknown * 6) * 586,
    }[kind]


@pytest.mark.parametrize("kind", ["messages", "unknown", "packed", "inside"])
def test_the_number_of_fields_is_limited(kind: str) -> None:
    with pytest.raises(DecodeError, match="more than 4096 fields"):
        Thing.decode(repeated(kind))


def test_as_many_fields_as_the_limit_are_read() -> None:
    assert len(Thing.decode(bytes.fromhex("4200") * 4096).many) == 4096


@dataclass(frozen=True, slots=True)
class NoDefaults(Message):
    number: Annotated[int, Field(1)]
    height: Annotated[Height, Field(2)]
    flag: Annotated[bool, Field(3)]
    heights: Annotated[tuple[Height, ...], Field(4)]
    maybe: Annotated[str | None, Field(5)]


def test_fields_that_dont_come_have_proto3s_defaults() -> None:
    assert NoDefaults.decode(b"") == NoDefaults(0, NOWHERE, False, (), None)
    assert NoDefaults.decode(b"").flag is False
