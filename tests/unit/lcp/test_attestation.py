"""Quotes, the attestation service, and what an LCP client thinks of its reports."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from corda_sim.ibc.client.height import Height
from corda_sim.ibc.lightclients.lcp.attestation import AttestationRoot
from corda_sim.ibc.lightclients.lcp.errors import AVRInvalid
from corda_sim.ibc.lightclients.lcp.report import parse_report
from corda_sim.ibc.moment import Moment, nanos_of
from corda_sim.lcp.attestation.authority import open_authority
from corda_sim.lcp.attestation.service import AttestationService, register_platform
from corda_sim.lcp.errors import AttestationException, UnknownPlatformException
from corda_sim.lcp.quoting.quote import Quote, quote_body

NOW = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
MOMENT = Moment.at(Height(), nanos_of(NOW))
PLATFORM = Ed25519PrivateKey.generate()
MRENCLAVE, KEY, OPERATOR = b"\x11" * 32, b"\x22" * 20, b"\x33" * 20
REPORT_DATA = (b"\x01" + KEY + OPERATOR).ljust(64, b"\0")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> AttestationService:
    directory = tmp_path_factory.mktemp("attestation")
    made = AttestationService(directory, open_authority(directory, NOW), os.urandom)
    register_platform(directory, PLATFORM.public_key().public_bytes_raw())
    return made


def quote(body: bytes | None = None, platform: Ed25519PrivateKey = PLATFORM) -> Quote:
    signed = quote_body(MRENCLAVE, REPORT_DATA) if body is None else body
    return Quote(signed, platform.public_key().public_bytes_raw(), platform.sign(signed))


def test_a_report_says_what_the_quote_says(service: AttestationService) -> None:
    report = parse_report(service.attest(quote(), NOW).report)
    assert (report.mrenclave, report.enclave_key, report.operator) == (MRENCLAVE, KEY, OPERATOR)
    assert report.debug
    assert report.quote_status == "OK"
    assert report.attested_at == int(NOW.timestamp())


def test_a_timestamp_has_six_digits_whatever_the_time(service: AttestationService) -> None:
    whole = service.attest(quote(), NOW.replace(microsecond=0)).report
    assert b'"timestamp":"2026-03-04T05:06:07.000000"' in whole
    other = NOW.astimezone(UTC) + timedelta(microseconds=1)
    assert b"05:06:07.000090" in service.attest(quote(), other).report


def test_a_client_in_development_takes_it_and_no_other_does(service: AttestationService) -> None:
    message = service.attest(quote(), NOW)
    root = service.authority.root
    assert AttestationRoot(root, development_mode=True).verify(message, MOMENT).enclave_key == KEY
    with pytest.raises(AVRInvalid):
        AttestationRoot(root, development_mode=False).verify(message, MOMENT)


def test_an_altered_report_is_refused(service: AttestationService) -> None:
    message = service.attest(quote(), NOW)
    root = AttestationRoot(service.authority.root, development_mode=True)
    altered = message.report.replace(b'"version":4', b'"version":5')
    for bad in (
        replace(message, report=altered),
        replace(message, signature=message.signature[::-1]),
        replace(message, signing_cert=service.authority.root),
    ):
        with pytest.raises(AVRInvalid):
            root.verify(bad, MOMENT)


def test_quotes_that_are_not_attested(service: AttestationService) -> None:
    good = quote()
    production = bytearray(good.body)
    production[96] &= ~2
    for bad in (
        replace(good, signature=good.signature[::-1]),
        replace(good, body=good.body[:-1] + b"\x01"),
        quote(bytes(production)),
        quote(good.body + b"\0"),
        replace(good, signature=b""),
    ):
        with pytest.raises(AttestationException):
            service.attest(bad, NOW)


def test_a_platform_must_be_registered(service: AttestationService) -> None:
    with pytest.raises(UnknownPlatformException):
        service.attest(quote(platform=Ed25519PrivateKey.generate()), NOW)
    for size in (0, 31, 33):
        with pytest.raises(AttestationException):
            register_platform(service.directory, bytes(size))
        with pytest.raises(UnknownPlatformException):
            service.attest(replace(quote(), platform=bytes(size)), NOW)


def test_certificates_are_as_long_as_intel_s_and_stay(service: AttestationService) -> None:
    again = open_authority(service.directory, NOW + timedelta(days=3))
    assert (again.root, again.signing) == (service.authority.root, service.authority.signing)
    sizes = []
    for der in (again.root, again.signing):
        key = x509.load_der_x509_certificate(der).public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        sizes.append(key.key_size)
    assert sizes == [3072, 2048]


def test_the_signing_key_is_its_owner_s_alone(service: AttestationService) -> None:
    assert (service.directory / "signing.key").stat().st_mode & 0o077 == 0
    assert "RSAPrivateKey" not in repr(service)


def test_a_directory_that_is_no_authority_s(tmp_path: Path) -> None:
    (tmp_path / "signing.key").write_bytes(b"no key")
    with pytest.raises(AttestationException):
        open_authority(tmp_path, NOW)
