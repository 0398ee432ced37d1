import pytest
import rlp
from trie import HexaryTrie

from corda_sim.core.errors import DecodeError, SignatureException
from corda_sim.ibc.errors import ErrInvalidProof
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.merkle_patricia import EMPTY_ROOT, prove
from corda_sim.ibc.lightclients.ethereum.rlp_items import (
    bytes_of,
    decode_item,
    decode_list,
    encode_item,
    split_list,
    uint_of,
)
from corda_sim.ibc.lightclients.ethereum.signatures import address_of, recover_address, sign_digest

SECRET = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_keccak_isnt_sha3() -> None:
    assert keccak256(b"").hex() == (
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    )
    assert keccak256(b"\x01").hex().startswith("5fe7f977")
    assert keccak256((1).to_bytes(8, "big")).hex().startswith("6c31fc15")


def test_address_of_a_well_known_key() -> None:
    assert address_of(SECRET).hex() == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"


def test_recover_address() -> None:
    digest = keccak256(b"message")
    signature = sign_digest(SECRET, digest)
    assert len(signature) == 65
    assert signature == sign_digest(SECRET, digest)
    assert recover_address(digest, signature) == address_of(SECRET)
    assert recover_address(keccak256(b"another"), signature) != address_of(SECRET)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s[:64],
        lambda s: s + b"\0",
        lambda s: s[:64] + bytes((s[64] + 27,)),
        lambda s: b"\xff" * 32 + s[32:],
        lambda s: bytes(32) + s[32:],
        lambda s: s[:32] + bytes(32) + s[64:],
        lambda s: (
            s[:32]
            + (ORDER - int.from_bytes(s[32:64], "big")).to_bytes(32, "big")
            + bytes((1 - s[64],))
        ),
    ],
)
def test_signatures_that_are_refused(change: object) -> None:
    digest = keccak256(b"message")
    with pytest.raises(SignatureException):
        recover_address(digest, change(sign_digest(SECRET, digest)))  # type: ignore[operator]


# --- RLP ---


@pytest.mark.parametrize("item", [b"", b"\0", b"a" * 100, [], [b"a", [b"b", []]], [b"x" * 60]])
def test_rlp_round_trip(item: list[object] | bytes) -> None:
    assert decode_item(encode_item(item)) == item  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    ["", "8100", "b800", "b90000", "c10000", "c2", "f800", "8201", "8000", "f9ffff"],
)
def test_rlp_that_is_refused(data: str) -> None:
    with pytest.raises(DecodeError):
        decode_item(bytes.fromhex(data))
    with pytest.raises(DecodeError):
        split_list(bytes.fromhex(data))


def test_rlp_too_deep_or_too_long() -> None:
    with pytest.raises(DecodeError):
        decode_item(b"\xc1" * 100_000)
    with pytest.raises(DecodeError):
        decode_item(bytes(2**20 + 1))


def test_split_list_keeps_items_as_they_are() -> None:
    items: list[object] = [[b"a", b"b" * 60], b"x", [], b""]
    assert split_list(rlp.encode(items)) == [rlp.encode(one) for one in items]
    with pytest.raises(DecodeError):
        split_list(b"\x83abc")
    with pytest.raises(DecodeError):
        split_list(rlp.encode(items) + b"\0")
    with pytest.raises(DecodeError):
        split_list(b"\xc2\x83\x01")


def test_rlp_kinds() -> None:
    with pytest.raises(DecodeError):
        decode_list(b"\x80")
    with pytest.raises(DecodeError):
        bytes_of([])
    with pytest.raises(DecodeError):
        bytes_of(b"abc", 4)
    assert uint_of(b"\1\0", 2) == 256
    assert uint_of(b"", 2) == 0
    for bad in (b"\0", b"\1\1\1"):
        with pytest.raises(DecodeError):
            uint_of(bad, 2)


# --- tries ---


def tree(count: int) -> HexaryTrie:
    made = HexaryTrie({})
    for number in range(count):
        made[keccak256(b"%d" % number)] = rlp.encode(b"value %d" % number)
    return made


def proof_of(made: HexaryTrie, key: bytes) -> list[object]:
    return list(made.get_proof(keccak256(key)))


@pytest.mark.parametrize("count", [1, 2, 17, 300])
def test_presence_and_absence(count: int) -> None:
    made = tree(count)
    for number in range(0, count, max(1, count // 7)):
        key = b"%d" % number
        found = prove(made.root_hash, key, rlp.encode(proof_of(made, key)))
        assert found == rlp.encode(b"value %d" % number)
    for number in range(count, count + 20):
        key = b"%d" % number
        assert prove(made.root_hash, key, rlp.encode(proof_of(made, key))) is None


def test_empty_trie_has_nothing() -> None:
    assert HexaryTrie({}).root_hash == EMPTY_ROOT
    assert prove(EMPTY_ROOT, b"x", rlp.encode([])) is None
    with pytest.raises(ErrInvalidProof):
        prove(EMPTY_ROOT, b"x", rlp.encode([[b"a", b"b"]]))


def test_proofs_that_are_refused() -> None:
    made = tree(300)
    nodes = proof_of(made, b"7")
    root = made.root_hash
    for wrong in (
        nodes[:-1],
        nodes[1:],
        [*nodes, nodes[-1]],
        [*nodes[:-1], [b"\x20", b"forged"]],
        [],
        proof_of(tree(299), b"7"),
    ):
        with pytest.raises(ErrInvalidProof):
            prove(root, b"7", rlp.encode(wrong))
    for junk in (b"", b"\x80", rlp.encode(nodes)[:-1]):
        with pytest.raises(ErrInvalidProof):
            prove(root, b"7", junk)


def test_a_proof_of_one_key_says_nothing_of_another() -> None:
    made = tree(300)
    data = rlp.encode(proof_of(made, b"7"))
    for number in range(8, 40):
        with pytest.raises(ErrInvalidProof):
            prove(made.root_hash, b"%d" % number, data)


@pytest.mark.parametrize(
    "node",
    [
        [b"", b"value"],
        [b"\x45", b"value"],
        [b"\x01", b"value"],
        [b"a", b"b", b"c"],
        [],
        [b"\x00", b"too short for a hash"],
        [[b"\x20"], b"value"],
    ],
)
def test_malformed_nodes(node: list[object]) -> None:
    raw = rlp.encode(node)
    with pytest.raises(ErrInvalidProof):
        prove(keccak256(raw), b"x", rlp.encode([node]))


def test_path_that_ends_in_a_branch() -> None:
    key = keccak256(b"x")
    branch = rlp.encode([b"\1" * 32] * 16 + [b"value"])
    extension = rlp.encode([b"\0" + key, keccak256(branch)])
    data = rlp.encode([rlp.decode(extension), rlp.decode(branch)])
    with pytest.raises(ErrInvalidProof):
        prove(keccak256(extension), b"x", data)


def test_nodes_inside_their_parents() -> None:
    # short values keep leaves below 32 bytes, so that they are part of the branch
    key = keccak256(b"x")
    tail = bytes((0x30 | key[-1] & 15,))
    inline = [tail, b"v"]
    path = [nibble for byte in key for nibble in (byte >> 4, byte & 15)]
    branch: list[object] = [b""] * 17
    branch[path[62]] = inline
    shared = bytes((0x00,)) + key[:31]
    raw_branch = rlp.encode(branch)
    extension = rlp.encode([shared, keccak256(raw_branch)])
    data = rlp.encode([rlp.decode(extension), rlp.decode(raw_branch)])
    assert prove(keccak256(extension), b"x", data) == b"v"
