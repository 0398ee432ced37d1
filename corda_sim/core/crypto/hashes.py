"""SHA-256 hashes (net.corda.core.crypto.SecureHash)."""

import re
from hashlib import sha256 as _sha256
from typing import Self

from corda_sim.core.errors import IllegalArgumentError

HASH_SIZE = 32
_HEX = re.compile(r"[0-9A-Fa-f]{64}")


def sha256(data: bytes) -> bytes:
    """SHA-256 of `data`, 32 bytes."""
    return _sha256(data).digest()


def sha256d(data: bytes) -> bytes:
    """SHA-256 of the SHA-256 of `data`, 32 bytes."""
    return _sha256(_sha256(data).digest()).digest()


class SecureHash(bytes):
    """A SHA-256 value: 32 bytes, printed as upper-case hex."""

    __slots__ = ()

    def __new__(cls, value: bytes) -> Self:
        """Take 32 bytes; IllegalArgumentError for another number of them."""
        if len(value) != HASH_SIZE:
            raise IllegalArgumentError(f"A SHA-256 hash has 32 bytes, not {len(value)}")
        return super().__new__(cls, value)

    @classmethod
    def sha256(cls, data: bytes) -> Self:
        """Hash `data` once."""
        return bytes.__new__(cls, _sha256(data).digest())

    @classmethod
    def sha256d(cls, data: bytes) -> Self:
        """Hash `data` twice."""
        return bytes.__new__(cls, _sha256(_sha256(data).digest()).digest())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 64 hex digits, upper or lower case; `SHA-256:` may come before them."""
        digits = text.removeprefix("SHA-256:")
        if not _HEX.fullmatch(digits):
            raise IllegalArgumentError(f"Provided string is not a SHA-256 hash: {text}")
        return cls(bytes.fromhex(digits))

    def re_hash(self) -> "SecureHash":
        """The hash of this hash: a leaf of a batch signature, and what notary conflicts show."""
        return SecureHash.sha256(self)

    def prefix_chars(self, count: int = 6) -> str:
        """The first `count` digits, for logs."""
        return self.hex().upper()[:count]

    def __str__(self) -> str:
        return self.hex().upper()

    def __repr__(self) -> str:
        return f"SecureHash({self.hex().upper()})"


ZERO_HASH = SecureHash(bytes(HASH_SIZE))
"""Pads Merkle trees to a power of two."""

ALL_ONES_HASH = SecureHash(b"\xff" * HASH_SIZE)
"""Stands for a component group that the transaction doesn't have."""
