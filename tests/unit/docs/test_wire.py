"""docs/wire.md is complete, and a peer written from it is understood.

What the peer sends is made from the document with another MessagePack writer, never by the codec.
"""

import os
import re
import struct
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from corda_sim.core.crypto.crypto import decode_public_key, generate_key_pair, load_private_key
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.network import NetworkParameters, NodeInfo, SignedNetworkParameters
from corda_sim.core.serialization import INSTALLED, PLATFORM, deserialize, serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.messages import (
    DataSessionMessage,
    ExistingSessionMessage,
    InitialSessionMessage,
    decode,
)
from corda_sim.node.certificates import DevelopmentHierarchy
from corda_sim.node.identity_service import IdentityService
from corda_sim.node.messaging.pack import decode_pack, key_hash, verify_pack
from corda_sim.node.network_map import NetworkMapCache
from corda_sim.node.network_parameters import read_network_parameters
from corda_sim.node.node_infos import ADDITIONAL_NODE_INFOS

DOCUMENT = (Path(__file__).parents[3] / "docs" / "wire.md").read_text(encoding="utf-8")
MAGIC = bytes.fromhex("63 73 69 6D 01 00")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


# --- the document ---------------------------------------------------------------------------------


def documented() -> list[str]:
    """The wire names in the first column of the document's tables."""
    cells = re.findall(r"^\| ((?:`[\w.]+`(?:, )?)+) \|", DOCUMENT, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(corda(?:_sim)?\.[\w.]+)`", cell)]


def test_every_type_of_the_platform_is_documented() -> None:
    of_rpc = ("corda_sim.core.vault_query", "corda_sim.node.vault.recorder")
    codecs = [PLATFORM.by_name(name) for name in PLATFORM.names()]
    wanted = {
        one.name for one in codecs if one is not None and not one.cls.__module__.startswith(of_rpc)
    }
    assert wanted - set(documented()) == set()


def test_every_documented_type_exists() -> None:
    import flows.accounts  # noqa: PLC0415 - registers its types
    import flows.cash  # noqa: PLC0415
    import flows.identity_swap  # noqa: F401, PLC0415

    names = documented()
    assert len(names) == len(set(names)) > 50
    assert [name for name in names if INSTALLED.by_name(name) is None] == []


def test_the_example_is_an_object_in_canonical_form() -> None:
    lines = re.findall(r"^ +((?:[0-9A-F]{2} )+) *(?:magic|ext|array|\")", DOCUMENT, re.MULTILINE)
    blob = bytes.fromhex("".join(lines))
    assert blob == MAGIC + ext(msgspec.msgpack.encode(["test.Thing", "a"]))


# --- a peer written from it -----------------------------------------------------------------------


def ext(content: bytes) -> bytes:
    size = len(content)
    if size in (1, 2, 4, 8, 16):
        return bytes([0xD4 + (1, 2, 4, 8, 16).index(size), 1]) + content
    for head, form, limit in ((0xC7, ">B", 1 << 8), (0xC8, ">H", 1 << 16), (0xC9, ">I", 1 << 32)):
        if size < limit:
            return bytes([head]) + struct.pack(form, size) + b"\x01" + content
    raise AssertionError(size)


def array(*values: bytes) -> bytes:
    count = len(values)
    head = bytes([0x90 + count]) if count < 16 else b"\xdc" + struct.pack(">H", count)
    return head + b"".join(values)


def plain(value: object) -> bytes:
    return msgspec.msgpack.encode(value)


def obj(name: str, *fields: bytes) -> bytes:
    return ext(array(plain(name), *fields))


def blob(value: bytes) -> bytes:
    return MAGIC + value


def hash_of(data: bytes) -> bytes:
    return obj("corda.SecureHash", plain(sha256(data).digest()))


class Peer:
    """Alice, who has read the document."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key = key
        self.spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.name = "O=Alice, L=London, C=GB"

    @property
    def party(self) -> bytes:
        name = obj("corda.X500Name", plain("Alice"), plain("London"), plain("GB"))
        return obj("corda.Party", name, obj("corda.PublicKey", plain(self.spki)))

    def pack(self, network: bytes, recipient: bytes, *messages: tuple[str, bool, bytes]) -> bytes:
        raw = plain(
            [
                network,
                self.name,
                sha256(self.spki).digest(),
                sha256(recipient).digest(),
                1_700_000_000_000_000_000,
                messages,
            ]
        )
        return plain([raw, self.key.sign(b"corda-sim/pack/1\x00" + raw)])


@pytest.fixture
def peer() -> Peer:
    return Peer(Ed25519PrivateKey.from_private_bytes(b"a" * 32))


class OneParty:
    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def key_of(self, x500: str) -> object:
        return decode_public_key(self.peer.spki) if x500 == self.peer.name else None


def test_a_pack_of_session_messages(peer: Peer) -> None:
    bob = generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, b"b" * 32).public
    payload = blob(obj("corda.UUID", plain(bytes(range(16)))))
    init = plain(["I", 7, 11, "corda.Some", 1, "app", 1_700_000_000_000_000_000, payload])
    data = plain(["X", 9, 1, ["D", payload]])
    sent = peer.pack(
        b"n" * 32, bob.encoded, ("N-R-7-11-0-0", True, init), ("N-R-7-11-1-0", False, data)
    )
    signed, pack = decode_pack(sent, 10_000)
    verify_pack(signed, pack, b"n" * 32, frozenset({key_hash(bob)}), OneParty(peer))  # type: ignore[arg-type]
    first, second = map(decode, pack.messages)
    assert first == InitialSessionMessage(
        7, 11, "corda.Some", 1, "app", 1_700_000_000_000_000_000, payload
    )
    assert second == ExistingSessionMessage(9, 1, DataSessionMessage(payload))
    assert str(deserialize(payload, object)) == "00010203-0405-0607-0809-0a0b0c0d0e0f"


def test_a_node_info_and_network_parameters(tmp_path: Path) -> None:
    hierarchy = DevelopmentHierarchy.create(NOW, os.urandom)
    entry = hierarchy.node(CordaX500Name.parse("O=Alice, L=London, C=GB"), NOW).identity
    assert isinstance(entry.key, Ed25519PrivateKey)
    alice = Peer(entry.key)
    signed_parameters(tmp_path, hierarchy, alice)
    parameters = read_network_parameters(tmp_path, hierarchy.trust_root, NOW).verified()
    assert parameters.notaries[0].identity.name.organisation == "Alice"
    inner = blob(
        obj(
            "corda.NodeInfo",
            array(plain("alice.example:10002")),
            array(alice.party),
            array(*(plain(der) for der in reversed(entry.path))),
            plain(12),
            plain(1_700_000_000_000),
            plain(""),
            plain("tls://alice.example:10002"),
        )
    )
    outer = blob(obj("corda.SignedNodeInfo", plain(inner), array(plain(alice.key.sign(inner)))))
    folder = tmp_path / ADDITIONAL_NODE_INFOS
    folder.mkdir()
    (folder / f"nodeInfo-{sha256(inner).hexdigest().upper()}").write_bytes(outer)
    known = NetworkMapCache(
        tmp_path, hierarchy.trust_root, parameters, IdentityService(), lambda: NOW
    )
    change = known.poll(WriteBatch())
    assert change.rejected == []
    assert [type(one) for one in change.added] == [NodeInfo]
    address = known.address_of(
        Party(CordaX500Name.parse(alice.name), decode_public_key(alice.spki))
    )
    assert address is not None
    assert address.endpoint == "tls://alice.example:10002"


def signed_parameters(node_dir: Path, hierarchy: DevelopmentHierarchy, notary: Peer) -> None:
    signer = load_private_key(hierarchy.parameters.pkcs8).private.native
    assert isinstance(signer, Ed25519PrivateKey)
    modified = obj("corda.Instant", plain(1_700_000_000_000_000))
    inner = blob(
        obj(
            "corda.NetworkParameters",
            plain(4),
            array(obj("corda.NotaryInfo", notary.party, plain(True))),
            plain(10_485_760),
            plain(10_485_760),
            modified,
            plain(1),
        )
    )
    key = signer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    outer = blob(
        obj(
            "corda.SignedNetworkParameters",
            plain(inner),
            obj("corda.PublicKey", plain(key)),
            plain(signer.sign(inner)),
            array(*(plain(der) for der in reversed(hierarchy.parameters.path))),
        )
    )
    (node_dir / "network-parameters").write_bytes(outer)
    read = deserialize(outer, SignedNetworkParameters)
    assert bytes(read.hash) == sha256(inner).digest()
    assert isinstance(read.verified(), NetworkParameters)


def test_a_signed_transaction(peer: Peer) -> None:
    components = {
        1: [b"an output of a type that is nobody's"],
        2: [b"a command"],
        4: [blob(peer.party)],
        6: [blob(array(obj("corda.PublicKey", plain(peer.spki))))],
        8: [blob(hash_of(b"parameters"))],
    }
    salt = b"s" * 32
    groups = [
        obj("corda.ComponentGroup", plain(index), array(*map(plain, parts)))
        for index, parts in components.items()
    ]
    wire = blob(obj("corda.WireTransaction", array(*groups), plain(salt)))
    metadata = obj("corda.SignatureMetadata", plain(12), plain(4))
    signature = obj(
        "corda.TransactionSignature",
        plain(b"x" * 64),
        obj("corda.PublicKey", plain(peer.spki)),
        metadata,
    )
    outer = blob(obj("corda.SignedTransaction", plain(wire), array(signature)))
    read = deserialize(outer, SignedTransaction)
    assert bytes(read.id) == transaction_id(components, salt)
    assert serialize(read) == outer


def transaction_id(components: dict[int, list[bytes]], salt: bytes) -> bytes:
    def h(data: bytes) -> bytes:
        return sha256(data).digest()

    def merkle(leaves: list[bytes]) -> bytes:
        while len(leaves) & (len(leaves) - 1):
            leaves = [*leaves, bytes(32)]
        while len(leaves) > 1:
            leaves = [h(leaves[n] + leaves[n + 1]) for n in range(0, len(leaves), 2)]
        return leaves[0]

    def leaf(group: int, index: int, component: bytes) -> bytes:
        nonce = h(h(salt + struct.pack(">ii", group, index)))
        nonce = h(h(nonce + component))
        return h(h(nonce + component))

    roots = [
        merkle([leaf(g, i, part) for i, part in enumerate(components[g])])
        if g in components
        else b"\xff" * 32
        for g in range(max(components) + 1)
    ]
    return merkle(roots)
