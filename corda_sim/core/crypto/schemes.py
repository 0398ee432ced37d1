"""Signature schemes (net.corda.core.crypto.Crypto)."""

from enum import IntEnum


class SignatureScheme(IntEnum):
    """Corda's scheme numbers; they are inside what every signature signs."""

    RSA_SHA256 = 1
    ECDSA_SECP256K1_SHA256 = 2
    ECDSA_SECP256R1_SHA256 = 3
    EDDSA_ED25519_SHA512 = 4
    COMPOSITE = 6


DEFAULT_SIGNATURE_SCHEME = SignatureScheme.EDDSA_ED25519_SHA512
RSA_KEY_SIZE = 3072
"""Bits of the RSA keys that Corda makes."""
