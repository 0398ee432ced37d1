"""The 999 bytes that a transaction signature signs: Corda's AMQP form of SignableData.

The layout is frozen in all of Corda 4 because a verifier serializes it again. It is an envelope of
the value, the schema of its four types, and an empty list of transforms (corda 1.9).
"""

from functools import cache, lru_cache

from corda_sim.core.crypto.hashes import ZERO_HASH, SecureHash
from corda_sim.core.errors import IllegalArgumentError

_MAGIC = b"corda\x01\x00" + b"\x00"
_NULL, _EMPTY_LIST, _FALSE, _TRUE = b"\x40", b"\x45", b"\x42", b"\x41"
_PACKAGE = "net.corda.core.crypto."
_SIGNABLE, _METADATA = "MYA9jrnNdlQaaX06oEsmxA==", "IzFt8cRKytsJq3vQ+yjsGg=="
_HASH, _SHA256 = "b79PeMBLsHxu2A23yDYRaA==", "7YZSUU3tC6YvtX33Klo9Jg=="
_ENVELOPE, _SCHEMA, _OBJECT, _FIELD, _COMPOSITE, _TRANSFORMS = 1, 2, 3, 4, 5, 9


def _described(code: int) -> bytes:
    return b"\x00\x80\xc5\x62" + code.to_bytes(6, "big")


def _string(text: str) -> bytes:
    return b"\xa1" + bytes((len(text),)) + text.encode()


def _symbol(fingerprint: str) -> bytes:
    text = f"net.corda:{fingerprint}".encode()
    return b"\xa3" + bytes((len(text),)) + text


def _list8(*items: bytes) -> bytes:
    body = b"".join(items)
    return b"\xc0" + bytes((len(body) + 1, len(items))) + body


def _list32(*items: bytes) -> bytes:
    body = b"".join(items)
    return b"\xd0" + (len(body) + 4).to_bytes(4, "big") + len(items).to_bytes(4, "big") + body


def _field(name: str, type_: str, default: str | None = None) -> bytes:
    value = _NULL if default is None else _string(default)
    return _described(_FIELD) + _list8(
        _string(name), _string(type_), _EMPTY_LIST, value, _NULL, _TRUE, _FALSE
    )


def _type(name: str, fingerprint: str, *fields: bytes) -> bytes:
    descriptor = _described(_OBJECT) + _list8(_symbol(fingerprint), _NULL)
    return _described(_COMPOSITE) + _list8(
        _string(_PACKAGE + name), _NULL, _EMPTY_LIST, descriptor, _list8(*fields)
    )


@cache
def _schema() -> bytes:
    types = (
        _type(
            "SignableData",
            _SIGNABLE,
            _field("signatureMetadata", _PACKAGE + "SignatureMetadata"),
            _field("txId", _PACKAGE + "SecureHash"),
        ),
        _type(
            "SignatureMetadata",
            _METADATA,
            _field("platformVersion", "int", "0"),
            _field("schemeNumberID", "int", "0"),
        ),
        _type(
            "SecureHash",
            _HASH,
            _field("bytes", "binary"),
            _field("offset", "int", "0"),
            _field("size", "int", "0"),
        ),
        _type("SecureHash$SHA256", _SHA256, _field("bytes", "binary")),
    )
    return _described(_SCHEMA) + _list32(_list32(*types))


def _int(value: int) -> bytes:
    if -128 <= value <= 127:
        return b"\x54" + value.to_bytes(1, "big", signed=True)
    if -(2**31) <= value < 2**31:
        return b"\x71" + value.to_bytes(4, "big", signed=True)
    raise IllegalArgumentError(f"Not an Int: {value}")


@lru_cache(64)
def _around_id(platform_version: int, scheme: int) -> tuple[bytes, bytes]:
    """What precedes and what follows the id: the same for all signatures of a kind."""
    metadata = b"\x00" + _symbol(_METADATA) + _list8(_int(platform_version), _int(scheme))
    identifier = b"\x00" + _symbol(_SHA256) + _list8(b"\xa0\x20" + ZERO_HASH)
    value = b"\x00" + _symbol(_SIGNABLE) + _list8(metadata, identifier)
    transforms = _described(_TRANSFORMS) + b"\xc1\x01\x00"
    whole = _MAGIC + _described(_ENVELOPE) + _list32(value, _schema(), transforms)
    before, after = whole.split(ZERO_HASH)
    return before, after


def serialize_signable_data(tx_id: SecureHash, platform_version: int, scheme: int) -> bytes:
    """AMQP bytes of SignableData(txId, SignatureMetadata(platformVersion, schemeNumberID)).

    They are 999 unless a number is outside -128..127. Raises IllegalArgumentError for a number
    that isn't a Java int.
    """
    before, after = _around_id(platform_version, scheme)
    return before + tx_id + after
