import enum
import sys
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel, ConfigDict

from corda_sim.core.crypto.composite import CompositeKeyBuilder
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.merkle import MerkleTree, PartialMerkleTree
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import batch_sign
from corda_sim.core.errors import DecodeError, IllegalArgumentError
from corda_sim.core.identity import AnonymousParty, CordaX500Name, Party, PartyAndReference
from corda_sim.core.serialization import (
    INSTALLED,
    MAGIC,
    MAX_DEPTH,
    PLATFORM,
    NotSerializableException,
    Registry,
    deserialize,
    serializable,
    serialize,
    using_registry,
)
from corda_sim.core.serialization.limits import MAX_ELEMENTS

KEYS = [derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, n) for n in (1, 2)]
BANK = Party(CordaX500Name("Bank A", "London", "GB", state="Kent"), KEYS[0].public)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@serializable("test.Thing")
@dataclass(frozen=True)
class Thing:
    name: str
    colour: Colour = Colour.RED
    flag: bool = False
    numbers: tuple[int, ...] = ()
    tags: frozenset[str] = field(default_factory=frozenset)


@serializable("test.Box")
class Box(msgspec.Struct, frozen=True):
    inside: object
    note: str | None = None


@serializable("test.Model")
class Model(BaseModel):
    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    owner: Party
    count: int = 0
    many: tuple[Thing, ...] = ()


def pack(name: str, *fields: object) -> bytes:
    inner = msgspec.msgpack.encode([name, *fields])
    return MAGIC + msgspec.msgpack.encode(msgspec.msgpack.Ext(1, inner))


def test_the_form_of_an_object() -> None:
    assert serialize(Thing("a")) == bytes.fromhex("6373696d0100c70e0192aa") + b"test.Thing\xa1a"


def test_trailing_defaults_are_left_out_and_inner_ones_kept() -> None:
    assert serialize(Thing("a", flag=True)) == pack("test.Thing", "a", "red", True)
    assert deserialize(pack("test.Thing", "a", "red", True), Thing) == Thing("a", flag=True)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(2**63),
        2**64 - 1,
        "text",
        b"bytes",
        ("a", (1, None), b""),
        Thing("n", Colour.BLUE, numbers=(1, 2), tags=frozenset(("z", "a"))),
        Box(Box((Thing("x"), 7)), "note"),
        Model(owner=BANK, count=3, many=(Thing("m"),)),
        datetime(1969, 7, 20, 20, 17, 40, 123456, tzinfo=UTC),
        timedelta(days=-3, microseconds=1),
        uuid.UUID(int=5),
        Decimal("1.10"),
        SecureHash.sha256(b"x"),
        KEYS[0].public,
        CompositeKeyBuilder().add_keys(*(pair.public for pair in KEYS)).build(1),
        BANK.name,
        BANK,
        AnonymousParty(KEYS[1].public),
        PartyAndReference(BANK, b"\x01"),
    ],
)
def test_round_trip(value: object) -> None:
    back = deserialize(serialize(value), object)
    assert back == value
    assert type(back) is type(value)
    assert serialize(back) == serialize(value)


def test_named_and_anonymous_parties_stay_what_they_are() -> None:
    assert isinstance(deserialize(serialize(BANK), Party), Party)
    assert deserialize(serialize(BANK), Party).name == BANK.name
    with pytest.raises(DecodeError):
        deserialize(serialize(AnonymousParty(KEYS[0].public)), Party)


@pytest.mark.parametrize("again", [1, 2])
def test_parties_of_one_key_keep_their_own_bytes(again: int) -> None:
    key = KEYS[again - 1].public
    names = [CordaX500Name(f"Bank {letter}", "Oslo", "NO") for letter in "XYX"]
    parties = [AnonymousParty(key), *(Party(name, key) for name in names)]
    encoded = [serialize(party) for party in parties * again]
    assert [deserialize(data, object).__class__ for data in encoded[:2]] == [AnonymousParty, Party]
    decoded = [deserialize(data, Party) for data in encoded[1:4]]
    assert [party.name for party in decoded] == names
    assert encoded == encoded[:4] * again


