"""Making, reading and using keys (net.corda.core.crypto.Crypto)."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from corda_sim.core.crypto.hashes import sha256
from corda_sim.core.crypto.keys import KeyPair, PrivateKey, PublicKey
from corda_sim.core.crypto.rsa_keys import rsa_key_from_seed
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.errors import DecodeError, IllegalArgumentError, SignatureException
from corda_sim.core.recent import Recent

_ED = SignatureScheme.EDDSA_ED25519_SHA512
_K1 = SignatureScheme.ECDSA_SECP256K1_SHA256
_R1 = SignatureScheme.ECDSA_SECP256R1_SHA256
_ORDERS = {
    _K1: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    _R1: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}
MIN_SEED_SIZE = 32
"""Bytes."""
_ED_PRIME = 2**255 - 19
_SHA256 = hashes.SHA256()
_ECDSA = ec.ECDSA(_SHA256)
_ECDSA_SIGN = ec.ECDSA(_SHA256, deterministic_signing=True)
_RSA_PADDING = padding.PKCS1v15()
_ED_PREFIX = bytes.fromhex("302a300506032b6570032100")
_SMALL_ORDER = frozenset(
    int.from_bytes(bytes.fromhex(y), "little")
    for y in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
)
"""The y of the eight points whose order divides 8."""
_DECODED_KEYS = 4096
"""Keys kept decoded: a network has few identities, and each is read again in every message."""
_VERIFIED = 4096
"""Right signatures remembered, with what they sign: about 1 KiB each."""
_right = Recent[tuple[bytes, bytes, bytes]](_VERIFIED)


def public_key_of(native: object) -> PublicKey:
    """The platform's key for a `cryptography` public key of a known scheme; DecodeError otherwise.

    No seed makes an ed25519 key of small order, and whoever names one as an owner lets everybody
    sign; Corda refuses the point at infinity alone (Crypto.validatePublicKey), this all of them.
    """
    match native:
        case ed25519.Ed25519PublicKey():
            point = native.public_bytes_raw()
            if _is_weak_point(point):
                raise DecodeError("An ed25519 key of small order or in a non-canonical encoding")
            return PublicKey(_ED_PREFIX + point, _ED, native)
        case ec.EllipticCurvePublicKey():
            scheme = _scheme_of_curve(native.curve)
        case rsa.RSAPublicKey():
            scheme = SignatureScheme.RSA_SHA256
        case _:
            raise DecodeError(f"{type(native).__name__} is not a key of a supported scheme")
    encoded = native.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return PublicKey(encoded, scheme, native)


def _scheme_of_curve(curve: ec.EllipticCurve) -> SignatureScheme:
    if isinstance(curve, ec.SECP256K1):
        return _K1
    if isinstance(curve, ec.SECP256R1):
        return _R1
    raise DecodeError(f"Curve {curve.name} is not supported")


def decode_public_key(encoded: bytes) -> PublicKey:
    """The key of a DER SubjectPublicKeyInfo, composite ones included; DecodeError otherwise."""
    return _decode_public_key(bytes(encoded))


@lru_cache(_DECODED_KEYS)
def _decode_public_key(encoded: bytes) -> PublicKey:
    from corda_sim.core.crypto import composite  # noqa: PLC0415 - composite keys hold keys

    if composite.is_composite(encoded):
        return composite.decode(encoded)
    try:
        native = serialization.load_der_public_key(encoded)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise DecodeError(f"Not a public key: {error}") from error
    key = public_key_of(native)
    if key.encoded != encoded:
        raise DecodeError("A public key in an encoding that isn't the canonical one")
    return key


def key_pair_of(native: object) -> KeyPair:
    """The platform's pair for a `cryptography` private key of a known scheme."""
    if not isinstance(
        native, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    ):
        raise DecodeError(f"{type(native).__name__} is not a key of a supported scheme")
    public = public_key_of(native.public_key())
    return KeyPair(public, PrivateKey(public.scheme, native))


def load_private_key(pkcs8: bytes, password: bytes | None = None) -> KeyPair:
    """The pair of a DER PKCS#8 key."""
    try:
        return key_pair_of(serialization.load_der_private_key(pkcs8, password))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise DecodeError("Not a private key, or another password") from error


def derive_key_pair_from_entropy(scheme: SignatureScheme, entropy: int) -> KeyPair:
    """The pair that a number determines (Crypto.deriveKeyPairFromEntropy).

    The number is taken as Java's BigInteger: two's complement, big-endian. Raises
    IllegalArgumentError for a scheme other than ed25519 and the two ECDSA ones.
    """
    raw = _to_byte_array(entropy)
    if scheme is _ED:
        return key_pair_of(ed25519.Ed25519PrivateKey.from_private_bytes(raw[:32].ljust(32, b"\0")))
    if scheme not in _ORDERS:
        raise IllegalArgumentError(f"Key pairs of {scheme.name} can't be made from entropy")
    order, scalar = _ORDERS[scheme], entropy
    while not 2 <= scalar < order:
        scalar = int.from_bytes(sha256(_to_byte_array(scalar)), "big")
    return _ec_pair(scheme, scalar)


