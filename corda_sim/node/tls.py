"""Mutual TLS between nodes, and from a node to a peer's broker.

OpenSSL refuses a node's TLS certificate as a server's, because the node CA above it is meant for
clients (Corda's layout). So a client checks the server's certificate itself, against the path in
the peer's node info; brokers have one straight from the doorman, which OpenSSL accepts.
"""

import ssl
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from corda_sim.core.crypto.hashes import sha256
from corda_sim.core.identity import CordaX500Name
from corda_sim.node.cert_chain import ValidatedPath, validate_path
from corda_sim.node.cert_errors import CertPathValidatorException, KeyStoreException
from corda_sim.node.cert_roles import CertRole
from corda_sim.node.cert_view import CertificateView
from corda_sim.node.certificates import TLS_FILE, TRUST_STORE_FILE

CIPHERS = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
_TLS_ROLE = frozenset({CertRole.TLS})


def server_context(certificates: Path, password: str) -> ssl.SSLContext:
    """Accept only peers with a certificate of this network. Raises `KeyStoreException`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _loaded(context, certificates, password)


def client_context(certificates: Path, password: str) -> ssl.SSLContext:
    """Show our certificate; the caller must pass what it gets to `verify_peer`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _loaded(context, certificates, password)


def broker_client_context(certificates: Path, password: str) -> ssl.SSLContext:
    """Connect to a broker: certificate path and host name are checked by OpenSSL."""
    return _loaded(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificates, password)


def verify_peer(
    peer: ssl.SSLObject | ssl.SSLSocket,
    identity_path: Sequence[bytes],
    name: CordaX500Name,
    now: datetime,
) -> ValidatedPath:
    """Check that the TLS peer is the node whose identity path (root first) our network map holds.

    Raises `CertPathValidatorException` when it isn't.
    """
    leaf = peer.getpeercert(binary_form=True)
    if leaf is None:
        raise CertPathValidatorException(len(identity_path) - 1, "the peer sent no certificate")
    return verify_tls_certificate(leaf, identity_path, name, now)


def verify_tls_certificate(
    leaf: bytes, identity_path: Sequence[bytes], name: CordaX500Name, now: datetime
) -> ValidatedPath:
    """As `verify_peer`, for the certificate alone. The identity path must have been validated."""
    path = (*identity_path[:-1], leaf)
    validated = validate_path(path, identity_path[0], now, _TLS_ROLE)
    if validated.name != name:
        raise CertPathValidatorException(len(path) - 1, f"is for {validated.name}, not for {name}")
    return validated


def server_name(name: CordaX500Name) -> str:
    """The SNI that names a node, as Corda's bridges send it (X509Utilities, corda_p2p §3)."""
    return f"{sha256(str(name).encode()).hex()[:32]}.corda.net"


def verify_client(peer: ssl.SSLObject | ssl.SSLSocket) -> CordaX500Name:
    """The name in the certificate that a `server_context` has accepted: one for TLS, by its role.

    Raises `CertPathValidatorException` for another.
    """
    leaf = peer.getpeercert(binary_form=True)
    if leaf is None:
        raise CertPathValidatorException(0, "the peer sent no certificate")
    view = CertificateView.parse(leaf)
    if view.role is not CertRole.TLS:
        raise CertPathValidatorException(0, f"{view.corda_name()} shows no certificate for TLS")
    return view.corda_name()


def _loaded(context: ssl.SSLContext, certificates: Path, password: str) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    try:
        context.load_verify_locations(certificates / TRUST_STORE_FILE)
        context.load_cert_chain(certificates / TLS_FILE, password=password)
    except (OSError, ssl.SSLError) as bad:
        raise KeyStoreException(f"can't load the TLS key store in {certificates}: {bad}") from bad
    return context