@pytest.mark.parametrize("depth", range(MAX_DEPTH - 10, MAX_DEPTH + 1))
def test_a_party_counts_as_two_levels_wherever_it_is(depth: int) -> None:
    for party in (BANK, Party(BANK.name, KEYS[1].public), BANK):
        value: object = party
        for _ in range(depth):
            value = (value,)
        if depth + 2 <= MAX_DEPTH:
            assert deserialize(serialize(value), object) == value
        else:
            with pytest.raises(NotSerializableException):
                serialize(value)


def test_batch_signatures_and_their_trees() -> None:
    ids = [SecureHash.sha256(bytes([n])) for n in range(5)]
    for tx_id, signature in batch_sign(KEYS[0], ids).items():
        back = deserialize(serialize(signature), type(signature))
        back.verify(tx_id)
        assert back.partial_merkle_tree == signature.partial_merkle_tree


def test_containers_take_the_annotated_kind() -> None:
    assert deserialize(serialize([1, 2]), list[int]) == [1, 2]
    assert deserialize(serialize((1, 2)), tuple[int, int]) == (1, 2)
    with pytest.raises(DecodeError):
        deserialize(serialize((1, 2)), tuple[int, int, int])
    with pytest.raises(DecodeError):
        deserialize(serialize((1, "2")), tuple[int, ...])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"csim",
        b"corda\x01\x00\x00",
        MAGIC,
        MAGIC + b"\xc0\xc0",
        MAGIC + b"\xc1",
        MAGIC + b"\xca\x00\x00\x00\x00",
        MAGIC + b"\x80",
        MAGIC + b"\xa1\xff",
        MAGIC + b"\xd6\xff\x00\x00\x00\x00",
        MAGIC + b"\xd4\x02\xc0",
        MAGIC + b"\xd4\x01\xc0",
        MAGIC + b"\xd4\x01\x90",
        MAGIC + b"\xcc\x05",
        MAGIC + b"\xdd\xff\xff\xff\xff",
        MAGIC + b"\x91" * 100_000 + b"\xc0",
        MAGIC + b"\x91" * (MAX_DEPTH + 1) + b"\xc0",
        pack("test.Unknown"),
        pack("test.Thing"),
        pack("test.Thing", 5),
        pack("test.Thing", "a", "green"),
        pack("test.Thing", "a", "red"),
        pack("test.Thing", "a", "red", 0),
        pack("test.Thing", "a", "red", 1),
        pack("test.Thing", "a", "red", False, [], ["b", "a"]),
        pack("test.Thing", "a", "red", False, [], ["a", "a"]),
        pack("test.Thing", "a", "red", False, [], ["a"], None),
        pack("test.Model", "no party"),
        pack("corda.Instant", 2**62),
        pack("corda.UUID", b"short"),
        pack("corda.Decimal", "nan?"),
        pack("corda.Decimal", "1_0"),
        pack("corda.SecureHash", b"short"),
        pack("corda.PublicKey", b"junk"),
        pack("corda.X500Name", "Bank", "London", "XX"),
        pack("corda.PartialMerkleTree", b"\x00\x01", bytes(32)),
        pack("corda.PartialMerkleTree", b"\x00" * 64, b""),
        pack("corda.PartialMerkleTree", b"\x01\x01", bytes(64)),
        pack("corda.PartialMerkleTree", b"\x03", bytes(32)),
    ],
)
def test_bad_input_is_a_decode_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        deserialize(data, object)


@pytest.mark.parametrize("level", [b"\x91", b"\x92\x01", b"\xdc\x00\x01", b"\x81"])
def test_nesting_is_bounded_whatever_pythons_recursion_limit_is(level: bytes) -> None:
    """Libraries raise that limit beyond what the stack of the decoder's C code bears."""
    former = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    try:
        with pytest.raises(DecodeError):
            deserialize(MAGIC + level * 200_000 + b"\xc0", object)
    finally:
        sys.setrecursionlimit(former)


