"""The service's certificates: a root (RSA-3072) and the one that signs reports (RSA-2048)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID

from corda_sim.lcp.errors import AttestationException
from corda_sim.local.files import write_private

ROOT_FILE: Final = "root.der"
SIGNING_FILE: Final = "signing.der"
_KEY_FILE: Final = "signing.key"
_ROOT_BITS, _SIGNING_BITS, _EXPONENT = 3072, 2048, 65537
_VALIDITY = timedelta(days=3650)
_ROOT_NAME = "corda-sim simulated attestation, root"
_SIGNING_NAME = "corda-sim simulated attestation, report signing"


@dataclass(frozen=True, slots=True)
class Authority:
    """Both certificates in DER, and the key that signs reports."""

    root: bytes
    signing: bytes
    key: rsa.RSAPrivateKey = field(repr=False)

    def sign(self, report: bytes) -> bytes:
        """RSA PKCS#1 v1.5 with SHA-256 over the report's bytes."""
        return self.key.sign(report, padding.PKCS1v15(), SHA256())


def open_authority(directory: Path, now: datetime) -> Authority:
    """The authority in a directory, made where there is none; its root key isn't kept.

    Raises: AttestationException for files that aren't an authority's.
    """
    if not (directory / _KEY_FILE).exists():
        _make(directory, now)
    try:
        key = load_der_private_key((directory / _KEY_FILE).read_bytes(), None)
        root, signing = ((directory / name).read_bytes() for name in (ROOT_FILE, SIGNING_FILE))
    except (OSError, ValueError) as error:
        raise AttestationException(f"{directory} is no authority's: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise AttestationException(f"the key in {directory} isn't RSA")
    return Authority(root, signing, key)


def _make(directory: Path, now: datetime) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    root = rsa.generate_private_key(_EXPONENT, _ROOT_BITS)
    signing = rsa.generate_private_key(_EXPONENT, _SIGNING_BITS)
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    made = _certificate(_ROOT_NAME, root.public_key(), root, start)
    write_private(directory / ROOT_FILE, made)
    made = _certificate(_SIGNING_NAME, signing.public_key(), root, start)
    write_private(directory / SIGNING_FILE, made)
    key = signing.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    write_private(directory / _KEY_FILE, key)


def _certificate(
    name: str, key: rsa.RSAPublicKey, issuer: rsa.RSAPrivateKey, start: datetime
) -> bytes:
    is_root = name == _ROOT_NAME
    builder = (
        x509.CertificateBuilder()
        .issuer_name(_name(_ROOT_NAME))
        .subject_name(_name(name))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _VALIDITY)
        .add_extension(x509.BasicConstraints(is_root, 0 if is_root else None), critical=True)
    )
    return builder.sign(issuer, SHA256()).public_bytes(Encoding.DER)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
