"""The key store of RPC over TLS."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from corda_sim.core.identity import CordaX500Name
from corda_sim.core.settings_errors import ConfigurationException
from corda_sim.node.cert_errors import KeyStoreException
from corda_sim.node.config import RpcSettings, RpcSsl, load_config
from corda_sim.node.node_files import CERTIFICATES
from corda_sim.node.rpc_ssl import (
    KEY_STORE,
    TRUST_STORE,
    generate_rpc_ssl_settings,
    server_key,
    server_root,
)

NAME = CordaX500Name("PartyA", "London", "GB")
NOW = datetime(2026, 5, 6, 12, tzinfo=UTC)
BASE = """
myLegalName = "O=PartyA, L=London, C=GB"
p2pAddress = "127.0.0.1:1"
[rpcSettings]
address = "127.0.0.1:2"
"""


@pytest.fixture
def made(tmp_path: Path) -> RpcSsl:
    (tmp_path / CERTIFICATES).mkdir()
    return generate_rpc_ssl_settings(tmp_path, NAME, ["127.0.0.1", "localhost"], NOW, os.urandom)


def test_the_certificate_is_for_the_hosts_alone(tmp_path: Path, made: RpcSsl) -> None:
    certificate = x509.load_pem_x509_certificate(server_root(tmp_path, made))
    hosts = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(host.value) for host in hosts] == ["127.0.0.1", "localhost"]
    assert certificate.issuer == certificate.subject
    assert certificate.not_valid_before_utc <= NOW < certificate.not_valid_after_utc


def test_key_and_certificate_belong_together(tmp_path: Path, made: RpcSsl) -> None:
    key, path = server_key(tmp_path, made)
    assert b"PRIVATE KEY" in key
    assert b"ENCRYPTED" not in key
    assert path == server_root(tmp_path, made)
    trusted = (tmp_path / CERTIFICATES / TRUST_STORE).read_bytes()
    assert trusted == server_root(tmp_path, made)


def test_the_key_at_rest_is_encrypted_and_ours_alone(tmp_path: Path, made: RpcSsl) -> None:
    file = tmp_path / CERTIFICATES / KEY_STORE
    assert b"ENCRYPTED PRIVATE KEY" in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert made.key_store_password not in repr(made)
    wrong = made.model_copy(update={"key_store_password": "wrong"})
    with pytest.raises(KeyStoreException, match="password is wrong"):
        server_key(tmp_path, wrong)


def test_ssl_counts_only_when_it_is_used(made: RpcSsl) -> None:
    assert RpcSettings(address="127.0.0.1:2", ssl=made).key_store is None
    assert RpcSettings(address="127.0.0.1:2", use_ssl=True, ssl=made).key_store == made


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("useSsl = true", "useSsl needs a table ssl"),
        (
            '[rpcUsers]\npassword = "s3cret"',
            "expected a list of { username, password, permissions }",
        ),
        ('useSsl = "yes"', "rpcSettings.useSsl: expected true or false"),
        ('ssl = { keyStorePath = "x" }', "rpcSettings.ssl.keyStorePassword: missing"),
        (
            'ssl = { keyStorePath = "x", keyStorePasword = "s3cret" }',
            "did you mean 'keyStorePassword'",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, lines: str, problem: str) -> None:
    (tmp_path / "node.toml").write_text(BASE + lines)
    with pytest.raises(ConfigurationException) as raised:
        load_config(tmp_path)
    assert problem in str(raised.value)
    assert "s3cret" not in str(raised.value)
