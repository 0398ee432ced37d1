"""TLS for RPC: a key store of its own, self-signed, as `generate-rpc-ssl-settings` makes in Corda.

The node's own TLS certificate is for its peers; who calls RPC trusts this one alone.
"""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from corda_sim.core.identity import CordaX500Name
from corda_sim.node.cert_builder import serial_number, x509_name
from corda_sim.node.certificates import Entropy
from corda_sim.node.config import RpcSsl
from corda_sim.node.key_stores import (
    KeyEntry,
    certificate_der,
    pem,
    read_key_entry,
    write_key_entry,
    write_trust_store,
)
from corda_sim.node.node_files import CERTIFICATES

KEY_STORE: Final = "rpcsslkeystore.pem"
TRUST_STORE: Final = "rpcssltruststore.pem"
VALIDITY: Final = timedelta(days=3650)


def generate_rpc_ssl_settings(
    node_dir: Path, name: CordaX500Name, hosts: Sequence[str], now: datetime, entropy: Entropy
) -> RpcSsl:
    """Write key store and trust store into the node's certificates; what node.toml says of them.

    `hosts` are the names and addresses under which the node is called.
    """
    password = entropy(16).hex()
    entry = _self_signed(name, hosts, now, entropy)
    folder = node_dir / CERTIFICATES
    write_key_entry(folder / KEY_STORE, entry, password)
    write_trust_store(folder / TRUST_STORE, entry.path)
    return RpcSsl(key_store_path=f"{CERTIFICATES}/{KEY_STORE}", key_store_password=password)


def server_key(node_dir: Path, ssl: RpcSsl) -> tuple[bytes, bytes]:
    """Private key and certificate path of the server, PEM. Raises: KeyStoreException."""
    entry = _entry(node_dir, ssl)
    key = entry.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key, b"".join(pem(der) for der in reversed(entry.path))


def server_root(node_dir: Path, ssl: RpcSsl) -> bytes:
    """The certificate that clients on this machine trust, PEM. Raises: KeyStoreException."""
    return pem(_entry(node_dir, ssl).path[0])


def _entry(node_dir: Path, ssl: RpcSsl) -> KeyEntry:
    return read_key_entry(node_dir / ssl.key_store_path, ssl.key_store_password)


def _self_signed(
    name: CordaX500Name, hosts: Sequence[str], now: datetime, entropy: Entropy
) -> KeyEntry:
    key = ec.generate_private_key(ec.SECP256R1())
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    subject = x509_name(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial_number(entropy(16)))
        .not_valid_before(start)
        .not_valid_after(start + VALIDITY)
        .add_extension(x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return KeyEntry(key, (certificate_der(certificate),))


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return x509.DNSName(text)
