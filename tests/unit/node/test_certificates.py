import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1  # type: ignore[import-untyped]
from cryptography import x509

from corda_sim.core.identity import CordaX500Name
from corda_sim.node import cert_roles
from corda_sim.node.cert_builder import serial_number
from corda_sim.node.cert_chain import validate_identity_path, validate_path
from corda_sim.node.cert_errors import (
    CertificateException,
    CertificateExpiredException,
    CertificateNotYetValidException,
    CertPathValidatorException,
    KeyStoreException,
)
from corda_sim.node.cert_roles import CertRole
from corda_sim.node.cert_view import CertificateView
from corda_sim.node.certificates import (
    Authority,
    DevelopmentHierarchy,
    NodeCertificates,
    _ec_key,
    _ed_key,
    certify,
)
from corda_sim.node.key_stores import read_key_entry, write_key_entry
from corda_sim.node.tls import (
    broker_client_context,
    client_context,
    server_context,
    verify_client,
    verify_peer,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ALICE = CordaX500Name.parse("O=Alice, L=London, C=GB")
BOB = CordaX500Name.parse("O=Bob, L=Paris, C=FR")
IDENTITY = frozenset({CertRole.LEGAL_IDENTITY})


@pytest.fixture(scope="module")
def hierarchy() -> DevelopmentHierarchy:
    return DevelopmentHierarchy.create(NOW, os.urandom)


@pytest.fixture(scope="module")
def alice(hierarchy: DevelopmentHierarchy) -> NodeCertificates:
    return hierarchy.node(ALICE, NOW)


def extension_bytes(der: bytes) -> dict[str, tuple[bool, str]]:
    extensions = asn1.Certificate.load(der)["tbs_certificate"]["extensions"]
    return {
        e["extn_id"].native: (e["critical"].native, e["extn_value"].contents.hex())
        for e in extensions
    }


@pytest.mark.parametrize(
    ("part", "constraints", "usage", "role"),
    [
        ("node_ca", "30030101ff", "03020186", "020104"),
        ("tls", "3000", "030203a8", "020105"),
        ("identity", "30030101ff", "03020284", "020106"),
        ("parameters", "3000", "03020780", "020108"),
    ],
)
def test_extensions_have_cordas_bytes(
    hierarchy: DevelopmentHierarchy,
    alice: NodeCertificates,
    part: str,
    constraints: str,
    usage: str,
    role: str,
) -> None:
    entry = hierarchy.parameters if part == "parameters" else getattr(alice, part)
    found = extension_bytes(entry.path[-1])
    assert found["basic_constraints"] == (True, constraints)
    assert found["key_usage"] == (False, usage)
    assert found[cert_roles.ROLE_OID] == (False, role)
    assert found["extended_key_usage"][1].startswith("30")
    assert "authority_key_identifier" in found


def test_only_the_node_ca_is_constrained_to_its_own_name(alice: NodeCertificates) -> None:
    critical, value = extension_bytes(alice.node_ca.path[-1])["name_constraints"]
    subject = CertificateView.parse(alice.node_ca.path[-1]).subject
    assert critical
    assert value.endswith(subject.hex() + "a100")
    assert "name_constraints" not in extension_bytes(alice.identity.path[-1])


def test_subject_is_in_der_order_with_cordas_string_types(alice: NodeCertificates) -> None:
    subject = CertificateView.parse(alice.identity.path[-1]).subject
    assert subject.hex() == (
        "302e310b3009060355040613024742310f300d06035504070c064c6f6e646f6e"
        "310e300c060355040a0c05416c696365"
    )


def test_serials_have_16_bytes_and_start_with_01() -> None:
    assert serial_number(bytes(16)).to_bytes(16)[0] == 0x40
    assert serial_number(b"\xff" * 16).to_bytes(16)[0] == 0x7F
    with pytest.raises(CertificateException):
        serial_number(b"short")


def test_validity_starts_at_midnight_and_is_clipped_to_the_issuer(
    hierarchy: DevelopmentHierarchy,
) -> None:
    later = NOW + timedelta(days=3000)
    view = CertificateView.parse(hierarchy.node(BOB, later).identity.path[-1])
    root = CertificateView.parse(hierarchy.trust_root)
    assert (view.not_before.hour, view.not_before.minute) == (0, 0)
    assert view.not_after == root.not_after
    with pytest.raises(CertificateException, match="expired"):
        hierarchy.node(BOB, NOW + timedelta(days=4000))


def test_a_good_path_is_accepted(alice: NodeCertificates) -> None:
    identity = alice.identity
    path = validate_identity_path(identity.path, alice.trust_root, NOW, ALICE, identity.spki)
    assert path.name == ALICE
    assert [view.role for view in path.certificates] == [
        None,
        CertRole.DOORMAN_CA,
        CertRole.NODE_CA,
        CertRole.LEGAL_IDENTITY,
    ]


def test_name_and_key_must_be_the_partys(alice: NodeCertificates) -> None:
    entry = alice.identity
    with pytest.raises(CertPathValidatorException, match="not for"):
        validate_identity_path(entry.path, alice.trust_root, NOW, BOB, entry.spki)
    with pytest.raises(CertPathValidatorException, match="another key"):
        validate_identity_path(entry.path, alice.trust_root, NOW, ALICE, alice.tls.spki)


def test_dates_are_checked(alice: NodeCertificates) -> None:
    path, root = alice.identity.path, alice.trust_root
    with pytest.raises(CertificateExpiredException):
        validate_path(path, root, NOW + timedelta(days=3651), IDENTITY)
    with pytest.raises(CertificateNotYetValidException):
        validate_path(path, root, NOW - timedelta(days=1), IDENTITY)


def test_another_networks_root_is_refused(alice: NodeCertificates) -> None:
    other = DevelopmentHierarchy.create(NOW, os.urandom)
    with pytest.raises(CertPathValidatorException, match="another root"):
        validate_path(alice.identity.path, other.trust_root, NOW, IDENTITY)
    mixed = (other.trust_root, *alice.identity.path[1:])
    with pytest.raises(CertPathValidatorException):
        validate_path(mixed, other.trust_root, NOW, IDENTITY)


def test_a_tampered_certificate_is_refused(alice: NodeCertificates) -> None:
    leaf = alice.identity.path[-1]
    for bit in range(len(leaf) * 8):
        bad = (int.from_bytes(leaf) ^ 1 << bit).to_bytes(len(leaf))
        with pytest.raises(CertificateException):
            validate_identity_path(
                (*alice.identity.path[:-1], bad),
                alice.trust_root,
                NOW,
                ALICE,
                alice.identity.spki,
            )


def test_roles_say_who_issues_what(
    hierarchy: DevelopmentHierarchy, alice: NodeCertificates
) -> None:
    ca = Authority.of(alice.node_ca)
    second = certify(ca, cert_roles.NODE_CA, ALICE, _ec_key(), NOW, os.urandom)
    with pytest.raises(CertPathValidatorException, match="can't be issued by NODE_CA"):
        validate_path(second.path, alice.trust_root, NOW, frozenset({CertRole.NODE_CA}))
    direct = certify(hierarchy.root, cert_roles.LEGAL_IDENTITY, ALICE, _ed_key(), NOW, os.urandom)
    with pytest.raises(CertPathValidatorException, match="issued by the root"):
        validate_path(direct.path, alice.trust_root, NOW, IDENTITY)
    with pytest.raises(CertPathValidatorException, match="has role TLS"):
        validate_path(alice.tls.path, alice.trust_root, NOW, IDENTITY)


def test_a_node_ca_names_nobody_else(alice: NodeCertificates) -> None:
    ca = Authority.of(alice.node_ca)
    stolen = certify(ca, cert_roles.LEGAL_IDENTITY, BOB, _ed_key(), NOW, os.urandom)
    with pytest.raises(CertPathValidatorException, match="isn't permitted"):
        validate_path(stolen.path, alice.trust_root, NOW, IDENTITY)


def test_a_tls_certificate_issues_nothing(alice: NodeCertificates) -> None:
    tls = Authority.of(alice.tls)
    child = certify(tls, cert_roles.LEGAL_IDENTITY, ALICE, _ed_key(), NOW, os.urandom)
    with pytest.raises(CertPathValidatorException, match="may not issue"):
        validate_path(child.path, alice.trust_root, NOW, IDENTITY)


def test_paths_of_odd_length_and_rubbish_are_refused(alice: NodeCertificates) -> None:
    with pytest.raises(CertificateException):
        validate_path((alice.trust_root,), alice.trust_root, NOW, IDENTITY)
    for rubbish in (b"", b"0", b"\x30\x03\x02\x01\x01", bytes(700)):
        with pytest.raises(CertificateException):
            validate_path((alice.trust_root, rubbish), alice.trust_root, NOW, IDENTITY)


def test_a_service_identity_is_issued_by_the_doorman(hierarchy: DevelopmentHierarchy) -> None:
    service = hierarchy.service(BOB, NOW)
    validate_identity_path(service.path, hierarchy.trust_root, NOW, BOB, service.spki)
    assert len(service.path) == 3


def test_stores_come_back_and_are_private(
    hierarchy: DevelopmentHierarchy, alice: NodeCertificates, tmp_path: Path
) -> None:
    alice.store(tmp_path / "node", "secret")
    again = NodeCertificates.load(tmp_path / "node", "secret")
    assert again.identity.path == alice.identity.path
    assert again.identity.pkcs8 == alice.identity.pkcs8
    assert all(
        file.stat().st_mode & 0o077 == 0 or file.name == "truststore.pem"
        for file in (tmp_path / "node").iterdir()
    )
    hierarchy.store(tmp_path, "other")
    loaded = DevelopmentHierarchy.load(tmp_path, "other", os.urandom)
    late = loaded.node(BOB, NOW)
    validate_path(late.identity.path, hierarchy.trust_root, NOW, IDENTITY)


def test_key_stores_are_encrypted_and_refuse_a_wrong_password(
    alice: NodeCertificates, tmp_path: Path
) -> None:
    file = tmp_path / "key.pem"
    write_key_entry(file, alice.identity, "secret")
    assert b"ENCRYPTED PRIVATE KEY" in file.read_bytes()
    with pytest.raises(KeyStoreException, match="password"):
        read_key_entry(file, "wrong")
    with pytest.raises(KeyStoreException, match="password"):
        write_key_entry(file, alice.identity, "")
    file.chmod(0o644)
    with pytest.raises(KeyStoreException, match="chmod 600"):
        read_key_entry(file, "secret")
    with pytest.raises(KeyStoreException):
        read_key_entry(tmp_path / "none.pem", "secret")


def test_a_key_beside_anothers_certificate_is_refused(
    alice: NodeCertificates, tmp_path: Path
) -> None:
    mixed = type(alice.tls)(alice.tls.key, alice.identity.path)
    write_key_entry(tmp_path / "x.pem", mixed, "p")
    with pytest.raises(KeyStoreException, match="another key"):
        read_key_entry(tmp_path / "x.pem", "p")


def test_nothing_shows_a_private_key(hierarchy: DevelopmentHierarchy) -> None:
    assert "PrivateKey" not in repr(hierarchy.parameters)
    assert "PrivateKey" not in repr(hierarchy.root)


def handshake(
    client: ssl.SSLContext, server: ssl.SSLContext, hostname: str | None = None
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    left = client.wrap_bio(to_client, to_server, server_hostname=hostname)
    right = server.wrap_bio(to_server, to_client, server_side=True)
    open_ends = [left, right]
    for _ in range(10):
        for end in list(open_ends):
            try:
                end.do_handshake()
                open_ends.remove(end)
            except ssl.SSLWantReadError:
                pass
    assert not open_ends
    return left, right


def test_mutual_tls_between_nodes(
    hierarchy: DevelopmentHierarchy, alice: NodeCertificates, tmp_path: Path
) -> None:
    bob = hierarchy.node(BOB, NOW)
    alice.store(tmp_path / "a", "pa")
    bob.store(tmp_path / "b", "pb")
    left, right = handshake(
        client_context(tmp_path / "a", "pa"), server_context(tmp_path / "b", "pb")
    )
    assert verify_client(right) == ALICE
    now = datetime.now(UTC)
    assert verify_peer(left, bob.identity.path, BOB, now).name == BOB
    with pytest.raises(CertPathValidatorException):
        verify_peer(left, alice.identity.path, ALICE, now)


def test_a_stranger_cant_connect(alice: NodeCertificates, tmp_path: Path) -> None:
    stranger = DevelopmentHierarchy.create(NOW, os.urandom).node(BOB, NOW)
    alice.store(tmp_path / "a", "pa")
    stranger.store(tmp_path / "s", "ps")
    with pytest.raises(ssl.SSLError):
        handshake(client_context(tmp_path / "s", "ps"), server_context(tmp_path / "a", "pa"))
    with pytest.raises(KeyStoreException):
        client_context(tmp_path / "a", "wrong")


def test_a_brokers_certificate_passes_openssls_own_checks(
    alice: NodeCertificates, tmp_path: Path
) -> None:
    alice.store(tmp_path / "a", "pa")
    broker = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    broker.load_cert_chain(tmp_path / "a" / "broker-tls.pem", password="pa")
    handshake(broker_client_context(tmp_path / "a", "pa"), broker, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(broker_client_context(tmp_path / "a", "pa"), broker, "elsewhere.example")


def test_certificates_are_readable_by_the_usual_library(alice: NodeCertificates) -> None:
    for entry in (alice.node_ca, alice.tls, alice.identity, alice.broker):
        for der in entry.path:
            assert x509.load_der_x509_certificate(der).subject
