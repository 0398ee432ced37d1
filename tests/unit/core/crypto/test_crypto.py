"""Signing and verifying in every scheme, and what the strict form refuses."""

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from corda_sim.core.crypto import crypto
from corda_sim.core.crypto.composite import CompositeKeyBuilder
from corda_sim.core.crypto.crypto import (
    decode_public_key,
    generate_key_pair,
    is_valid,
    remember_right,
    sign,
    verify,
    verify_once,
    verify_strict,
)
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.errors import DecodeError, IllegalArgumentError, SignatureException
from corda_sim.core.recent import Recent

SCHEMES = [scheme for scheme in SignatureScheme if scheme is not SignatureScheme.COMPOSITE]
ECDSA = [SignatureScheme.ECDSA_SECP256K1_SHA256, SignatureScheme.ECDSA_SECP256R1_SHA256]
ED_PREFIX = bytes.fromhex("302a300506032b6570032100")
DATA = b"what is signed"
PRIME = 2**255 - 19
D = -121665 * pow(121666, -1, PRIME) % PRIME


@pytest.fixture(scope="module", params=SCHEMES, ids=lambda scheme: scheme.name)
def pair(request: pytest.FixtureRequest) -> KeyPair:
    return generate_key_pair(request.param, b"\x11" * 32)


@pytest.fixture(scope="module", params=ECDSA, ids=lambda scheme: scheme.name)
def ec_pair(request: pytest.FixtureRequest) -> KeyPair:
    return generate_key_pair(request.param, b"\x12" * 32)


def test_what_is_signed_verifies(pair: KeyPair) -> None:
    signature = sign(pair.private, DATA)
    verify(pair.public, signature, DATA)
    verify_strict(pair.public, signature, DATA)


def test_signing_is_deterministic(pair: KeyPair) -> None:
    assert sign(pair.private, DATA) == sign(pair.private, DATA)


def test_other_data_other_key_or_a_mutated_signature_fail(pair: KeyPair) -> None:
    signature = sign(pair.private, DATA)
    other = generate_key_pair(pair.public.scheme, b"\x13" * 32).public
    assert not is_valid(pair.public, signature, DATA + b"!")
    assert not is_valid(other, signature, DATA)
    for position in range(0, len(signature), 5):
        mutated = bytearray(signature)
        mutated[position] ^= 1
        assert not is_valid(pair.public, bytes(mutated), DATA)


@pytest.mark.parametrize("signature", [b"", b"\0", bytes(64), b"\x30\x06\x02\x01\x00\x02\x01\x00"])
def test_nonsense_is_a_signature_exception(pair: KeyPair, signature: bytes) -> None:
    for check in (verify, verify_strict):
        with pytest.raises(SignatureException):
            check(pair.public, signature, DATA)


def test_nothing_is_not_signed(pair: KeyPair) -> None:
    with pytest.raises(IllegalArgumentError, match="empty"):
        sign(pair.private, b"")
    with pytest.raises(SignatureException, match="empty"):
        verify(pair.public, bytes(64), b"")


def test_the_s_of_ecdsa_is_low(ec_pair: KeyPair) -> None:
    order = crypto._ORDERS[ec_pair.public.scheme]
    for number in range(16):
        _, s = decode_dss_signature(sign(ec_pair.private, bytes([number])))
        assert s <= order // 2


def test_a_high_s_is_valid_on_transactions_and_refused_when_strict(ec_pair: KeyPair) -> None:
    r, s = decode_dss_signature(sign(ec_pair.private, DATA))
    high = encode_dss_signature(r, crypto._ORDERS[ec_pair.public.scheme] - s)
    verify(ec_pair.public, high, DATA)
    with pytest.raises(SignatureException, match="high s"):
        verify_strict(ec_pair.public, high, DATA)


def test_rfc_8032_figures() -> None:
    public = decode_public_key(
        ED_PREFIX
        + bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    )
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    expected = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    pair = generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, seed)
    assert pair.public == public
    assert sign(pair.private, b"\x72") == expected
    verify_strict(public, expected, b"\x72")


