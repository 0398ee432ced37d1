"""Keys: the short strings that Corda publishes for given entropies, encodings, secrecy."""

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from corda_sim.core.crypto.crypto import (
    decode_public_key,
    derive_key_pair_from_entropy,
    generate_key_pair,
    is_valid,
    key_pair_of,
    load_private_key,
    sign,
)
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME, SignatureScheme
from corda_sim.core.errors import DecodeError, IllegalArgumentError

ED = SignatureScheme.EDDSA_ED25519_SHA512
R1 = SignatureScheme.ECDSA_SECP256R1_SHA256
K1 = SignatureScheme.ECDSA_SECP256K1_SHA256
RSA = SignatureScheme.RSA_SHA256

FIGURES = [
    (ED, 10, "DLBL3iHCp9uRReWhhCGfCsrxZZpfAm9h9GLbfN8ijqXTq"),
    (ED, -10, "DLC5HXnYsJAFqmM9hgPj5G8whQ4TpyE9WMBssqCayLBwA2"),
    (ED, 0, "DL4UVhGh4tqu1G86UVoGNaDDNCMsBtNHzE6BSZuNNJN7W2"),
    (ED, 1, "DL8EZUdHixovcCynKMQzrMWBnXQAcbVDHi6ArPphqwJVzq"),
    (ED, 2**258 - 10, "DLB9K1UiBrWonn481z6NzkqoWHjMBXpfDeaet3wiwRNWSU"),
    (ED, 2**259 + 1, "DL5tEFVMXMGrzwjfCAW34JjkhsRkPfFyJ38iEnmpB6L2Z9"),
    (R1, 10, "DLHDcxuSt9J3cbjd2Dsx4rAgYYA7BAP7A8VLrFiq1tH9yy"),
    (R1, -10, "DLBASmjiMZuu1g3EtdHJxfSueXE8PRoUWbkdU61Qcnpamt"),
    (R1, 0, "DLH2FEHEnsT3MpCJt2gfyNjpqRqcBxeupK4YRPXvDsVEkb"),
    (R1, 2, "DLFoz6txJ3vHcKNSM1vFxHJUoEQ69PorBwW64dHsAnEoZB"),
    (K1, 10, "DL6pYKUgH17az8MLdonvvUtUPN8TqwpCGcdgLr7vg3skCU"),
    (K1, -10, "DLnpXhxece69Nyqgm3pPt3yV7ESQYDJKoYxs1hKgfBAEu"),
    (K1, 2, "DLG32UWaevGw9YY7w1Rf9mmK88biavgpDnJA9bG4GapVPs"),
    (K1, 2**259 + 1, "DL7NbssqvuuJ4cqFkkaVYu9j1MsVswESGgCfbqBS9ULwuM"),
]
SIGNERS = [
    (
        "59BF2F149808A83C633CDF0F6232890B347133FE4949194B9B8C96BADEC09CBA",
        "DLmXsWGkSkcEq8QeSwRGMVJC6yX9ABuVncNLayPuAaSL1",
    ),
    (
        "4EF05818368651E3C8F334192891AB55C5E368D5D8DE35EE5C0E969E3D524F10",
        "DLBE68rjbuGE36cqU5SBGzXgdhKbdthX9oBQSbck8qVxZh",
    ),
]
ED_PREFIX = "302A300506032B6570032100"


@pytest.fixture(scope="module", params=[ED, K1, R1, RSA], ids=lambda scheme: scheme.name)
def pair(request: pytest.FixtureRequest) -> KeyPair:
    return generate_key_pair(request.param, b"a seed of at least 32 bytes......")


@pytest.mark.parametrize(("scheme", "entropy", "short"), FIGURES)
def test_short_strings_of_keys_from_entropy(
    scheme: SignatureScheme, entropy: int, short: str
) -> None:
    public = derive_key_pair_from_entropy(scheme, entropy).public
    assert public.to_string_short() == str(public) == short
    assert public.scheme is scheme


@pytest.mark.parametrize(("raw", "short"), SIGNERS)
def test_short_strings_of_the_signers_of_recorded_transactions(raw: str, short: str) -> None:
    assert decode_public_key(bytes.fromhex(ED_PREFIX + raw)).to_string_short() == short


def test_equal_scalars_of_two_curves_are_different_keys() -> None:
    assert derive_key_pair_from_entropy(K1, 2).public != derive_key_pair_from_entropy(R1, 2).public


@pytest.mark.parametrize("scheme", [RSA, SignatureScheme.COMPOSITE])
def test_entropy_makes_no_other_keys(scheme: SignatureScheme) -> None:
    with pytest.raises(IllegalArgumentError):
        derive_key_pair_from_entropy(scheme, 10)


