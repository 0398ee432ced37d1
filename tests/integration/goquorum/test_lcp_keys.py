"""Enclave keys: reports, certificates and every refusal."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.integration.goquorum.conftest import refused
from tests.integration.goquorum.enclave import (
    PRODUCTION,
    AttestationService,
    certificate,
    render_report,
)
from tests.integration.goquorum.lcp import Lcp

pytestmark = pytest.mark.integration


def days_ago(days: int) -> str:
    moment = datetime.now(UTC) - timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def test_a_key_is_registered_once_and_again_without_effect(empty: Lcp) -> None:
    empty.create()
    attested = empty.service.attest(empty.enclave.quote()).message()
    assert empty.do("registerEnclaveKey", attested) == ["RegisteredEnclaveKey"]
    assert empty.do("registerEnclaveKey", attested) == []
    older = empty.service.attest(empty.enclave.quote(), timestamp=days_ago(1)).message()
    again = lambda: empty.do("registerEnclaveKey", older)
    assert refused(again) == "LCPClientEnclaveKeyUnexpectedExpiredAt"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"mrenclave": bytes(31) + b"\1"}, "LCPClientClientStateUnexpectedMrenclave"),
        ({"flags": PRODUCTION}, "LCPClientAVRUnexpectedDebugMode"),
        ({"operator": b"\1" * 20}, "LCPClientAVRUnexpectedOperator"),
        ({"data_type": 2}, "QuoteMalformed"),
    ],
)
def test_quotes_that_are_refused(empty: Lcp, changes: dict[str, object], error: str) -> None:
    empty.create()
    assert refused(lambda: empty.register(**changes)) == error


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"version": 3}, "ReportMalformed"),
        ({"timestamp": "2020-01-01T00:00:00.000000"}, "LCPClientAVRAlreadyExpired"),
        ({"timestamp": "2020-02-30T00:00:00.000000"}, "InvalidTime"),
        ({"timestamp": "yesterday"}, "InvalidTime"),
        ({"isvEnclaveQuoteStatus": "GROUP_OUT_OF_DATE"}, "LCPClientAVRDisallowedQuoteStatus"),
        (
            {"isvEnclaveQuoteStatus": "SW_HARDENING_NEEDED", "advisoryIDs": ["A", "B"]},
            "LCPClientAVRDisallowedAdvisory",
        ),
        ({"isvEnclaveQuoteBody": "AAAA"}, "QuoteMalformed"),
        ({"isvEnclaveQuoteBody": "*" * 576}, "QuoteMalformed"),
        ({"unknown": 1}, "ReportMalformed"),
    ],
)
def test_reports_that_are_refused(empty: Lcp, changes: dict[str, object], error: str) -> None:
    empty.create(statuses=("SW_HARDENING_NEEDED",), advisories=("A",))
    attested = empty.service.attest(empty.enclave.quote(), **changes)
    assert refused(lambda: empty.do("registerEnclaveKey", attested.message())) == error


def test_a_platform_that_needs_hardening_counts_where_its_advisories_are_listed(empty: Lcp) -> None:
    empty.create(statuses=("SW_HARDENING_NEEDED",), advisories=("A", "B"))
    changes = {"isvEnclaveQuoteStatus": "SW_HARDENING_NEEDED", "advisoryIDs": ["B", "A"]}
    attested = empty.service.attest(empty.enclave.quote(), **changes)
    assert empty.do("registerEnclaveKey", attested.message()) == ["RegisteredEnclaveKey"]


def test_an_altered_report_or_a_strange_signer_is_refused(empty: Lcp) -> None:
    empty.create()
    report, other = render_report(empty.enclave.quote()), AttestationService()
    good = empty.service.sign(report)
    altered = report.replace(b'"id":"1"', b'"id":"2"')
    for message_ in (
        (altered, good, empty.service.signing, b""),
        (report, other.sign(report), other.signing, b""),
        (report, other.sign(report), empty.service.signing, b""),
        (report, good[:-1], empty.service.signing, b""),
    ):
        attempt = lambda m=message_: empty.do("registerEnclaveKey", m)
        assert refused(attempt) == "LCPClientAVRInvalidSignature"


def test_padding_is_checked_in_full(empty: Lcp) -> None:
    """A key of exponent 3 and a signature whose cube merely ends with the digest."""
    empty.create()
    report = render_report(empty.enclave.quote())
    key = rsa.generate_private_key(3, 2048)
    signing = certificate("signing", key, "root", empty.service.root_key)
    digest = int.from_bytes(hashlib.sha256(report).digest(), "big")
    forged = cube_root_of_suffix(digest).to_bytes(256, "big")
    attempt = lambda: empty.do("registerEnclaveKey", (report, forged, signing, b""))
    assert refused(attempt) == "LCPClientAVRInvalidSignature"


def cube_root_of_suffix(digest: int) -> int:
    """x with x³ ≡ digest modulo 2^256, for an odd digest; else for the next one."""
    root, target = 1, digest | 1
    for bit in range(256):
        if (root**3 - target) >> bit & 1:
            root |= 1 << bit
    return root


def test_certificates_that_are_refused(empty: Lcp) -> None:
    empty.create()
    report, service = render_report(empty.enclave.quote()), empty.service
    keys = ("signing", service.signing_key, "root", service.root_key)
    for made, error in (
        (certificate(*keys, ends=timedelta(days=-1)), "LCPClientIASCertExpired"),
        (certificate(*keys, digest=hashes.SHA512()), "CertificateUnsupportedAlgorithm"),
        (b"\x30\x80\x00\x00", "DerMalformed"),
    ):
        message = (report, service.sign(report), made, b"")
        assert refused(partial(empty.do, "registerEnclaveKey", message)) == error