def test_many_arrays_side_by_side_are_no_nesting() -> None:
    value = tuple((n, (n, n)) for n in range(3_000))
    assert deserialize(serialize(value), tuple[tuple[int, tuple[int, int]], ...]) == value


def test_too_large_and_too_many() -> None:
    with pytest.raises(DecodeError, match="limit of 3"):
        deserialize(serialize("abcd"), str, max_size=3)
    with pytest.raises(DecodeError, match="values"):
        deserialize(MAGIC + b"\xdd" + (2**23).to_bytes(4, "big") + b"\x90" * 2**23, object)
    inside = msgspec.msgpack.encode([[]] * (MAX_ELEMENTS + 1))
    with pytest.raises(DecodeError, match="values"):
        deserialize(MAGIC + msgspec.msgpack.encode(msgspec.msgpack.Ext(1, inside)), object)
    large = (bytes(100_000), "x" * 1000, 2**40, -5, Thing("a"), None, tuple(range(500)))
    assert deserialize(serialize(large), object) == large


def test_nested_objects_cannot_multiply_memory() -> None:
    body = msgspec.msgpack.encode(bytes(4 * 1024 * 1024))
    for _ in range(MAX_DEPTH - 2):
        inner = b"\x92" + msgspec.msgpack.encode("test.Box") + body
        body = b"\xc9" + len(inner).to_bytes(4, "big") + b"\x01" + inner
    with pytest.raises(DecodeError, match="together"):
        deserialize(MAGIC + body, object)
    shallow: object = bytes(4 * 1024 * 1024)
    for _ in range(8):
        shallow = Box(shallow)
    assert deserialize(serialize(shallow), Box) == shallow


@pytest.mark.parametrize(
    "value",
    [1.5, {"a": 1}, object(), 2**64, "\ud800", datetime(2026, 1, 1), Box(1.5), timedelta.max],  # noqa: DTZ001
)
def test_what_cannot_be_serialized(value: object) -> None:
    with pytest.raises((NotSerializableException, IllegalArgumentError)):
        serialize(value)


def test_nesting_is_bounded() -> None:
    value: object = 1
    for _ in range(MAX_DEPTH):
        value = (value,)
    assert deserialize(serialize(value), object) == value
    with pytest.raises(NotSerializableException):
        serialize((value,))


def test_a_name_belongs_to_one_type() -> None:
    with pytest.raises(IllegalArgumentError, match=r"test\.Thing"):
        serializable("test.Thing")(type("Other", (Thing,), {}))


def test_registries_stand_side_by_side() -> None:
    other = Registry("other", PLATFORM)

    with using_registry(other):

        @serializable("test.Thing")
        @dataclass(frozen=True)
        class Second:
            name: str

    assert isinstance(deserialize(serialize(Thing("a")), object, other), Second)
    assert isinstance(deserialize(serialize(Second("a")), object), Thing)
    with pytest.raises(DecodeError):
        deserialize(serialize(Box(1)), object, other)


def test_fields_appended_later_take_their_defaults() -> None:
    old, new = Registry("old"), Registry("new")
    first: Any = dataclass(frozen=True)(type("Grown", (), {"__annotations__": {"a": int}}))
    old.register(first, "test.Grown")
    second: Any = dataclass(frozen=True)(
        type("Grown", (), {"__annotations__": {"a": int, "b": int}, "b": 7})
    )
    new.register(second, "test.Grown")
    data = serialize(first(1))
    assert deserialize(data, object, new) == second(1, 7)
    assert serialize(second(1, 7)) == data


def test_another_format_by_its_magic() -> None:
    INSTALLED.add_format(b"other\x00", lambda data, _registry: data[6:])
    assert deserialize(b"other\x00abc", bytes) == b"abc"


def test_a_partial_tree_in_full() -> None:
    leaves = [SecureHash.sha256(bytes([n])) for n in range(7)]
    tree = MerkleTree.build(leaves)
    part = PartialMerkleTree.build(tree, [leaves[2], leaves[6]])
    back = deserialize(serialize(part), PartialMerkleTree)
    assert back == part
    assert back.verify(tree.root, [leaves[2], leaves[6]])
