import os
from pathlib import Path
from uuid import UUID

import pytest

from corda_sim.core.crypto.crypto import generate_key_pair, verify
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.write_batch import InsertIgnore, Row, WriteBatch
from corda_sim.node.cert_errors import KeyStoreException
from corda_sim.node.fresh_keys import FRESH_ROOT_FILE, DerivationPath, FreshKeyRoot
from corda_sim.node.identity_service import IdentityService
from corda_sim.node.keys import (
    KeyDerivationException,
    KeyManagementService,
    UnknownKeyException,
)

ROOT = FreshKeyRoot(bytes(range(32)))
PAIR = generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, b"i" * 32)
ALICE = Party(CordaX500Name.parse("O=Alice, L=London, C=GB"), PAIR.public)
ACCOUNT = UUID("11111111-2222-3333-4444-555555555555")
OTHER = UUID("99999999-2222-3333-4444-555555555555")


def service(root: FreshKeyRoot = ROOT) -> KeyManagementService:
    return KeyManagementService(ALICE, [PAIR], root, IdentityService())


def rows(batch: WriteBatch, table: str) -> list[Row]:
    return [op.row for op in batch.ops if isinstance(op, InsertIgnore) and op.table == table]


def test_derivation_never_changes() -> None:
    """A change here loses the keys of every node that exists."""
    own = ROOT.derive(DerivationPath(None, 0)).public_key().public_bytes_raw().hex()
    accounts = ROOT.derive(DerivationPath(ACCOUNT, 1)).public_key().public_bytes_raw().hex()
    assert own == "2fa3152219153c0b2598ce1eeb05e695dea2dd94e108b74b8e53d0684a2bc625"
    assert accounts == "e93aa014adf300cecf092b0b7e253d85b6c65e011affb5fc2db5a7e98b81ad13"


def test_fresh_keys_differ_and_sign() -> None:
    keys, batch = service(), WriteBatch()
    made = [keys.fresh_key(batch, who) for who in (None, None, ACCOUNT, ACCOUNT, OTHER)]
    assert len(set(made)) == 5
    for key in made:
        assert keys.is_our_key(key)
        verify(key, keys.sign(b"data", key), b"data")
    assert [keys.external_id(key) for key in made] == [None, None, ACCOUNT, ACCOUNT, OTHER]


def test_a_fresh_key_stages_its_rows_but_no_secret() -> None:
    keys, batch = service(), WriteBatch()
    key = keys.fresh_key(batch, ACCOUNT)
    short = key.to_string_short()
    assert rows(batch, "node_our_key_pairs") == [
        {
            "public_key_hash": short,
            "public_key": key.encoded,
            "private_key": b"derived",
            "scheme_code_name": "EDDSA_ED25519_SHA512",
            "derivation_account": str(ACCOUNT),
            "derivation_counter": 0,
        }
    ]
    assert rows(batch, "pk_hash_to_ext_id_map") == [
        {"public_key_hash": short, "external_id": str(ACCOUNT)}
    ]
    assert rows(batch, "node_identities_no_cert")[0]["name"] == "O=Alice, L=London, C=GB"
    assert rows(batch, "node_hash_to_key")[0]["public_key"] == key.encoded


def test_after_a_restart_keys_sign_and_counters_go_on() -> None:
    keys, batch = service(), WriteBatch()
    old = [keys.fresh_key(batch, ACCOUNT) for _ in range(3)]
    again = service()
    again.load(rows(batch, "node_our_key_pairs"))
    verify(old[0], again.sign(b"x", old[0]), b"x")
    assert again.fresh_key(WriteBatch(), ACCOUNT) not in old


def test_anothers_root_is_noticed_at_start() -> None:
    keys, batch = service(), WriteBatch()
    keys.fresh_key(batch)
    with pytest.raises(KeyDerivationException):
        service(FreshKeyRoot(bytes(32))).load(rows(batch, "node_our_key_pairs"))


def test_unknown_keys_dont_sign() -> None:
    stranger = generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, b"s" * 32).public
    keys = service()
    assert not keys.is_our_key(stranger)
    assert keys.filter_my_keys([stranger, PAIR.public]) == [PAIR.public]
    with pytest.raises(UnknownKeyException):
        keys.sign(b"x", stranger)


def test_the_identity_key_signs_transactions() -> None:
    keys = service()
    tx_id = SecureHash.sha256(b"tx")
    keys.sign_transaction_id(tx_id, PAIR.public).verify(tx_id)


def test_a_restored_node_finds_keys_made_after_the_backup() -> None:
    keys, batch = service(), WriteBatch()
    backup = WriteBatch()
    keys.fresh_key(backup, ACCOUNT)
    lost = [keys.fresh_key(batch, ACCOUNT) for _ in range(12)]
    own = keys.fresh_key(batch)
    stranger = generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, b"s" * 32).public
    restored, staged = service(), WriteBatch()
    restored.load(rows(backup, "node_our_key_pairs"))
    seen: set[PublicKey] = {lost[4], lost[11], own, stranger}
    found = restored.derive_ahead(seen, [ACCOUNT], 8, staged)
    assert {item.key for item in found} == {lost[4], lost[11], own}
    assert all(restored.is_our_key(key) for key in lost)
    assert len(rows(staged, "node_our_key_pairs")) == 13
    assert restored.fresh_key(WriteBatch(), ACCOUNT) == keys.fresh_key(WriteBatch(), ACCOUNT)


def test_the_window_bounds_the_search() -> None:
    keys = service()
    lost = [keys.fresh_key(WriteBatch()) for _ in range(9)]
    assert service().derive_ahead([lost[8]], [], 8, WriteBatch()) == []
    assert len(service().derive_ahead([lost[8]], [], 9, WriteBatch())) == 1


def test_the_root_is_sealed(tmp_path: Path) -> None:
    file = tmp_path / FRESH_ROOT_FILE
    ROOT.store(file, "secret", os.urandom)
    assert file.stat().st_mode & 0o777 == 0o600
    assert ROOT.secret not in file.read_bytes()
    assert ROOT.secret.hex().encode() not in file.read_bytes()
    assert FreshKeyRoot.load(file, "secret") == ROOT
    assert "secret" not in repr(ROOT)
    with pytest.raises(KeyStoreException, match="password"):
        FreshKeyRoot.load(file, "wrong")
    file.write_bytes(b"[]")
    with pytest.raises(KeyStoreException, match="damaged"):
        FreshKeyRoot.load(file, "secret")
    with pytest.raises(KeyStoreException):
        FreshKeyRoot.load(tmp_path / "none", "secret")
