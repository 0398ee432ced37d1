"""Keccak-256, Ethereum's hash."""

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """Keccak-256 of ``data``, 32 bytes."""
    return keccak.new(digest_bits=256, data=data).digest()
