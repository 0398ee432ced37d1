"""Private keys at rest: PKCS#8 encrypted with the key store password, beside their certificates.

One PEM file for each of Corda's key store aliases, mode 0600: the key, then the path leaf first,
which is what TLS libraries and brokers read as well.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from corda_sim.local.files import write_private
from corda_sim.node.cert_builder import SigningKey
from corda_sim.node.cert_errors import KeyStoreException


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A private key and its certificate path, DER, root first."""

    key: SigningKey = field(repr=False)
    path: tuple[bytes, ...] = field(repr=False)

    @property
    def spki(self) -> bytes:
        """The public key as SubjectPublicKeyInfo."""
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def pkcs8(self) -> bytes:
        """The private key in the clear, for the process's own memory only."""
        return self.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def certificate_der(certificate: x509.Certificate) -> bytes:
    """A certificate's DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def pem(der: bytes) -> bytes:
    """A DER certificate as PEM, whoever made it."""
    return ("\n".join(_pem_lines(der)) + "\n").encode()


def read_private(path: Path) -> bytes:
    """Read a private file. Raises `KeyStoreException` when it's missing or readable by others."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeyStoreException(f"{path} is open to other users: run chmod 600 on it")
        return path.read_bytes()
    except OSError as bad:
        raise KeyStoreException(f"can't read {path}: {bad.strerror}") from bad


def write_key_entry(path: Path, entry: KeyEntry, password: str) -> None:
    """Store a key and its path. Raises `KeyStoreException` for an empty password."""
    if not password:
        raise KeyStoreException("a key store needs a password")
    key = entry.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode()),
    )
    write_private(path, key + b"".join(pem(der) for der in reversed(entry.path)))


def read_key_entry(path: Path, password: str) -> KeyEntry:
    """Open an entry. Raises `KeyStoreException` when damaged or the password is wrong."""
    content = read_private(path)
    try:
        key = serialization.load_pem_private_key(content, password.encode())
        certificates = x509.load_pem_x509_certificates(content)
    except (ValueError, TypeError, UnsupportedAlgorithm) as bad:
        raise KeyStoreException(f"{path}: damaged, or the password is wrong") from bad
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise KeyStoreException(f"{path}: a key of a kind that no certificate here has")
    entry = KeyEntry(key, tuple(certificate_der(c) for c in reversed(certificates)))
    if certificates[0].public_key() != key.public_key():
        raise KeyStoreException(f"{path}: the certificate is another key's")
    return entry


def write_trust_store(path: Path, roots: Sequence[bytes]) -> None:
    """Store the certificates that the node trusts as roots."""
    path.write_bytes(b"".join(pem(der) for der in roots))


def read_trust_store(path: Path) -> bytes:
    """The network's root certificate, DER. Raises `KeyStoreException` when there isn't just one."""
    try:
        roots = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as bad:
        raise KeyStoreException(f"can't read the trust store {path}: {bad}") from bad
    if len(roots) != 1:
        raise KeyStoreException(f"the trust store {path} holds {len(roots)} roots, not one")
    return certificate_der(roots[0])


def _pem_lines(der: bytes) -> list[str]:
    body = base64.b64encode(der).decode()
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    return ["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"]
