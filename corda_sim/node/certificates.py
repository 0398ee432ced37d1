"""The development certificate hierarchy of a network, and what each node keeps of it.

Source: Corda's `X509Utilities`, `DevIdentityGenerator` and `NodeRegistrationHelper`. R3's
development root isn't ours to ship, so every network makes a root of its own.
"""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from corda_sim.core.identity import CordaX500Name
from corda_sim.node import cert_roles
from corda_sim.node.cert_builder import (
    Issuer,
    Request,
    SigningKey,
    issue,
    issue_root,
    x509_name,
)
from corda_sim.node.cert_roles import CertificateProfile
from corda_sim.node.cert_view import CertificateView
from corda_sim.node.key_stores import (
    KeyEntry,
    certificate_der,
    read_key_entry,
    read_trust_store,
    write_key_entry,
    write_trust_store,
)

Entropy = Callable[[int], bytes]

NODE_CA_FILE = "cordaclientca.pem"
TLS_FILE = "cordaclienttls.pem"
IDENTITY_FILE = "identity-private-key.pem"
SERVICE_FILE = "distributed-notary-private-key.pem"
BROKER_FILE = "broker-tls.pem"
TRUST_STORE_FILE = "truststore.pem"
ROOT_FILE = "rootca.pem"
DOORMAN_FILE = "doorman.pem"
PARAMETERS_FILE = "networkparameters.pem"

ROOT_NAME = CordaX500Name(
    organisation="corda-sim",
    locality="London",
    country="GB",
    common_name="Development Root CA",
    organisation_unit="Development only",
)
DOORMAN_NAME = CordaX500Name(
    organisation="corda-sim",
    locality="London",
    country="GB",
    common_name="Development Doorman CA",
    organisation_unit="Development only",
)
PARAMETERS_NAME = CordaX500Name(
    organisation="corda-sim",
    locality="London",
    country="GB",
    common_name="Network Parameters",
    organisation_unit="Development only",
)


def is_development_root(root: bytes) -> bool:
    """Whether a root certificate (DER) is one that `network create` made."""
    return CertificateView.parse(root).corda_name() == ROOT_NAME


@dataclass(frozen=True, slots=True)
class Authority:
    """A key that certifies, with its path from the root."""

    issuer: Issuer
    path: tuple[bytes, ...]

    @classmethod
    def of(cls, entry: KeyEntry) -> "Authority":
        """The authority whose key and path were stored."""
        certificate = x509.load_der_x509_certificate(entry.path[-1])
        return cls(Issuer(certificate, entry.key), entry.path)

    @property
    def entry(self) -> KeyEntry:
        """What a key store holds of it."""
        return KeyEntry(self.issuer.key, self.path)


