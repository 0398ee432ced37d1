"""Certificates in Corda's layout. Entropy and clock come in as arguments."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID, ObjectIdentifier

from corda_sim.core.identity import CordaX500Name
from corda_sim.node.cert_errors import CertificateException
from corda_sim.node.cert_roles import ROLE_OID, CertificateProfile, CertRole

SigningKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
VerifyingKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
VALIDITY = timedelta(days=3650)
_NAME_CONSTRAINTS = ObjectIdentifier("2.5.29.30")
_DER_ORDER = (
    (NameOID.COUNTRY_NAME, "country"),
    (NameOID.STATE_OR_PROVINCE_NAME, "state"),
    (NameOID.LOCALITY_NAME, "locality"),
    (NameOID.ORGANIZATION_NAME, "organisation"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "organisation_unit"),
    (NameOID.COMMON_NAME, "common_name"),
)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate that may sign others, with its key."""

    certificate: x509.Certificate
    key: SigningKey

    def __repr__(self) -> str:
        return f"Issuer({self.certificate.subject.rfc4514_string()})"


@dataclass(frozen=True, slots=True)
class Request:
    """What to certify: a profile, a name, a key, and host names for a broker's certificate."""

    profile: CertificateProfile
    name: x509.Name
    key: VerifyingKey
    hosts: tuple[x509.GeneralName, ...] = ()


def x509_name(name: CordaX500Name) -> x509.Name:
    """The name in Corda's DER order: C (PrintableString), ST, L, O, OU, CN (UTF8String)."""
    values = ((oid, getattr(name, field)) for oid, field in _DER_ORDER)
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in values if value])


def serial_number(entropy: bytes) -> int:
    """16 random bytes as Corda's serial: positive, and never shorter than 16 bytes."""
    if len(entropy) != 16:
        raise CertificateException("a serial number takes 16 bytes of entropy")
    return int.from_bytes(bytes([entropy[0] & 0x3F | 0x40]) + entropy[1:])


def issue(
    request: Request, issuer: Issuer | None, now: datetime, entropy: bytes
) -> x509.Certificate:
    """Certify the request by `issuer`.

    Valid from the start of today (UTC) for ten years, never longer than the issuer.
    Raises `CertificateException` when there is no issuer, or for an expired one.
    """
    if issuer is None:
        raise CertificateException("only a root certifies itself: use issue_root")
    builder = _base(request, issuer.certificate.subject, now, entropy, issuer.certificate)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    builder = builder.add_extension(authority, critical=False)
    return _sign(_role_extensions(builder, request), issuer.key)


def issue_root(
    request: Request, key: SigningKey, now: datetime, entropy: bytes
) -> x509.Certificate:
    """A certificate signed by its own key."""
    return _sign(_base(request, request.name, now, entropy, None), key)


def _base(
    request: Request,
    issuer_name: x509.Name,
    now: datetime,
    entropy: bytes,
    issuer: x509.Certificate | None,
) -> x509.CertificateBuilder:
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + VALIDITY
    if issuer is not None:
        end = min(end, issuer.not_valid_after_utc)
        start = max(start, issuer.not_valid_before_utc)
    if end <= start:
        raise CertificateException("the issuer's certificate has expired")
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.name)
        .issuer_name(issuer_name)
        .public_key(request.key)
        .serial_number(serial_number(entropy))
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(request.key), critical=False)
    )
    return _usage_extensions(builder, request.profile)


def _usage_extensions(
    builder: x509.CertificateBuilder, profile: CertificateProfile
) -> x509.CertificateBuilder:
    usage = x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.15"), profile.key_usage)
    purposes = x509.ExtendedKeyUsage([ObjectIdentifier(p) for p in profile.extended_key_usage])
    return (
        builder.add_extension(x509.BasicConstraints(profile.is_ca, None), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(purposes, critical=False)
    )


def _role_extensions(builder: x509.CertificateBuilder, request: Request) -> x509.CertificateBuilder:
    role = request.profile.role
    if role is not None:
        value = x509.UnrecognizedExtension(ObjectIdentifier(ROLE_OID), role.der())
        builder = builder.add_extension(value, critical=False)
    if role is CertRole.NODE_CA:
        constraint = x509.UnrecognizedExtension(_NAME_CONSTRAINTS, _constrained_to(request.name))
        builder = builder.add_extension(constraint, critical=True)
    if request.hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName(request.hosts), critical=False)
    return builder


def _constrained_to(name: x509.Name) -> bytes:
    """NameConstraints by hand: Corda writes an empty list of excluded names, `a100`."""
    return _der(0x30, _der(0xA0, _der(0x30, _der(0xA4, name.public_bytes()))) + b"\xa1\x00")


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    width = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 | width)) + size.to_bytes(width) + body


def _sign(builder: x509.CertificateBuilder, key: SigningKey) -> x509.Certificate:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return builder.sign(key, None)
    return builder.sign(key, hashes.SHA256())
