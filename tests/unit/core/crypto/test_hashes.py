"""Hash figures published with Corda's own tests."""

import copy
import pickle

import pytest

from corda_sim.core.crypto.hashes import ALL_ONES_HASH, ZERO_HASH, SecureHash, sha256d
from corda_sim.core.errors import IllegalArgumentError

DIGEST = "6D1687C143DF792A011A1E80670A4E4E0C25D0D87A39514409B1ABFC2043581F"


def test_sha256_is_printed_as_upper_case_hex() -> None:
    assert str(SecureHash.sha256(bytes.fromhex("64ED423A"))) == DIGEST


def test_double_hash_is_the_hash_of_the_hash() -> None:
    once = SecureHash.sha256(b"x")
    assert SecureHash.sha256d(b"x") == once.re_hash() == sha256d(b"x")


@pytest.mark.parametrize("text", [DIGEST, DIGEST.lower(), f"SHA-256:{DIGEST}"])
def test_parse(text: str) -> None:
    assert str(SecureHash.parse(text)) == DIGEST


@pytest.mark.parametrize(
    "text", ["", "AB", DIGEST + "00", DIGEST[:-1] + "G", f"SHA-384:{DIGEST}", f" {DIGEST[1:]}"]
)
def test_parse_refuses(text: str) -> None:
    with pytest.raises(IllegalArgumentError):
        SecureHash.parse(text)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_hash_has_32_bytes(size: int) -> None:
    with pytest.raises(IllegalArgumentError):
        SecureHash(bytes(size))


def test_constants() -> None:
    assert str(ZERO_HASH) == "00" * 32
    assert str(ALL_ONES_HASH) == "FF" * 32


def test_copies_are_equal() -> None:
    value = SecureHash.parse(DIGEST)
    for twin in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert type(twin) is SecureHash


def test_prefix_for_logs() -> None:
    assert SecureHash.parse(DIGEST).prefix_chars() == "6D1687"