@dataclass(frozen=True, slots=True)
class DevelopmentHierarchy:
    """Root, doorman and the signer of network parameters; `entropy(n)` gives n random bytes."""

    root: Authority
    doorman: Authority
    parameters: KeyEntry
    entropy: Entropy

    @classmethod
    def create(cls, now: datetime, entropy: Entropy) -> "DevelopmentHierarchy":
        """A new root, with a doorman and a parameters signer under it."""
        key = _ec_key()
        request = Request(cert_roles.ROOT, x509_name(ROOT_NAME), key.public_key())
        certificate = issue_root(request, key, now, entropy(16))
        root = Authority(Issuer(certificate, key), (certificate_der(certificate),))
        doorman = certify(root, cert_roles.DOORMAN, DOORMAN_NAME, _ec_key(), now, entropy)
        signer = certify(
            root, cert_roles.NETWORK_PARAMETERS, PARAMETERS_NAME, _ed_key(), now, entropy
        )
        return cls(root, Authority.of(doorman), signer, entropy)

    @classmethod
    def load(cls, directory: Path, password: str, entropy: Entropy) -> "DevelopmentHierarchy":
        """The hierarchy stored in a network's directory. Raises `KeyStoreException`."""
        entries = [
            read_key_entry(directory / name, password)
            for name in (ROOT_FILE, DOORMAN_FILE, PARAMETERS_FILE)
        ]
        return cls(Authority.of(entries[0]), Authority.of(entries[1]), entries[2], entropy)

    def store(self, directory: Path, password: str) -> None:
        """Write root, doorman and parameters signer, encrypted."""
        write_key_entry(directory / ROOT_FILE, self.root.entry, password)
        write_key_entry(directory / DOORMAN_FILE, self.doorman.entry, password)
        write_key_entry(directory / PARAMETERS_FILE, self.parameters, password)

    @property
    def trust_root(self) -> bytes:
        """The root certificate, DER."""
        return self.root.path[0]

    def node(
        self, name: CordaX500Name, now: datetime, hosts: Sequence[str] = ()
    ) -> "NodeCertificates":
        """Keys and certificates of a new node; `hosts` are those its own broker answers at."""
        ca = Authority.of(self._certify(self.doorman, cert_roles.NODE_CA, name, _ec_key(), now))
        tls = self._certify(ca, cert_roles.TLS, name, _ec_key(), now)
        identity = self._certify(ca, cert_roles.LEGAL_IDENTITY, name, _ed_key(), now)
        broker = certify(
            self.doorman,
            cert_roles.TLS,
            name,
            _ec_key(),
            now,
            self.entropy,
            hosts=_general_names(hosts or ("localhost", "127.0.0.1")),
        )
        return NodeCertificates(self.trust_root, ca.entry, tls, identity, broker, None)

    def service(self, name: CordaX500Name, now: datetime) -> KeyEntry:
        """The identity that the workers of a notary share, certified by the doorman."""
        return self._certify(self.doorman, cert_roles.SERVICE_IDENTITY, name, _ed_key(), now)

    def _certify(
        self,
        authority: Authority,
        profile: CertificateProfile,
        name: CordaX500Name,
        key: SigningKey,
        now: datetime,
    ) -> KeyEntry:
        return certify(authority, profile, name, key, now, self.entropy)


@dataclass(frozen=True, slots=True)
class NodeCertificates:
    """What lies in `NODE_DIR/certificates`; `service` only where a notary has several workers."""

    trust_root: bytes
    node_ca: KeyEntry
    tls: KeyEntry
    identity: KeyEntry
    broker: KeyEntry
    service: KeyEntry | None = None

    def store(self, directory: Path, password: str) -> None:
        """Write the key stores and the trust store."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_trust_store(directory / TRUST_STORE_FILE, [self.trust_root])
        for file, entry in self._entries().items():
            write_key_entry(directory / file, entry, password)

    @classmethod
    def load(cls, directory: Path, password: str) -> "NodeCertificates":
        """Open them. Raises `KeyStoreException`."""
        root = read_trust_store(directory / TRUST_STORE_FILE)
        ca, tls, identity, broker = (
            read_key_entry(directory / file, password)
            for file in (NODE_CA_FILE, TLS_FILE, IDENTITY_FILE, BROKER_FILE)
        )
        shared = directory / SERVICE_FILE
        service = read_key_entry(shared, password) if shared.exists() else None
        return cls(root, ca, tls, identity, broker, service)

    def _entries(self) -> dict[str, KeyEntry]:
        entries = {
            NODE_CA_FILE: self.node_ca,
            TLS_FILE: self.tls,
            IDENTITY_FILE: self.identity,
            BROKER_FILE: self.broker,
        }
        return entries if self.service is None else {**entries, SERVICE_FILE: self.service}


def certify(
    authority: Authority,
    profile: CertificateProfile,
    name: CordaX500Name,
    key: SigningKey,
    now: datetime,
    entropy: Entropy,
    *,
    hosts: tuple[x509.GeneralName, ...] = (),
) -> KeyEntry:
    """Certify a key by `authority`. Raises `CertificateException` for an expired authority."""
    request = Request(profile, x509_name(name), key.public_key(), hosts)
    certificate = issue(request, authority.issuer, now, entropy(16))
    return KeyEntry(key, (*authority.path, certificate_der(certificate)))


def _general_names(hosts: Sequence[str]) -> tuple[x509.GeneralName, ...]:
    return tuple(_general_name(host) for host in dict.fromkeys(hosts))


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()