def _to_byte_array(number: int) -> bytes:
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    return number.to_bytes(size, "big", signed=True)


def _ec_pair(scheme: SignatureScheme, scalar: int) -> KeyPair:
    curve = ec.SECP256K1() if scheme is _K1 else ec.SECP256R1()
    return key_pair_of(ec.derive_private_key(scalar, curve))


def generate_key_pair(scheme: SignatureScheme, seed: bytes) -> KeyPair:
    """The key pair that a secret seed of 32 bytes or more determines.

    Raises IllegalArgumentError for a shorter seed, and for a composite key.
    """
    if len(seed) < MIN_SEED_SIZE:
        raise IllegalArgumentError("A key needs a seed of 32 bytes")
    if scheme is _ED:
        return key_pair_of(ed25519.Ed25519PrivateKey.from_private_bytes(seed[:32]))
    if scheme is SignatureScheme.RSA_SHA256:
        return key_pair_of(rsa_key_from_seed(seed))
    if scheme not in _ORDERS:
        raise IllegalArgumentError(f"No key pairs of {scheme.name}")
    wide = sha256(seed + b"\0") + sha256(seed + b"\1")
    return _ec_pair(scheme, 2 + int.from_bytes(wide, "big") % (_ORDERS[scheme] - 2))


def sign(private: PrivateKey, data: bytes) -> bytes:
    """Sign `data`; ECDSA signatures are DER with the low s and the nonce of RFC 6979.

    Raises IllegalArgumentError for empty `data`.
    """
    if not data:
        raise IllegalArgumentError("Signing of an empty array is not permitted!")
    match private.native:
        case ed25519.Ed25519PrivateKey() as key:
            return key.sign(data)
        case ec.EllipticCurvePrivateKey() as key:
            r, s = decode_dss_signature(key.sign(data, _ECDSA_SIGN))
            return encode_dss_signature(r, min(s, _ORDERS[private.scheme] - s))
        case rsa.RSAPrivateKey() as key:
            return key.sign(data, _RSA_PADDING, _SHA256)
    raise IllegalArgumentError(f"Keys of {private.scheme.name} don't sign")


def verify(public: PublicKey, signature: bytes, data: bytes) -> None:
    """Raise SignatureException unless `signature` over `data` is by `public`; a high s is valid."""
    if not signature or not data:
        raise SignatureException("Nothing is signed by an empty signature, or over empty data")
    try:
        match public.native:
            case ed25519.Ed25519PublicKey() as key:
                key.verify(signature, data)
            case ec.EllipticCurvePublicKey() as key:
                key.verify(signature, data, _ECDSA)
            case rsa.RSAPublicKey() as key:
                key.verify(signature, data, _RSA_PADDING, _SHA256)
            case _:
                raise SignatureException(f"Keys of {public.scheme.name} don't verify by themselves")
    except (InvalidSignature, ValueError) as error:
        raise SignatureException(f"Signature Verification failed! Key: {public}") from error


def verify_once(public: PublicKey, signature: bytes, data: bytes) -> None:
    """`verify`, but a signature that was right is not computed again.

    The arguments are compared byte for byte; a wrong signature is computed each time.
    """
    if (public.encoded, signature, data) not in _right:
        verify(public, signature, data)
        remember_right(public, signature, data)


def remember_right(public: PublicKey, signature: bytes, data: bytes) -> None:
    """`verify_once` needs no computation for a signature that was just made here."""
    _right.add((public.encoded, signature, data))


def is_valid(public: PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` over `data` is by `public`."""
    try:
        verify(public, signature, data)
    except SignatureException:
        return False
    return True


def verify_strict(public: PublicKey, signature: bytes, data: bytes) -> None:
    """`verify` for packs and RPC: one signature has one form.

    Refuses a high s, and ed25519 points that are of small order or not canonical.
    """
    if public.scheme is _ED and _is_weak_point(signature[:32]):
        raise SignatureException("An ed25519 point of small order or in a non-canonical encoding")
    if public.scheme in _ORDERS:
        _refuse_high_s(signature, _ORDERS[public.scheme])
    verify(public, signature, data)


def _is_weak_point(point: bytes) -> bool:
    y = int.from_bytes(point, "little") & ~(1 << 255)
    return y >= _ED_PRIME or y in _SMALL_ORDER


def _refuse_high_s(signature: bytes, order: int) -> None:
    try:
        _, s = decode_dss_signature(signature)
    except ValueError as error:
        raise SignatureException("Not an ECDSA signature") from error
    if s > order // 2:
        raise SignatureException("An ECDSA signature with a high s")
