"""Key files: the specification's examples, and what is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from corda_sim.ibc.lightclients.ethereum.signatures import address_of
from goquorum.endpoint.key_file import KeyFileRefused, read_key

KEY = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"
PASSWORD = "testpassword"
# The example of Web3 Secret Storage.
PBKDF2: dict[str, Any] = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "c": 262144,
            "dklen": 32,
            "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}
# What geth writes, with the least work.
SCRYPT: dict[str, Any] = {
    "address": "45dea0fb0bba44f4fcf290bba71fd57d7117cbb8",
    "crypto": {
        "cipher": "aes-128-ctr",
        "ciphertext": "b87781948a1befd247bff51ef4063f716cf6c2d3481163e9a8f42e1f9bb74145",
        "cipherparams": {"iv": "dc4926b48a105133d2f16b96833abf1e"},
        "kdf": "scrypt",
        "kdfparams": {
            "dklen": 32,
            "n": 2,
            "p": 1,
            "r": 8,
            "salt": "004244bbdc51cadda545b1cfa43cff9ed2ae88e08c61f1479dbb45410722f8f0",
        },
        "mac": "39990c1684557447940d4c69e06b1b82b2aceacb43f284df65c956daf3046b85",
    },
    "id": "ce541d8d-c79b-40f8-9f8c-20f59616faba",
    "version": 3,
}


def never() -> str:
    raise AssertionError("a plain key has no password")


def written(file: Path, content: str, mode: int = 0o600) -> Path:
    file.write_text(content)
    file.chmod(mode)
    return file


def test_the_example_of_web3_secret_storage(tmp_path: Path) -> None:
    file = written(tmp_path / "key", json.dumps(PBKDF2), 0o644)
    assert read_key(file, lambda: PASSWORD).hex() == KEY


def test_a_keystore_of_geth(tmp_path: Path) -> None:
    found = read_key(written(tmp_path / "key", json.dumps(SCRYPT)), lambda: "")
    assert address_of(found).hex() == SCRYPT["address"]


def test_another_password_opens_nothing(tmp_path: Path) -> None:
    file = written(tmp_path / "key", json.dumps(PBKDF2))
    with pytest.raises(KeyFileRefused, match="the password is wrong"):
        read_key(file, lambda: PASSWORD + " ")


@pytest.mark.parametrize("text", [KEY, "0x" + KEY, KEY.upper() + "\n", f"  {KEY}\n\n"])
def test_a_plain_key(tmp_path: Path, text: str) -> None:
    assert read_key(written(tmp_path / "key", text), never).hex() == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_plain_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(KeyFileRefused, match="chmod 600"):
        read_key(written(tmp_path / "key", KEY, mode), never)


@pytest.mark.parametrize(
    "number", [0, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141]
)
def test_a_number_that_is_no_key_of_the_curve_is_refused(tmp_path: Path, number: int) -> None:
    with pytest.raises(KeyFileRefused):
        read_key(written(tmp_path / "key", f"{number:064x}"), never)


@pytest.mark.parametrize("content", ["", "{}", "[]", KEY[:-1], KEY + "0", "not a key"])
def test_what_is_no_key_file_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(KeyFileRefused, match="neither a plain key nor a keystore"):
        read_key(written(tmp_path / "key", content), never)


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused, match="No such file"):
        read_key(tmp_path / "none", never)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("version",), 1),
        (("crypto", "cipher"), "aes-256-gcm"),
        (("crypto", "kdf"), "argon2"),
        (("crypto", "kdfparams", "dklen"), 16),
        (("crypto", "kdfparams", "prf"), "hmac-sha512"),
        (("crypto", "kdfparams", "c"), 10**9),
        (("crypto", "kdfparams", "salt"), "no hex"),
        (("crypto", "cipherparams", "iv"), "00"),
        (("crypto", "ciphertext"), "00" * 31),
        (("crypto", "mac"), None),
    ],
)
def test_a_keystore_of_another_kind_is_refused(
    tmp_path: Path, where: tuple[str, ...], value: object
) -> None:
    changed = copy.deepcopy(PBKDF2)
    inner = changed
    for name in where[:-1]:
        inner = inner[name]
    inner[where[-1]] = value
    with pytest.raises(KeyFileRefused, match="neither"):
        read_key(written(tmp_path / "key", json.dumps(changed)), lambda: PASSWORD)


@pytest.mark.parametrize(("n", "r"), [(1 << 22, 8), (1 << 30, 1), (3, 1)])
def test_scrypt_that_asks_for_too_much_or_makes_no_sense_is_refused(
    tmp_path: Path, n: int, r: int
) -> None:
    changed = copy.deepcopy(SCRYPT)
    changed["crypto"]["kdfparams"] |= {"n": n, "r": r}
    with pytest.raises(KeyFileRefused):
        read_key(written(tmp_path / "key", json.dumps(changed)), lambda: "")


def test_a_changed_ciphertext_is_told_from_another_key(tmp_path: Path) -> None:
    changed = copy.deepcopy(PBKDF2)
    changed["crypto"]["ciphertext"] = "00" + changed["crypto"]["ciphertext"][2:]
    with pytest.raises(KeyFileRefused, match="password"):
        read_key(written(tmp_path / "key", json.dumps(changed)), lambda: PASSWORD)