def test_the_small_order_points_are_those_of_the_curve() -> None:
    for y in crypto._SMALL_ORDER:
        of_order_at_most_4 = y in (0, 1, PRIME - 1)
        of_order_8 = (D * pow(y, 4, PRIME) + 2 * y * y - 1) % PRIME == 0
        assert of_order_at_most_4 or of_order_8
    assert len(crypto._SMALL_ORDER) == 5


@pytest.mark.parametrize("sign_bit", [0, 1 << 255])
@pytest.mark.parametrize("y", [*sorted(crypto._SMALL_ORDER), PRIME, PRIME + 1, 2**255 - 1])
def test_weak_points_are_no_keys_and_in_no_strict_signature(y: int, sign_bit: int) -> None:
    point = (y | sign_bit).to_bytes(32, "little")
    with pytest.raises(DecodeError, match="small order"):
        decode_public_key(ED_PREFIX + point)
    signer = generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, bytes(32))
    with pytest.raises(SignatureException, match="small order"):
        verify_strict(signer.public, point + bytes(32), DATA)


def test_a_composite_key_takes_no_weak_child() -> None:
    strong = generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, bytes(32)).public
    good = CompositeKeyBuilder().add_keys(strong, strong_child()).build(1).encoded
    weak = good.replace(strong.encoded, ED_PREFIX + (1).to_bytes(32, "little"))
    assert decode_public_key(good).encoded == good
    with pytest.raises(DecodeError, match="small order"):
        decode_public_key(weak)


def strong_child() -> PublicKey:
    return generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, b"\x15" * 32).public


def test_a_composite_key_does_not_verify_by_itself(pair: KeyPair) -> None:
    other = generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, b"\x14" * 32).public
    both = CompositeKeyBuilder().add_keys(pair.public, other).build()
    with pytest.raises(SignatureException, match="COMPOSITE"):
        verify(both, sign(pair.private, DATA), DATA)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The signatures that were computed, from an empty memory on."""
    found: list[bytes] = []

    def counted(public: PublicKey, signature: bytes, data: bytes) -> None:
        found.append(signature)
        verify(public, signature, data)

    monkeypatch.setattr(crypto, "verify", counted)
    monkeypatch.setattr(crypto, "_right", Recent(4096))
    return found


def test_a_right_signature_is_computed_once(pair: KeyPair, computed: list[bytes]) -> None:
    signature = sign(pair.private, DATA)
    for _ in range(3):
        verify_once(decode_public_key(pair.public.encoded), bytes(bytearray(signature)), DATA)
    assert computed == [signature]


def test_a_signature_made_here_is_not_computed(pair: KeyPair, computed: list[bytes]) -> None:
    signature = sign(pair.private, DATA)
    remember_right(pair.public, signature, DATA)
    verify_once(pair.public, signature, DATA)
    assert computed == []


def test_the_oldest_right_signature_is_forgotten(
    pair: KeyPair, computed: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crypto, "_right", Recent(2))
    signed = [(sign(pair.private, data), data) for data in (b"a", b"b", b"c", b"a")]
    for signature, data in signed:
        verify_once(pair.public, signature, data)
    assert computed == [signature for signature, _ in signed]


def test_a_wrong_signature_is_wrong_each_time(pair: KeyPair, computed: list[bytes]) -> None:
    signature = sign(pair.private, DATA)
    verify_once(pair.public, signature, DATA)
    other = generate_key_pair(pair.public.scheme, b"\x13" * 32).public
    for _ in range(2):
        with pytest.raises(SignatureException):
            verify_once(pair.public, signature, DATA + b"!")
        with pytest.raises(SignatureException):
            verify_once(other, signature, DATA)
        with pytest.raises(SignatureException):
            verify_once(pair.public, signature[:-1], DATA)
    assert len(computed) == 7
