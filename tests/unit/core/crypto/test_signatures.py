"""Signatures over transaction ids: the signable bytes, batches, and recorded transactions."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from corda_sim.core.crypto.crypto import (
    decode_public_key,
    derive_key_pair_from_entropy,
    generate_key_pair,
)
from corda_sim.core.crypto.hashes import ALL_ONES_HASH, SecureHash
from corda_sim.core.crypto.merkle import INCLUDED, LEAF, MerkleTree, PartialMerkleTree
from corda_sim.core.crypto.merkle import NODE as INNER
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import (
    SignableData,
    SignatureMetadata,
    TransactionSignature,
    batch_sign,
    sign_transaction_id,
)
from corda_sim.core.errors import IllegalArgumentError, MerkleTreeException, SignatureException

ED = SignatureScheme.EDDSA_ED25519_SHA512
PAIR = derive_key_pair_from_entropy(ED, 20)
IDS = [SecureHash.sha256(bytes([number])) for number in range(5)]
ED_PREFIX = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True)
class Recorded:
    """A transaction that a Corda node notarised: its leaves by group, id and notary signature."""

    leaves: dict[int, str]
    tx_id: str
    signable_sha256: str
    key: str
    signature: str

    @property
    def id(self) -> SecureHash:
        return SecureHash.parse(self.tx_id)

    def transaction_signature(self) -> TransactionSignature:
        key = decode_public_key(ED_PREFIX + bytes.fromhex(self.key))
        return TransactionSignature(bytes.fromhex(self.signature), key, SignatureMetadata(4, 4))


CASH = Recorded(
    {
        1: "A64D742A8DFC3C7BF4C60E20D0509713A2B24CB73B567C64B867C6D9E8A743CD",
        2: "C9C460DA9634D33ECC6F6F90631B764221FD7AC567FEB0116189A616653A2CC5",
        3: "8C1E24CB1FB987769918D46402C2F42C48055715C47F1D0DA94DCB54F3F5CC9B",
        4: "CE3404603083AA8D98CF64B7096F456086863FE779975EFEBA5CC99B854DD25C",
        6: "8916F6A50C824C144EBE60AEDB241876A15FD59EDA48C366730B654E24205C86",
    },
    "8476F686B4E12DDB34C6F451CDCC67DFDDE12CA1F0437690CBA56A8E01A74468",
    "65D100EDA1F3ACEB2154699FC7C6B7AF65ECB470E632F4055354699EAA39BDBA",
    "59BF2F149808A83C633CDF0F6232890B347133FE4949194B9B8C96BADEC09CBA",
    "74B6D1E0485981DC037193D92AA41D409D1EFE386DE2E1B0A5452BE21E4F4D34"
    "70A06C4164E6F12CAFCCF443756F8CCDD5CB25A05611EBD7E5A396CF0CE17C07",
)
NODE = Recorded(
    {
        1: "4BC6BEB58E438BF2B218938C8FADA5F3AB19CAA01F70EC40A94E55851FFBA9B6",
        2: "EBA8D0479CA0132285079CF0C7F67087D7E9182AEA1D30D946F40D348C73F223",
        3: "339B2672ED5B084B05EAF11B86C32E3B60F24F1B8059456A2B5EF88D9F534111",
        4: "31FBC5297FACCA20AA7FC943742F7DF754208D009CCBA8F7ACF91A4A16F1AF6E",
        6: "F5212C266F64A3A55F2BDADD90218AA25F3F04813B550D6F3CFCB9D71F81D572",
    },
    "6B30C517FF6229B2E984909F12569CA890F97143E204558079EB68AE92B96F23",
    "C42F421FF94968F0C84F1D7886B2EF5FEACC2922122B882015794CFAC8108CFA",
    "4EF05818368651E3C8F334192891AB55C5E368D5D8DE35EE5C0E969E3D524F10",
    "723B10AE7FD6062644352EA383E31D6AAD3F97DFE0E5E70AFA966D3EA21DEF57"
    "D796257206D5DB032C8A0FA2006518E3206482CD54F78235E360477FF4A07405",
)
recorded_transactions = pytest.mark.parametrize("recorded", [CASH, NODE], ids=["cash", "node"])


@recorded_transactions
def test_leaves_lead_to_the_id(recorded: Recorded) -> None:
    # Each of these groups has one component, whose leaf is the group's root.
    roots = [
        SecureHash.parse(recorded.leaves[group]) if group in recorded.leaves else ALL_ONES_HASH
        for group in range(max(recorded.leaves) + 1)
    ]
    assert MerkleTree.build(roots).root == recorded.id


@recorded_transactions
def test_signable_bytes(recorded: Recorded) -> None:
    data = SignableData(recorded.id, SignatureMetadata(4, 4)).serialize()
    assert len(data) == 999
    assert hashlib.sha256(data).hexdigest().upper() == recorded.signable_sha256


@recorded_transactions
def test_the_notary_signature_is_valid(recorded: Recorded) -> None:
    signature = recorded.transaction_signature()
    signature.verify(recorded.id)
    assert not signature.is_valid(recorded.id.re_hash())
    assert not replace(signature, metadata=SignatureMetadata(5, 4)).is_valid(recorded.id)
    assert not replace(signature, metadata=SignatureMetadata(4, 3)).is_valid(recorded.id)


@pytest.mark.parametrize("name", ["cash-stx-db.json", "node-transaction.json"])
def test_recorded_files(vectors: Path, name: str) -> None:
    record = json.loads((vectors / "corda" / name).read_text())
    tx_id = SecureHash.parse(record["id"])
    roots = {group["group"]: _group_root(group) for group in record["component_groups"]}
    top = [roots.get(group, ALL_ONES_HASH) for group in range(max(roots) + 1)]
    assert MerkleTree.build(top).root == tx_id
    for entry in record["signatures"]:
        key = decode_public_key(bytes.fromhex(entry["public_key_spki"]))
        assert key.to_string_short() == entry["key_short_string"]
        metadata = SignatureMetadata(entry["platform_version"], entry["scheme_id"])
        signable = SignableData(tx_id, metadata).serialize()
        assert signable == bytes.fromhex(entry["signable_data"])
        TransactionSignature(bytes.fromhex(entry["signature"]), key, metadata).verify(tx_id)


def test_recorded_signable_data_of_a_later_node(vectors: Path) -> None:
    data = (vectors / "corda" / "p2p" / "SignableData.bin").read_bytes()
    start = data.index(b"\xa0\x20") + 2
    tx_id = SecureHash(data[start : start + 32])
    assert SignableData(tx_id, SignatureMetadata(12, 4)).serialize() == data


@pytest.mark.parametrize(
    ("number", "form", "size"),
    [
        (0, "5400", 999),
        (127, "547F", 999),
        (-128, "5480", 999),
        (128, "7100000080", 1002),
        (-(2**31), "7180000000", 1002),
    ],
)
def test_other_platform_versions(number: int, form: str, size: int) -> None:
    data = SignableData(IDS[0], SignatureMetadata(number, 4)).serialize()
    assert bytes.fromhex(form) + b"\x54\x04" in data
    assert len(data) == size


def test_a_platform_version_that_is_no_int() -> None:
    metadata = SignatureMetadata(2**31, 4)
    with pytest.raises(IllegalArgumentError):
        SignableData(IDS[0], metadata).serialize()
    with pytest.raises(SignatureException):
        TransactionSignature(bytes(64), PAIR.public, metadata).verify(IDS[0])


@pytest.mark.parametrize(
    "scheme", [scheme for scheme in SignatureScheme if scheme is not SignatureScheme.COMPOSITE]
)
def test_every_scheme_signs_ids(scheme: SignatureScheme) -> None:
    pair = generate_key_pair(scheme, b"\x21" * 32)
    signature = sign_transaction_id(pair, IDS[0], 12)
    assert signature.metadata == SignatureMetadata(12, scheme)
    assert signature.by == pair.public
    signature.verify(IDS[0])
    assert not signature.is_valid(IDS[1])


def test_a_batch_of_one_signs_the_hash_of_the_id() -> None:
    (signature,) = batch_sign(PAIR, IDS[:1], 12).values()
    assert signature.partial_merkle_tree == PartialMerkleTree(bytes((INCLUDED,)), IDS[0].re_hash())
    plain = sign_transaction_id(PAIR, IDS[0].re_hash(), 12)
    assert signature.bytes_ == plain.bytes_
    signature.verify(IDS[0])


def test_a_batch_signs_the_root_of_the_hashed_ids() -> None:
    root = MerkleTree.build([tx_id.re_hash() for tx_id in IDS]).root
    expected = sign_transaction_id(PAIR, root, 12)
    assert {signature.bytes_ for signature in batch_sign(PAIR, IDS, 12).values()} == {
        expected.bytes_
    }


def test_an_id_given_twice_is_signed_once() -> None:
    assert batch_sign(PAIR, [*IDS, IDS[0]], 12) == batch_sign(PAIR, IDS, 12)


def test_an_empty_batch() -> None:
    with pytest.raises(MerkleTreeException):
        batch_sign(PAIR, [], 12)


def test_a_partial_tree_of_another_transaction_is_refused() -> None:
    signed = batch_sign(PAIR, IDS, 12)
    swapped = replace(signed[IDS[0]], partial_merkle_tree=signed[IDS[1]].partial_merkle_tree)
    with pytest.raises(SignatureException, match="not included"):
        swapped.verify(IDS[0])
    stripped = replace(signed[IDS[0]], partial_merkle_tree=None)
    assert not stripped.is_valid(IDS[0])


def test_a_hidden_leaf_proves_nothing() -> None:
    root = MerkleTree.build([tx_id.re_hash() for tx_id in IDS[:2]]).root
    signature = sign_transaction_id(PAIR, root, 12)
    hashes = IDS[0].re_hash() + IDS[1].re_hash()
    hidden = PartialMerkleTree(bytes((INNER, LEAF, INCLUDED)), hashes)
    signature = replace(signature, partial_merkle_tree=hidden)
    signature.verify(IDS[1])
    assert not signature.is_valid(IDS[0])


def test_equality_ignores_the_partial_tree() -> None:
    signed = batch_sign(PAIR, IDS, 12)
    assert signed[IDS[0]] == signed[IDS[1]]
    assert hash(signed[IDS[0]]) == hash(signed[IDS[1]])


def _group_root(group: dict[str, object]) -> SecureHash:
    components = group["components"]
    assert isinstance(components, list)
    leaves = []
    for entry in components:
        nonce, component = bytes.fromhex(entry["leaf_nonce"]), bytes.fromhex(entry["component"])
        leaf = SecureHash.sha256d(nonce + component)
        assert str(leaf) == entry["leaf"]
        leaves.append(leaf)
    root = MerkleTree.build(leaves).root
    assert str(root) == group["root"]
    return root
