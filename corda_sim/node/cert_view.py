"""Certificates read from DER: also those that Corda itself made.

The usual library refuses Corda's certificates (curve parameters within the signature's algorithm),
so this module reads the structure with asn1crypto and leaves only signatures to the other one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import x509  # type: ignore[import-untyped]
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from corda_sim.core.errors import DecodeError
from corda_sim.core.identity import CordaX500Name
from corda_sim.node.cert_errors import CertificateException
from corda_sim.node.cert_roles import ROLE_OID, CertRole

_FIELDS = {
    "common_name": "common_name",
    "organizational_unit_name": "organisation_unit",
    "organization_name": "organisation",
    "locality_name": "locality",
    "state_or_province_name": "state",
    "country_name": "country",
}
_UNDERSTOOD = frozenset(
    {"basic_constraints", "key_usage", "extended_key_usage", "name_constraints"}
)
MAX_SIZE = 1 << 14
"""Bytes of a certificate: the library's time grows with their square."""
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class CertificateView:
    """The parts of a certificate that the path rules look at; names and keys are DER."""

    der: bytes
    signed_part: bytes
    algorithm: str
    signature: bytes
    subject: bytes
    issuer: bytes
    public_key: bytes
    serial: int
    not_before: datetime
    not_after: datetime
    is_ca: bool
    key_usage: frozenset[str]
    role: CertRole | None
    key_identifier: bytes | None
    authority_key_identifier: bytes | None
    permitted_names: tuple[bytes, ...] | None
    excluded_names: tuple[bytes, ...]
    unknown_critical: tuple[str, ...]

    @classmethod
    def parse(cls, der: bytes) -> "CertificateView":
        """Read a certificate. Raises `CertificateException` for anything malformed."""
        try:
            return _parse(_bounded(der))
        except CertificateException:
            raise
        except _UNREADABLE as bad:
            raise CertificateException(f"unreadable certificate: {bad}") from bad

    def corda_name(self) -> CordaX500Name:
        """The subject as Corda's name. Raises `CertificateException` when it isn't one."""
        return corda_name(self.subject)

    def verify_signed_by(self, issuer_key: bytes) -> bool:
        """Whether the key (SubjectPublicKeyInfo) made this certificate's signature."""
        try:
            key = serialization.load_der_public_key(issuer_key)
            match (self.algorithm, key):
                case ("sha256_ecdsa", ec.EllipticCurvePublicKey()):
                    key.verify(self.signature, self.signed_part, ec.ECDSA(hashes.SHA256()))
                case ("ed25519", ed25519.Ed25519PublicKey()):
                    key.verify(self.signature, self.signed_part)
                case _:
                    return False
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            return False
        return True


def corda_name(subject: bytes) -> CordaX500Name:
    """A DER name as Corda's. Raises `CertificateException` for other or doubled attributes."""
    try:
        return CordaX500Name(**_attributes(_bounded(subject)))
    except CertificateException:
        raise
    except (*_UNREADABLE, DecodeError) as bad:
        raise CertificateException(f"not a Corda name: {bad}") from bad


def _attributes(subject: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for rdn in x509.Name.load(subject).chosen:
        for attribute in rdn:
            kind = _FIELDS.get(attribute["type"].native)
            if kind is None or kind in fields:
                raise CertificateException(f"attribute {attribute['type'].native} in a name")
            fields[kind] = attribute["value"].native
    return fields


def _bounded(der: bytes) -> bytes:
    if len(der) > MAX_SIZE:
        raise CertificateException(f"{len(der)} bytes, more than {MAX_SIZE}")
    return der


def _parse(der: bytes) -> CertificateView:
    certificate = x509.Certificate.load(der, strict=True)
    tbs = certificate["tbs_certificate"]
    algorithm = certificate["signature_algorithm"]
    if algorithm.dump() != tbs["signature"].dump():
        raise CertificateException("the certificate names two signature algorithms")
    if certificate["signature_value"].contents[:1] != b"\0":
        raise CertificateException("a signature with unused bits")
    extensions = {e["extn_id"].native: e for e in tbs["extensions"]}
    constraints = _value(extensions, "name_constraints")
    authority = _value(extensions, "authority_key_identifier")
    return CertificateView(
        der=der,
        signed_part=tbs.dump(),
        algorithm=algorithm["algorithm"].native,
        signature=certificate["signature_value"].native,
        subject=tbs["subject"].dump(),
        issuer=tbs["issuer"].dump(),
        public_key=tbs["subject_public_key_info"].dump(),
        serial=tbs["serial_number"].native,
        not_before=tbs["validity"]["not_before"].native,
        not_after=tbs["validity"]["not_after"].native,
        is_ca=bool((_native(extensions, "basic_constraints") or {}).get("ca")),
        key_usage=frozenset(_native(extensions, "key_usage") or ()),
        role=_role(extensions),
        key_identifier=_native(extensions, "key_identifier"),
        authority_key_identifier=authority["key_identifier"].native if authority else None,
        permitted_names=_names(constraints, "permitted_subtrees"),
        excluded_names=_names(constraints, "excluded_subtrees") or (),
        unknown_critical=tuple(
            str(oid)
            for oid, e in extensions.items()
            if e["critical"].native and oid not in _UNDERSTOOD
        ),
    )


def _value(extensions: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - an untyped library
    extension = extensions.get(name)
    return extension["extn_value"].parsed if extension is not None else None


def _native(extensions: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - an untyped library
    value = _value(extensions, name)
    return value.native if value is not None else None


def _role(extensions: dict[str, Any]) -> CertRole | None:
    extension = extensions.get(ROLE_OID)
    if extension is None:
        return None
    der: bytes = extension["extn_value"].contents
    if len(der) != 3 or der[:2] != b"\x02\x01" or der[2] not in CertRole._value2member_map_:
        raise CertificateException("invalid role in the role extension")
    return CertRole(der[2])


def _names(constraints: Any, field: str) -> tuple[bytes, ...] | None:  # noqa: ANN401 - as above
    """The directory names of one side; `None` when that side is absent."""
    if constraints is None or constraints[field].native is None:
        return None
    bases = [subtree["base"] for subtree in constraints[field]]
    if any(base.name != "directory_name" for base in bases):
        raise CertificateException("a name constraint that isn't a directory name")
    return tuple(base.chosen.untag().dump() for base in bases)
