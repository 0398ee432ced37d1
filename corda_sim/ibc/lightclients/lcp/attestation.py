"""Verifying reports: signature, certificates, what a client allows (AVRValidator.sol)."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from corda_sim.ibc.lightclients.lcp.errors import (
    AVRInvalid,
    LCPClientAVRInvalidSignature,
    LCPClientIASCertExpired,
    LCPClientIASRootCertExpired,
)
from corda_sim.ibc.lightclients.lcp.report import (
    STATUSES_WITH_ADVISORIES,
    Report,
    parse_report,
)
from corda_sim.ibc.lightclients.lcp.types import ClientState, RegisterEnclaveKeyMessage
from corda_sim.ibc.moment import Moment, nanos_of


class AttestationRoot:
    """The root certificate of an attestation service, and whether debug enclaves are wanted.

    In development mode an enclave must have the debug bit set, otherwise it must not.
    Raises: AVRInvalid for a root that isn't an RSA certificate signed by itself.
    """

    def __init__(self, root_certificate: bytes, development_mode: bool) -> None:
        self._root = _load(root_certificate)
        self._development_mode = development_mode
        _require_issued(self._root, self._root)

    def verify(self, msg: RegisterEnclaveKeyMessage, now: Moment) -> Report:
        """The report of a registration, its signature and certificates checked.

        Raises: AVRInvalid.
        """
        signer = _load(msg.signing_cert)
        _require_issued(signer, self._root)
        _require_valid(signer, now, LCPClientIASCertExpired)
        _require_valid(self._root, now, LCPClientIASRootCertExpired)
        try:
            _rsa_key(signer).verify(msg.signature, msg.report, padding.PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise LCPClientAVRInvalidSignature("not signed by the certificate's key") from error
        report = parse_report(msg.report)
        if report.debug != self._development_mode:
            raise AVRInvalid("a debug enclave" if report.debug else "not a debug enclave")
        return report


def require_allowed(report: Report, state: ClientState) -> None:
    """Raise AVRInvalid unless the client allows the platform's status and advisories."""
    if report.quote_status == "OK":
        return
    if report.quote_status not in state.allowed_quote_statuses:
        raise AVRInvalid(f"quote status {report.quote_status} isn't allowed")
    if report.quote_status in STATUSES_WITH_ADVISORIES:
        refused = set(report.advisory_ids) - set(state.allowed_advisory_ids)
        if refused:
            raise AVRInvalid(f"advisories that aren't allowed: {', '.join(sorted(refused))}")


def _load(der: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        _rsa_key(certificate)
    except ValueError as error:
        raise AVRInvalid(f"not a certificate: {error}") from error
    return certificate


def _rsa_key(certificate: x509.Certificate) -> rsa.RSAPublicKey:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise AVRInvalid("a certificate whose key isn't RSA")
    return key


def _require_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    if certificate.signature_algorithm_oid != x509.SignatureAlgorithmOID.RSA_WITH_SHA256:
        raise AVRInvalid("a certificate that isn't signed with RSA and SHA-256")
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise AVRInvalid("a certificate that the root hasn't signed") from error


def _require_valid(certificate: x509.Certificate, now: Moment, failure: type[AVRInvalid]) -> None:
    if now.earliest < nanos_of(certificate.not_valid_before_utc):
        raise failure("a certificate that isn't valid yet")
    if now.latest > nanos_of(certificate.not_valid_after_utc):
        raise failure("a certificate that isn't valid any more")
