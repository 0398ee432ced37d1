"""An account's private key in a file: encrypted, or plain and for its owner's eyes alone.

The encrypted form is Ethereum's Web3 Secret Storage, version 3, as geth and Foundry write it.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import address_of
from goquorum.errors import WrongUse

KEY_SIZE: Final = 32
SCRYPT_BYTES: Final = 1 << 28
"""The most memory that a key file may ask of us: geth's own parameters take this much."""
_PLAIN: Final = re.compile(rb"\s*(?:0x)?([0-9a-fA-F]{64})\s*")
_OTHERS: Final = 0o077

_Hex = Annotated[bytes, BeforeValidator(lambda text: bytes.fromhex(str(text).removeprefix("0x")))]


class KeyFileRefused(WrongUse):
    """A key file is missing, malformed or open to others, or the password is wrong."""


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Scrypt(_Foreign):
    dklen: Literal[32]
    n: Annotated[int, Field(gt=1)]
    r: Annotated[int, Field(gt=0)]
    p: Annotated[int, Field(gt=0, le=16)]
    salt: _Hex

    def derive(self, password: bytes) -> bytes:
        """The key of the cipher and of the MAC. Raises ValueError for parameters beyond reason."""
        if 128 * self.n * self.r > SCRYPT_BYTES:
            raise ValueError("its scrypt parameters ask for too much memory")
        sizes = {"n": self.n, "r": self.r, "p": self.p, "maxmem": 2 * SCRYPT_BYTES}
        return hashlib.scrypt(password, salt=self.salt, dklen=KEY_SIZE, **sizes)


class _Pbkdf2(_Foreign):
    dklen: Literal[32]
    c: Annotated[int, Field(gt=0, le=10_000_000)]
    prf: Literal["hmac-sha256"]
    salt: _Hex

    def derive(self, password: bytes) -> bytes:
        """The key of the cipher and of the MAC."""
        return hashlib.pbkdf2_hmac("sha256", password, self.salt, self.c, KEY_SIZE)


class _CipherParameters(_Foreign):
    iv: Annotated[_Hex, Field(min_length=16, max_length=16)]


class _Crypto(_Foreign):
    cipher: Literal["aes-128-ctr"]
    cipherparams: _CipherParameters
    ciphertext: Annotated[_Hex, Field(min_length=KEY_SIZE, max_length=KEY_SIZE)]
    kdf: Literal["scrypt", "pbkdf2"]
    kdfparams: _Scrypt | _Pbkdf2
    mac: _Hex

    def decrypt(self, password: str) -> bytes:
        """The private key. Raises ValueError for another password."""
        derived = self.kdfparams.derive(password.encode())
        if not hmac.compare_digest(keccak256(derived[16:] + self.ciphertext), self.mac):
            raise ValueError("the password is wrong")
        cipher = Cipher(AES(derived[:16]), CTR(self.cipherparams.iv)).decryptor()
        return cipher.update(self.ciphertext) + cipher.finalize()


class _Keystore(_Foreign):
    version: Literal[3]
    crypto: _Crypto


def read_key(file: Path, password: Callable[[], str]) -> bytes:
    """The private key in a file, 32 bytes; `password` is asked for an encrypted one only.

    Raises:
        KeyFileRefused: it can't be read, is plain and others may read it, or isn't opened.
    """
    try:
        content = file.read_bytes()
        plain = _PLAIN.fullmatch(content)
        if plain and file.stat().st_mode & _OTHERS:
            raise KeyFileRefused(f"{file} holds a plain key that others may read: chmod 600 it")
        key = bytes.fromhex(plain[1].decode()) if plain else _decrypted(content, password)
        address_of(key)
    except (OSError, ValueError) as error:
        raise KeyFileRefused(f"{file}: {error}") from error
    return key


def _decrypted(content: bytes, password: Callable[[], str]) -> bytes:
    try:
        found = _Keystore.model_validate_json(content)
    except ValidationError as error:
        raise ValueError("neither a plain key nor a keystore of version 3") from error
    return found.crypto.decrypt(password())
