import base64
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import address_of
from corda_sim.ibc.lightclients.lcp.attestation import AttestationRoot, require_allowed
from corda_sim.ibc.lightclients.lcp.errors import (
    AVRInvalid,
    LCPClientAVRAlreadyExpired,
    LCPClientAVRInvalidSignature,
    LCPClientAVRUnexpectedOperator,
    LCPClientClientStateUnexpectedMrenclave,
    LCPClientEnclaveKeyUnexpectedExpiredAt,
    LCPClientEnclaveKeyUnexpectedOperator,
    LCPClientIASCertExpired,
    LCPClientIASRootCertExpired,
    LCPClientUnknownProxyMessageHeader,
)
from corda_sim.ibc.lightclients.lcp.keys import find_key, key_path
from corda_sim.ibc.lightclients.lcp.report import parse_report
from corda_sim.ibc.lightclients.lcp.types import EnclaveKey
from corda_sim.ibc.moment import Moment
from tests.unit.ibc.enclave import (
    EXPIRATION,
    FRESH,
    MRENCLAVE,
    NOBODY,
    NOW,
    STATUS,
    Client,
    certificate,
    moment,
    quote_body,
    registration,
    report,
    rsa_key,
)

KEY = address_of(keccak256(b"enclave"))
OPERATOR = keccak256(b"operator")
GOOD = report(quote_body(KEY))


def root(*, development: bool = True) -> AttestationRoot:
    return AttestationRoot(certificate("root", "root"), development)


# --- reports ---


def test_report_fields() -> None:
    made = report(quote_body(KEY, b"\5" * 20), NOW, STATUS, ("INTEL-SA-1",))
    found = parse_report(made)
    assert (found.attested_at, found.quote_status) == (NOW, STATUS)
    assert found.advisory_ids == ("INTEL-SA-1",)
    assert (found.mrenclave, found.enclave_key, found.operator) == (MRENCLAVE, KEY, b"\5" * 20)
    assert found.debug
    assert not parse_report(report(quote_body(KEY, debug=False))).debug


def edited(**changes: object) -> bytes:
    return json.dumps({**json.loads(GOOD), **changes}, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        GOOD + b" ",
        GOOD.replace(b":4,", b": 4,"),
        GOOD.replace(b'{"id"', b'{"id":"0","id"'),
        json.dumps(json.loads(GOOD), separators=(",", ":"), sort_keys=True).encode(),
        edited(more=1),
        edited(version=5),
        edited(version=True),
        edited(version="4"),
        edited(timestamp="2024-06-15T14:54:05.07618"),
        edited(timestamp="2024-13-15T14:54:05.076187"),
        edited(timestamp=7),
        edited(isvEnclaveQuoteStatus=1),
        edited(advisoryIDs="INTEL-SA-1"),
        edited(advisoryIDs=[1]),
        edited(isvEnclaveQuoteBody=1),
        edited(isvEnclaveQuoteBody="?"),
        edited(isvEnclaveQuoteBody=base64.b64encode(bytes(431)).decode()),
        edited(isvEnclaveQuoteBody=base64.b64encode(quote_body(KEY, version=2)).decode()),
    ],
)
def test_reports_that_are_refused(text: bytes) -> None:
    with pytest.raises(AVRInvalid):
        parse_report(text)


# --- certificates ---


def test_registration_verifies() -> None:
    assert root().verify(registration(GOOD), moment(NOW)).enclave_key == KEY


def test_altered_report_or_signature() -> None:
    good = registration(GOOD)
    for bad in (
        replace(good, report=GOOD.replace(b'"1"', b'"2"')),
        replace(good, signature=good.signature[:-1] + bytes((good.signature[-1] ^ 1,))),
        replace(good, signature=b""),
        replace(good, signing_cert=certificate("other", "root")),
        replace(good, signing_cert=certificate("signer", "root", signed_by="other")),
        replace(good, signing_cert=certificate("signer", "stranger")),
        replace(good, signing_cert=b"junk"),
        replace(good, signing_cert=certificate("signer", "root", algorithm=SHA384())),
    ):
        with pytest.raises(AVRInvalid):
            root().verify(bad, moment(NOW))


def test_signature_with_another_hash() -> None:
    signature = rsa_key("signer").sign(GOOD, padding.PKCS1v15(), SHA384())
    with pytest.raises(LCPClientAVRInvalidSignature):
        root().verify(replace(registration(GOOD), signature=signature), moment(NOW))


@pytest.mark.parametrize("years", [(2027, 2049), (2020, 2025)])
def test_certificate_out_of_its_time(years: tuple[int, int]) -> None:
    bad = replace(registration(GOOD), signing_cert=certificate("signer", "root", years=years))
    with pytest.raises(LCPClientIASCertExpired):
        root().verify(bad, moment(NOW))


def test_root_out_of_its_time() -> None:
    old = AttestationRoot(certificate("root", "root", years=(2020, 2025)), development_mode=True)
    with pytest.raises(LCPClientIASRootCertExpired):
        old.verify(registration(GOOD), moment(NOW))


def test_a_span_of_time_has_to_be_inside_the_certificates() -> None:
    end = parse_end(registration(GOOD).signing_cert)
    inside = Moment(moment(NOW).height, moment(NOW).height, NOW * 10**9, end)
    assert root().verify(registration(GOOD), inside).debug
    for change in ({"latest": end + 1}, {"earliest": 0}):
        with pytest.raises(AVRInvalid):
            root().verify(registration(GOOD), replace(inside, **change))  # type: ignore[arg-type]


