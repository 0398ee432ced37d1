"""Composite keys: who fulfils which tree, the encoding, and what can't be built or read."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.crypto import composite, der
from corda_sim.core.crypto.composite import MAX_DEPTH, CompositeKey, CompositeKeyBuilder
from corda_sim.core.crypto.crypto import decode_public_key, generate_key_pair
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.errors import DecodeError, IllegalArgumentError, IllegalStateError


def _key(number: int, scheme: SignatureScheme = SignatureScheme.EDDSA_ED25519_SHA512) -> PublicKey:
    return generate_key_pair(scheme, bytes([number]) * 32).public


ALICE = _key(1)
BOB = _key(2, SignatureScheme.ECDSA_SECP256K1_SHA256)
CHARLIE = _key(3, SignatureScheme.ECDSA_SECP256R1_SHA256)
ALL = (ALICE, BOB, CHARLIE)


def _build(*children: tuple[PublicKey, int], threshold: int | None = None) -> PublicKey:
    builder = CompositeKeyBuilder()
    for key, weight in children:
        builder.add_key(key, weight)
    return builder.build(threshold)


BOTH = _build((ALICE, 1), (BOB, 1))
ANY = _build((ALICE, 1), (BOB, 1), threshold=1)
TWO_OF_THREE = _build((ALICE, 1), (BOB, 1), (CHARLIE, 1), threshold=2)
ALICE_OR_BOTH_OTHERS = _build((ALICE, 2), (BOB, 1), (CHARLIE, 1), threshold=2)
NESTED = _build((ANY, 1), (CHARLIE, 1))
BOSS_OR_BOTH = _build((CHARLIE, 1), (BOTH, 1), threshold=1)

MATRIX = {
    "BOTH": (BOTH, ["AB", "ABC"]),
    "ANY": (ANY, ["A", "B", "AB", "AC", "BC", "ABC"]),
    "TWO_OF_THREE": (TWO_OF_THREE, ["AB", "AC", "BC", "ABC"]),
    "ALICE_OR_BOTH_OTHERS": (ALICE_OR_BOTH_OTHERS, ["A", "AB", "AC", "BC", "ABC"]),
    "NESTED": (NESTED, ["AC", "BC", "ABC"]),
    "BOSS_OR_BOTH": (BOSS_OR_BOTH, ["C", "AB", "AC", "BC", "ABC"]),
}
SUBSETS = [subset for size in range(4) for subset in itertools.combinations("ABC", size)]


@pytest.mark.parametrize("signers", SUBSETS, ids=lambda subset: "".join(subset) or "nobody")
@pytest.mark.parametrize("name", MATRIX)
def test_fulfilment(name: str, signers: tuple[str, ...]) -> None:
    key, sufficient = MATRIX[name]
    given_keys = [ALL["ABC".index(letter)] for letter in signers]
    assert key.is_fulfilled_by(given_keys) is ("".join(signers) in sufficient)


def test_a_composite_key_among_the_signers_fulfils_nothing() -> None:
    assert not BOTH.is_fulfilled_by([BOTH])
    assert not BOTH.is_fulfilled_by([ALICE, BOB, ANY])
    assert not NESTED.is_fulfilled_by([ANY, CHARLIE])


def test_the_signers_may_come_from_an_iterator() -> None:
    assert BOTH.is_fulfilled_by(iter([ALICE, BOB]))


def test_leaf_keys() -> None:
    assert NESTED.keys == {ALICE, BOB, CHARLIE}
    assert BOTH.scheme is SignatureScheme.COMPOSITE
    assert BOTH.keys == {ALICE, BOB}


def test_all_weights_are_needed_without_a_threshold() -> None:
    key = _build((ALICE, 3), (BOB, 4))
    assert isinstance(key, CompositeKey)
    assert key.threshold == 7


@pytest.mark.parametrize("threshold", [None, 3])
def test_a_single_child_stands_for_itself(threshold: int | None) -> None:
    assert _build((ALICE, 3), threshold=threshold) is ALICE


@pytest.mark.parametrize(
    ("children", "threshold", "message"),
    [
        ([(ALICE, 3)], 2, "threshold value different than weight"),
        ([(ALICE, 0), (BOB, 1)], None, "Weight"),
        ([(ALICE, -1), (BOB, 2)], None, "Weight"),
        ([(ALICE, 1), (BOB, 1)], 0, "threshold is set to 0, but it should be a positive"),
        ([(ALICE, 1), (BOB, 1)], -1, "threshold is set to -1, but it should be a positive"),
        ([(ALICE, 1), (BOB, 1)], 3, "threshold: 3 cannot be bigger than aggregated weight"),
        ([(ALICE, 1), (ALICE, 1)], None, "duplicated child nodes detected"),
        ([(BOTH, 1), (BOTH, 1)], None, "duplicated child nodes detected"),
        ([(ALICE, 2**31 - 1), (BOB, 1)], 1, "more than an Int"),
    ],
)
def test_trees_against_the_rules(
    children: list[tuple[PublicKey, int]], threshold: int | None, message: str
) -> None:
    with pytest.raises(IllegalArgumentError, match=message):
        _build(*children, threshold=threshold)


def test_a_builder_without_children() -> None:
    with pytest.raises(IllegalStateError, match="without child nodes"):
        CompositeKeyBuilder().build()


def test_a_composite_of_one_cannot_be_made_directly() -> None:
    with pytest.raises(IllegalArgumentError, match="two or more child nodes"):
        CompositeKey(1, [(ALICE, 1)])


def test_weights_add_up_to_the_largest_int() -> None:
    key = _build((ALICE, 2**31 - 2), (BOB, 1))
    assert decode_public_key(key.encoded) == key


@given(st.permutations(list(zip(ALL, (1, 2, 2), strict=True))))
def test_the_order_of_children_does_not_matter(children: list[tuple[PublicKey, int]]) -> None:
    key = _build(*children)
    assert isinstance(key, CompositeKey)
    assert key.encoded == _build(*reversed(children)).encoded
    assert [weight for _, weight in key.children] == [2, 2, 1]
    assert key.children[0][0].encoded < key.children[1][0].encoded


def test_the_encoding_byte_by_byte() -> None:
    children = (generate_key_pair(ALICE.scheme, bytes([n]) * 32).public for n in (5, 6))
    first, second = sorted(children, key=lambda key: key.encoded)
    nodes = b"".join(
        bytes.fromhex("3032032d00") + key.encoded + bytes.fromhex("0201") + bytes([weight])
        for key, weight in ((first, 2), (second, 1))
    )
    body = bytes.fromhex("306d0201023068") + nodes
    algorithm = bytes.fromhex("3015061369ada2af89d5b8e2aff38d93ac9de6969bd05a")
    expected = bytes.fromhex("308189") + algorithm + bytes.fromhex("037000") + body
    assert _build((second, 1), (first, 2), threshold=2).encoded == expected


@pytest.mark.parametrize("name", MATRIX)
def test_encodings_round_trip(name: str) -> None:
    key, _ = MATRIX[name]
    twin = decode_public_key(key.encoded)
    assert isinstance(twin, CompositeKey)
    assert twin == key
    assert hash(twin) == hash(key)
    assert twin.to_string_short() == key.to_string_short()
    assert twin.keys == key.keys


@given(st.data())
def test_mutated_encodings_are_refused_or_other_keys(data: st.DataObject) -> None:
    raw = bytearray(NESTED.encoded)
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    try:
        key = decode_public_key(bytes(raw))
    except DecodeError:
        return
    assert key != NESTED
    assert key.encoded == bytes(raw)


def test_children_in_another_order_are_refused() -> None:
    key = ALICE_OR_BOTH_OTHERS
    assert isinstance(key, CompositeKey)
    nodes = [der.sequence(der.bit_string(k.encoded) + der.integer(w)) for k, w in key.children]
    inner = der.sequence(der.integer(2) + der.sequence(b"".join(reversed(nodes))))
    with pytest.raises(DecodeError, match="canonical"):
        decode_public_key(der.sequence(composite._ALGORITHM + der.bit_string(inner)))


def test_depth_is_bounded_when_built_and_when_read() -> None:
    key = BOTH
    for _ in range(MAX_DEPTH - 1):
        key = CompositeKey(1, [(key, 1), (CHARLIE, 1)])
    assert decode_public_key(key.encoded) == key
    with pytest.raises(IllegalArgumentError, match="levels"):
        CompositeKey(1, [(key, 1), (CHARLIE, 1)])
    node = der.sequence(der.bit_string(key.encoded) + der.integer(1))
    other = der.sequence(der.bit_string(CHARLIE.encoded) + der.integer(1))
    inner = der.sequence(der.integer(1) + der.sequence(node + other))
    with pytest.raises(DecodeError, match="deep"):
        decode_public_key(der.sequence(composite._ALGORITHM + der.bit_string(inner)))
