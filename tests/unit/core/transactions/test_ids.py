import json
import os
from pathlib import Path

import pytest

from corda_sim.core.crypto.hashes import ALL_ONES_HASH, SecureHash, sha256d
from corda_sim.core.crypto.merkle import MerkleTree
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.transactions.ids import (
    component_hash,
    compute_nonce,
    explain_transaction_id,
    group_hashes,
)

VECTORS = Path(os.environ.get("CORDA_SIM_VECTORS", "../shared/vectors")) / "corda"

# genuine signed transactions of Corda, notarised cash issues: leaves by group, and the id
CASH_ISSUE = (
    {
        1: "A64D742A8DFC3C7BF4C60E20D0509713A2B24CB73B567C64B867C6D9E8A743CD",
        2: "C9C460DA9634D33ECC6F6F90631B764221FD7AC567FEB0116189A616653A2CC5",
        3: "8C1E24CB1FB987769918D46402C2F42C48055715C47F1D0DA94DCB54F3F5CC9B",
        4: "CE3404603083AA8D98CF64B7096F456086863FE779975EFEBA5CC99B854DD25C",
        6: "8916F6A50C824C144EBE60AEDB241876A15FD59EDA48C366730B654E24205C86",
    },
    "8476F686B4E12DDB34C6F451CDCC67DFDDE12CA1F0437690CBA56A8E01A74468",
)
NODE_TRANSACTION = (
    {
        1: "4BC6BEB58E438BF2B218938C8FADA5F3AB19CAA01F70EC40A94E55851FFBA9B6",
        2: "EBA8D0479CA0132285079CF0C7F67087D7E9182AEA1D30D946F40D348C73F223",
        3: "339B2672ED5B084B05EAF11B86C32E3B60F24F1B8059456A2B5EF88D9F534111",
        4: "31FBC5297FACCA20AA7FC943742F7DF754208D009CCBA8F7ACF91A4A16F1AF6E",
        6: "F5212C266F64A3A55F2BDADD90218AA25F3F04813B550D6F3CFCB9D71F81D572",
    },
    "6B30C517FF6229B2E984909F12569CA890F97143E204558079EB68AE92B96F23",
)


@pytest.mark.parametrize(("leaves", "tx_id"), [CASH_ISSUE, NODE_TRANSACTION])
def test_ids_of_genuine_transactions_from_their_leaves(leaves: dict[int, str], tx_id: str) -> None:
    roots = {g: MerkleTree.build([SecureHash.parse(leaf)]).root for g, leaf in leaves.items()}
    hashes = group_hashes(roots)
    assert hashes[0] == hashes[5] == ALL_ONES_HASH
    assert str(MerkleTree.build(hashes).root) == tx_id


@pytest.mark.parametrize("name", ["cash-stx-db.json", "node-transaction.json"])
def test_genuine_transactions_from_their_components(name: str) -> None:
    file = VECTORS / name
    if not file.exists():
        pytest.skip(f"{file} is not there; set CORDA_SIM_VECTORS")
    vector = json.loads(file.read_text())
    groups = {
        one["group"]: [bytes.fromhex(c["component"]) for c in one["components"]]
        for one in vector["component_groups"]
    }
    explained = explain_transaction_id(groups, bytes.fromhex(vector["privacy_salt"]))
    for got, expected in zip(explained.groups, vector["component_groups"], strict=True):
        parts = expected["components"]
        assert [str(one) for one in got.computed_nonces] == [p["computed_nonce"] for p in parts]
        assert [str(one) for one in got.nonces] == [p["leaf_nonce"] for p in parts]
        assert [str(one) for one in got.leaves] == [p["leaf"] for p in parts]
        assert str(got.root) == expected["root"]
    assert str(explained.id) == vector["id"]


def test_the_nonce_hides_its_component_as_well() -> None:
    salt, component = b"\x01" * 32, b"component"
    plain = sha256d(salt + bytes([0, 0, 0, 2, 0, 0, 0, 0]))
    assert compute_nonce(salt, 2, 0) == plain
    explained = explain_transaction_id({2: [component]}, salt).groups[0]
    nonce = sha256d(plain + component)
    assert explained.nonces == (nonce,)
    assert explained.leaves == (component_hash(nonce, component),) == (sha256d(nonce + component),)
    assert explained.root == explained.leaves[0]


@pytest.mark.parametrize("salt", [b"", b"\x01" * 31, b"\x01" * 33, bytes(32)])
def test_salts_that_are_refused(salt: bytes) -> None:
    with pytest.raises(IllegalArgumentError):
        explain_transaction_id({0: [b"x"]}, salt)


def test_groups_that_are_refused() -> None:
    bad: list[dict[int, list[bytes]]] = [{}, {0: []}, {-1: [b"x"]}]
    for groups in bad:
        with pytest.raises(IllegalArgumentError):
            explain_transaction_id(groups, b"\x01" * 32)