def test_default_scheme_and_numbers() -> None:
    assert DEFAULT_SIGNATURE_SCHEME is ED
    assert [int(scheme) for scheme in SignatureScheme] == [1, 2, 3, 4, 6]


def test_public_keys_round_trip(pair: KeyPair) -> None:
    twin = decode_public_key(pair.public.encoded)
    assert twin == pair.public
    assert hash(twin) == hash(pair.public)
    assert twin.scheme is pair.public.scheme is pair.private.scheme
    assert twin.keys == {pair.public}


def test_public_keys_can_be_copied_and_sent(pair: KeyPair) -> None:
    assert copy.deepcopy(pair.public) == pair.public
    assert pickle.loads(pickle.dumps(pair.public)) == pair.public


def test_public_keys_do_not_change(pair: KeyPair) -> None:
    with pytest.raises(FrozenInstanceError):
        pair.public.encoded = b""


def test_a_key_is_not_equal_to_its_bytes(pair: KeyPair) -> None:
    assert pair.public != pair.public.encoded


def test_a_seed_determines_the_key(pair: KeyPair) -> None:
    seed = b"a seed of at least 32 bytes......"
    assert generate_key_pair(pair.public.scheme, seed).public == pair.public


def test_another_seed_gives_another_key() -> None:
    assert generate_key_pair(ED, bytes(32)).public != generate_key_pair(ED, b"\1" * 32).public


def test_rsa_keys_have_3072_bits() -> None:
    pair = generate_key_pair(RSA, b"\2" * 32)
    numbers = pair.private.native.private_numbers()  # type: ignore[union-attr]
    assert numbers.public_numbers.n.bit_length() == 3072  # type: ignore[union-attr]
    assert numbers.public_numbers.e == 65537  # type: ignore[union-attr]


def test_a_short_seed_is_refused() -> None:
    with pytest.raises(IllegalArgumentError, match="32 bytes"):
        generate_key_pair(ED, bytes(31))


def test_a_composite_key_is_not_generated() -> None:
    with pytest.raises(IllegalArgumentError):
        generate_key_pair(SignatureScheme.COMPOSITE, bytes(32))


def test_private_keys_show_nothing(pair: KeyPair) -> None:
    secret = _pkcs8(pair)
    for text in (repr(pair), str(pair.private), repr(pair.private), f"{pair}"):
        assert secret.hex()[-64:] not in text.lower()
        assert pair.private.scheme.name in text


def test_private_keys_are_loaded_with_their_public_ones(pair: KeyPair) -> None:
    loaded = load_private_key(_pkcs8(pair))
    assert loaded.public == pair.public
    assert is_valid(pair.public, sign(loaded.private, b"data"), b"data")


@pytest.mark.parametrize("raw", [b"", b"\x30\x00", b"nonsense"])
def test_bytes_that_are_no_private_key(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        load_private_key(raw)


@pytest.mark.parametrize("raw", [b"", b"\x30\x00", b"nonsense", bytes(44), b"\x30\x82\xff\xff"])
def test_bytes_that_are_no_public_key(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_public_key(raw)


def test_trailing_bytes_are_refused(pair: KeyPair) -> None:
    with pytest.raises(DecodeError):
        decode_public_key(pair.public.encoded + b"\0")


def test_truncated_keys_are_refused(pair: KeyPair) -> None:
    for size in range(0, len(pair.public.encoded), 7):
        with pytest.raises(DecodeError):
            decode_public_key(pair.public.encoded[:size])


def test_a_compressed_point_is_refused() -> None:
    native = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    point = native.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    header = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    with pytest.raises(DecodeError, match="canonical"):
        decode_public_key(header + point)


def test_a_point_off_the_curve_is_refused() -> None:
    encoded = derive_key_pair_from_entropy(R1, 10).public.encoded
    with pytest.raises(DecodeError):
        decode_public_key(encoded[:-1] + bytes([encoded[-1] ^ 1]))


@pytest.mark.parametrize(
    "native",
    [
        x25519.X25519PrivateKey.from_private_bytes(b"\5" * 32),
        ec.derive_private_key(9, ec.SECP384R1()),
        dsa.generate_private_key(1024),
    ],
    ids=["x25519", "secp384r1", "dsa"],
)
def test_keys_of_other_schemes_are_refused(native: PrivateKeyTypes) -> None:
    with pytest.raises(DecodeError):
        key_pair_of(native)
    spki = native.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(DecodeError):
        decode_public_key(spki)


def test_a_simple_key_is_fulfilled_by_itself_alone() -> None:
    alice, bob = (generate_key_pair(ED, bytes([n]) * 32).public for n in (1, 2))
    assert alice.is_fulfilled_by([bob, alice])
    assert not alice.is_fulfilled_by([bob])


def _pkcs8(pair: KeyPair) -> bytes:
    return pair.private.native.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
