"""Composite keys against a plain count of weights, and signatures in every scheme."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.crypto import base58, der
from corda_sim.core.crypto.composite import CompositeKey, CompositeKeyBuilder
from corda_sim.core.crypto.crypto import (
    decode_public_key,
    generate_key_pair,
    is_valid,
    sign,
    verify,
    verify_once,
    verify_strict,
)
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.crypto.merkle import MerkleTree
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import batch_sign, sign_transaction_id
from corda_sim.core.errors import CordaError, DecodeError, IllegalArgumentError, SignatureException

SCHEMES = [
    SignatureScheme.EDDSA_ED25519_SHA512,
    SignatureScheme.ECDSA_SECP256K1_SHA256,
    SignatureScheme.ECDSA_SECP256R1_SHA256,
]
PAIRS = [
    generate_key_pair(scheme, bytes([n]) * 32) for n, scheme in enumerate(SCHEMES * 3, start=1)
]
LEAVES = [pair.public for pair in PAIRS]
pairs = st.sampled_from(PAIRS)
leaves = st.sampled_from(LEAVES)
weights = st.integers(1, 5)


def distinct(children: list[tuple[PublicKey, int]]) -> list[tuple[PublicKey, int]]:
    return list({key: (key, weight) for key, weight in children}.values())


@st.composite
def nodes(draw: st.DrawFn, inner: st.SearchStrategy[PublicKey]) -> PublicKey:
    children = distinct(draw(st.lists(st.tuples(inner, weights), min_size=2, max_size=4)))
    builder = CompositeKeyBuilder()
    for key, weight in children:
        builder.add_key(key, weight)
    if len(children) == 1:
        return builder.build()
    total = sum(weight for _, weight in children)
    return builder.build(draw(st.integers(1, total)))


keys = st.recursive(leaves, nodes, max_leaves=8)


def reaches(key: PublicKey, signers: Iterable[PublicKey]) -> bool:
    """What `is_fulfilled_by` has to say, counted the plain way."""
    if not isinstance(key, CompositeKey):
        return key in signers
    met = (weight for child, weight in key.children if reaches(child, signers))
    return sum(met) >= key.threshold


@given(keys, st.sets(leaves))
def test_a_key_is_fulfilled_when_the_weights_reach_the_threshold(
    key: PublicKey, signers: set[PublicKey]
) -> None:
    assert key.is_fulfilled_by(signers) is reaches(key, signers)


@given(keys, st.sets(leaves), st.sets(leaves))
def test_more_signers_never_hurt(
    key: PublicKey, some: set[PublicKey], more: set[PublicKey]
) -> None:
    if key.is_fulfilled_by(some):
        assert key.is_fulfilled_by(some | more)
    assert key.is_fulfilled_by(key.keys)
    assert not key.is_fulfilled_by(some - key.keys)


@given(keys)
def test_encodings_round_trip(key: PublicKey) -> None:
    back = decode_public_key(key.encoded)
    assert back == key
    assert back.keys == key.keys
    assert back.to_string_short() == key.to_string_short()


@given(keys, st.data())
def test_a_damaged_encoding_is_a_decode_error_or_another_key(
    key: PublicKey, data: st.DataObject
) -> None:
    damaged = bytearray(key.encoded)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = decode_public_key(bytes(damaged))
    except DecodeError:
        return
    assert other != key
    assert other.encoded == bytes(damaged)


@given(st.lists(st.tuples(leaves, weights), min_size=2, max_size=5), st.randoms())
def test_the_order_of_adding_is_no_matter(
    children: list[tuple[PublicKey, int]], random: object
) -> None:
    known = distinct(children)
    shuffled = list(known)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    made = []
    for order in (known, shuffled):
        builder = CompositeKeyBuilder()
        for key, weight in order:
            builder.add_key(key, weight)
        made.append(builder.build())
    assert made[0].encoded == made[1].encoded


@given(st.integers(-3, 20), st.lists(weights, min_size=2, max_size=4))
def test_thresholds_lie_between_one_and_the_sum(threshold: int, of: list[int]) -> None:
    children = list(zip(LEAVES, of, strict=False))
    if 1 <= threshold <= sum(of):
        made = CompositeKey(threshold, children)
        assert made.threshold == threshold
        return
    with pytest.raises(IllegalArgumentError, match="threshold"):
        CompositeKey(threshold, children)


@given(pairs, st.binary(min_size=1, max_size=100), st.data())
def test_a_signature_is_over_these_very_bytes(
    pair: object, content: bytes, data: st.DataObject
) -> None:
    signature = sign(pair.private, content)  # type: ignore[attr-defined]
    public: PublicKey = pair.public  # type: ignore[attr-defined]
    verify(public, signature, content)
    verify_strict(public, signature, content)
    damaged = bytearray(content)
    damaged[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert not is_valid(public, signature, bytes(damaged))
    others = [other for other in LEAVES if other != public]
    assert not is_valid(data.draw(st.sampled_from(others)), signature, content)


@given(pairs, st.binary(max_size=80))
def test_no_bytes_make_another_exception(pair: object, noise: bytes) -> None:
    public: PublicKey = pair.public  # type: ignore[attr-defined]
    for check in (verify, verify_strict):
        with pytest.raises(SignatureException):
            check(public, noise, b"content")


@given(st.sets(st.binary(min_size=1, max_size=4), min_size=1, max_size=20), pairs)
def test_a_batch_signs_each_of_its_ids_and_no_other(names: set[bytes], pair: object) -> None:
    ids = [SecureHash.sha256(name) for name in sorted(names)]
    signatures = batch_sign(pair, ids)  # type: ignore[arg-type]
    assert list(signatures) == ids
    for tx_id, signature in signatures.items():
        signature.verify(tx_id)
        assert not signature.is_valid(SecureHash.sha256(b"another of five bytes"))
    if len(ids) > 1:
        assert not signatures[ids[0]].is_valid(ids[1])
    alone = sign_transaction_id(pair, ids[0])  # type: ignore[arg-type]
    assert alone.is_valid(ids[0])
    assert MerkleTree.build([one.re_hash() for one in ids]).root != ids[0]


@given(st.binary(max_size=60))
def test_base58_round_trips(data: bytes) -> None:
    text = base58.encode(data)
    assert base58.decode(text) == data
    assert not set(text) & set("0OIl")
    assert len(text) - len(text.lstrip("1")) == len(data) - len(data.lstrip(b"\0"))


@given(st.binary(max_size=40))
def test_der_reads_or_refuses(noise: bytes) -> None:
    for read in ("only_sequence", "integer", "bit_string", "sequence"):
        try:
            getattr(der.Reader(noise), read)()
        except CordaError as error:
            assert type(error) is DecodeError  # noqa: PT017 - either it reads or it says so


@given(st.integers(-(2**70), 2**70))
def test_der_integers_round_trip(number: int) -> None:
    assert der.Reader(der.integer(number)).integer() == number


@given(st.lists(st.tuples(pairs, pairs, st.binary(min_size=1, max_size=2)), max_size=12))
def test_memory_of_signatures_changes_no_answer(
    asked: list[tuple[KeyPair, KeyPair, bytes]],
) -> None:
    for signer, named, data in asked:
        signature = sign(signer.private, data)
        right = is_valid(named.public, signature, data)
        assert right == (signer == named)
        if right:
            verify_once(named.public, signature, data)
        else:
            with pytest.raises(SignatureException):
                verify_once(named.public, signature, data)
