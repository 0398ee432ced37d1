"""Recoverable secp256k1 signatures: 65 bytes r, s, v with v 0 or 1."""

from coincurve import PrivateKey, PublicKey

from corda_sim.core.errors import SignatureException
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256

ADDRESS_SIZE = 20
SIGNATURE_SIZE = 65
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def recover_address(digest: bytes, signature: bytes) -> bytes:
    """The address whose key signed ``digest`` (32 bytes).

    Raises: SignatureException for a malformed signature, and for a high s, which OpenZeppelin's
    ECDSA refuses as well: one signature has one form.
    """
    if len(signature) != SIGNATURE_SIZE or signature[64] > 1:
        raise SignatureException("a signature has 65 bytes, the last one 0 or 1")
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        raise SignatureException("a signature with a high s")
    try:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except ValueError as error:
        raise SignatureException(f"nobody can have signed this: {error}") from error
    return _address(key)


def address_of(secret: bytes) -> bytes:
    """The address of a private key (32 bytes)."""
    return _address(PrivateKey(secret).public_key)


def sign_digest(secret: bytes, digest: bytes) -> bytes:
    """Sign 32 bytes with a private key (32 bytes); deterministic (RFC 6979), low s."""
    return PrivateKey(secret).sign_recoverable(digest, hasher=None)


def _address(key: PublicKey) -> bytes:
    return keccak256(key.format(compressed=False)[1:])[-ADDRESS_SIZE:]
