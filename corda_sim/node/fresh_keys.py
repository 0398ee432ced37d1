"""The sealed root from which a node derives its fresh keys.

It lies outside the database, so that a node restored from an older backup derives the same keys
again and finds those that it made after the backup.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from corda_sim.local.files import write_private
from corda_sim.node.cert_errors import KeyStoreException
from corda_sim.node.certificates import Entropy
from corda_sim.node.key_stores import read_private

FRESH_ROOT_FILE = "fresh-key-root"
_LABEL = b"corda-sim fresh key v1"
_SCRYPT_COST = 2**14


@dataclass(frozen=True, slots=True)
class DerivationPath:
    """Where a key stands under the root; without account it is the node's own."""

    account: UUID | None
    counter: int


@dataclass(frozen=True, slots=True)
class FreshKeyRoot:
    """32 secret bytes."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != 32:
            raise KeyStoreException("the root of fresh keys has 32 bytes")

    def derive(self, path: DerivationPath) -> ed25519.Ed25519PrivateKey:
        """The key at `path`: HKDF-SHA-256 over account and counter gives the Ed25519 seed."""
        account = b"" if path.account is None else path.account.bytes
        info = b"".join((_LABEL, bytes([len(account)]), account, path.counter.to_bytes(8)))
        seed = HKDF(hashes.SHA256(), 32, None, info).derive(self.secret)
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed)

    def store(self, file: Path, password: str, entropy: Entropy) -> None:
        """Seal the root with the password (scrypt, AES-256-GCM), mode 0600."""
        salt, nonce = entropy(16), entropy(12)
        sealed = AESGCM(_stretch(password, salt)).encrypt(nonce, self.secret, _LABEL)
        parts = {"salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()}
        write_private(file, json.dumps(parts).encode())

    @classmethod
    def load(cls, file: Path, password: str) -> "FreshKeyRoot":
        """Open it. Raises `KeyStoreException` when missing, damaged or the password is wrong."""
        content = read_private(file)
        try:
            parts = {key: bytes.fromhex(value) for key, value in json.loads(content).items()}
            box = AESGCM(_stretch(password, parts["salt"]))
            return cls(box.decrypt(parts["nonce"], parts["sealed"], _LABEL))
        except (ValueError, TypeError, KeyError, AttributeError, InvalidTag) as bad:
            raise KeyStoreException(f"{file}: damaged, or the password is wrong") from bad


def _stretch(password: str, salt: bytes) -> bytes:
    return Scrypt(salt, 32, _SCRYPT_COST, 8, 1).derive(password.encode())
