"""Checks of a certificate path: signatures, dates, names and Corda's roles.

Source: Corda's `PartyAndCertificate.verify`, `CertRole`, and RFC 5280 §6 for Corda's profile.
A path is in the order that a node info has it: root, doorman, node CA, identity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509  # type: ignore[import-untyped]

from corda_sim.core.identity import CordaX500Name
from corda_sim.node.cert_errors import (
    CertificateException,
    CertificateExpiredException,
    CertificateNotYetValidException,
    CertPathValidatorException,
)
from corda_sim.node.cert_roles import CertRole
from corda_sim.node.cert_view import CertificateView

MAX_PATH = 8


@dataclass(frozen=True, slots=True)
class ValidatedPath:
    """A path that passed every check; `leaf` is its last certificate."""

    certificates: tuple[CertificateView, ...]

    @property
    def leaf(self) -> CertificateView:
        """The certificate of the subject."""
        return self.certificates[-1]

    @property
    def name(self) -> CordaX500Name:
        """The subject's name."""
        return self.leaf.corda_name()


def validate_path(
    path: Sequence[bytes], trust_root: bytes, now: datetime, roles: frozenset[CertRole]
) -> ValidatedPath:
    """Check a path (DER, root first) whose leaf must have one of `roles`.

    Raises `CertPathValidatorException` (or its subclasses for dates), `CertificateException` when a
    certificate is unreadable.
    """
    if not 2 <= len(path) <= MAX_PATH:
        raise CertificateException(f"a path of {len(path)} certificates, not of 2 to {MAX_PATH}")
    if path[0] != trust_root:
        raise CertPathValidatorException(0, "another root than this network's")
    views = tuple(CertificateView.parse(der) for der in path)
    for index, view in enumerate(views):
        _check_alone(index, view, now)
    for index in range(1, len(views)):
        _check_link(index, views[index - 1], views[index])
        _check_name_constraints(index, views[:index], views[index])
    if views[-1].role not in roles:
        wanted = ", ".join(sorted(role.name for role in roles))
        raise CertPathValidatorException(
            len(path) - 1, f"has role {_named(views[-1])}, not {wanted}"
        )
    return ValidatedPath(views)


def validate_identity_path(
    path: Sequence[bytes], trust_root: bytes, now: datetime, name: CordaX500Name, key: bytes
) -> ValidatedPath:
    """Check that the path certifies `key` (SubjectPublicKeyInfo) for the party `name`.

    Raises as `validate_path`, and when name or key differ.
    """
    roles = frozenset({CertRole.LEGAL_IDENTITY, CertRole.SERVICE_IDENTITY})
    validated = validate_path(path, trust_root, now, roles)
    last = len(path) - 1
    if validated.name != name:
        raise CertPathValidatorException(last, f"is for {validated.name}, not for {name}")
    if validated.leaf.public_key != key:
        raise CertPathValidatorException(last, f"certifies another key than {name}'s")
    return validated


def _check_alone(index: int, view: CertificateView, now: datetime) -> None:
    if view.unknown_critical:
        raise CertPathValidatorException(
            index, f"critical extensions not understood: {', '.join(view.unknown_critical)}"
        )
    if now < view.not_before:
        raise CertificateNotYetValidException(index, f"valid only from {view.not_before}")
    if now > view.not_after:
        raise CertificateExpiredException(index, f"expired at {view.not_after}")


def _check_link(index: int, parent: CertificateView, child: CertificateView) -> None:
    if child.issuer != parent.subject:
        raise CertPathValidatorException(index, "its issuer isn't the certificate above")
    if not parent.is_ca or "key_cert_sign" not in parent.key_usage:
        raise CertPathValidatorException(index - 1, "may not issue certificates")
    if child.authority_key_identifier != parent.key_identifier:
        raise CertPathValidatorException(index, "names another issuer key")
    if not child.verify_signed_by(parent.public_key):
        raise CertPathValidatorException(index, "its signature doesn't verify")
    if child.role is None:
        raise CertPathValidatorException(index, "has no role")
    if not child.role.may_be_issued_by(parent.role):
        raise CertPathValidatorException(
            index, f"role {child.role.name} can't be issued by {_named(parent)}"
        )


def _check_name_constraints(
    index: int, above: Sequence[CertificateView], view: CertificateView
) -> None:
    subject = _rdns(view.subject)
    for parent in above:
        permitted = parent.permitted_names
        if permitted is not None and not any(_within(subject, base) for base in permitted):
            raise CertPathValidatorException(index, "its name isn't permitted by its issuer")
        if any(_within(subject, base) for base in parent.excluded_names):
            raise CertPathValidatorException(index, "its name is excluded by its issuer")


def _within(subject: list[bytes], base: bytes) -> bool:
    prefix = _rdns(base)
    return subject[: len(prefix)] == prefix


def _rdns(name: bytes) -> list[bytes]:
    return [rdn.dump() for rdn in x509.Name.load(name).chosen]


def _named(view: CertificateView) -> str:
    return view.role.name if view.role is not None else "the root"