def parse_end(der: bytes) -> int:
    return int(x509.load_der_x509_certificate(der).not_valid_after_utc.timestamp()) * 10**9


def test_debug_bit_and_mode() -> None:
    with pytest.raises(AVRInvalid):
        root(development=False).verify(registration(GOOD), moment(NOW))
    released = registration(report(quote_body(KEY, debug=False)))
    assert not root(development=False).verify(released, moment(NOW)).debug
    with pytest.raises(AVRInvalid):
        root().verify(released, moment(NOW))


@pytest.mark.parametrize(
    "der",
    [
        b"",
        certificate("signer", "root"),
        certificate("root", "root", signed_by="other"),
        certificate("root", "root", algorithm=SHA384()),
    ],
)
def test_roots_that_are_refused(der: bytes) -> None:
    with pytest.raises(AVRInvalid):
        AttestationRoot(der, development_mode=True)


def test_root_with_another_kind_of_key() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    good = x509.load_der_x509_certificate(certificate("root", "root"))
    builder = x509.CertificateBuilder(
        good.subject,
        good.subject,
        key.public_key(),
        1,
        good.not_valid_before_utc,
        good.not_valid_after_utc,
    )
    der = builder.sign(key, SHA256()).public_bytes(Encoding.DER)
    with pytest.raises(AVRInvalid):
        AttestationRoot(der, development_mode=True)


# --- what a client allows ---


@pytest.mark.parametrize(
    ("status", "advisories", "allowed_statuses", "allowed_advisories", "accepted"),
    [
        ("OK", ("INTEL-SA-1",), (), (), True),
        (STATUS, (), (), (), False),
        (STATUS, (), (STATUS,), (), True),
        (STATUS, ("INTEL-SA-1",), (STATUS,), (), False),
        (STATUS, ("INTEL-SA-1",), (STATUS,), ("INTEL-SA-1",), True),
        (STATUS, ("INTEL-SA-1", "INTEL-SA-2"), (STATUS,), ("INTEL-SA-1",), False),
        ("GROUP_REVOKED", ("INTEL-SA-1",), ("GROUP_REVOKED",), (), True),
    ],
)
def test_allowed_platforms(
    status: str,
    advisories: tuple[str, ...],
    allowed_statuses: tuple[str, ...],
    allowed_advisories: tuple[str, ...],
    accepted: bool,
) -> None:
    found = parse_report(report(quote_body(KEY), NOW, status, advisories))
    state = replace(
        FRESH,
        allowed_quote_statuses=allowed_statuses,
        allowed_advisory_ids=allowed_advisories,
    )
    if accepted:
        require_allowed(found, state)
        return
    with pytest.raises(AVRInvalid):
        require_allowed(found, state)


# --- registering ---


def test_registered_key() -> None:
    client = Client()
    client.register()
    assert find_key(client.store, KEY) == EnclaveKey(NOW + EXPIRATION, NOBODY)
    assert client.store.get(key_path(KEY)) is not None
    assert find_key(client.store, NOBODY) is None


def test_registering_again_changes_nothing() -> None:
    client = Client()
    client.register()
    before = client.store.get(key_path(KEY))
    client.register()
    assert client.store.get(key_path(KEY)) == before


def test_registering_again_with_another_end() -> None:
    client = Client()
    client.register()
    with pytest.raises(LCPClientEnclaveKeyUnexpectedExpiredAt):
        client.register(registration(report(quote_body(KEY), NOW - 1)))


def test_registering_again_for_an_operator() -> None:
    client = Client()
    client.register()
    with pytest.raises(LCPClientEnclaveKeyUnexpectedOperator):
        client.register(registration(GOOD, OPERATOR))


def test_operator_in_the_report_must_have_signed() -> None:
    named = report(quote_body(KEY, address_of(OPERATOR)))
    client = Client()
    for voucher in (None, keccak256(b"somebody else")):
        with pytest.raises(LCPClientAVRUnexpectedOperator):
            client.register(registration(named, voucher))
    client.register(registration(named, OPERATOR))
    found = find_key(client.store, KEY)
    assert found is not None
    assert found.operator == address_of(OPERATOR)


def test_malformed_operator_signature() -> None:
    bad = replace(registration(GOOD), operator_signature=b"\1" * 64)
    with pytest.raises(LCPClientAVRUnexpectedOperator):
        Client().register(bad)


def test_report_of_another_enclave() -> None:
    changed = bytes((MRENCLAVE[0] ^ 1,)) + MRENCLAVE[1:]
    with pytest.raises(LCPClientClientStateUnexpectedMrenclave):
        Client().register(registration(report(quote_body(KEY, mrenclave=changed))))


@pytest.mark.parametrize(("age", "error"), [(EXPIRATION, True), (EXPIRATION - 1, False)])
def test_report_from_too_long_ago(age: int, error: bool) -> None:
    client, old = Client(), registration(report(quote_body(KEY), NOW - age))
    if not error:
        client.register(old)
        return
    with pytest.raises(LCPClientAVRAlreadyExpired):
        client.register(old)


def test_status_that_isnt_allowed() -> None:
    with pytest.raises(AVRInvalid):
        Client().register(registration(report(quote_body(KEY), NOW, STATUS)))


@pytest.mark.parametrize("change", [lambda raw: raw[:-1], lambda raw: raw + b"\0"])
def test_malformed_registrations(change: Callable[[bytes], bytes]) -> None:
    client = Client()
    packed = AnyMessage.pack(registration(GOOD))
    with pytest.raises(LCPClientUnknownProxyMessageHeader):
        client.update(AnyMessage(packed.type_url, change(packed.value)))
