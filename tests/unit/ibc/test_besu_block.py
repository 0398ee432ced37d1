"""Block 7528 of a Besu network with four validators, sealed in round 1 (besu-qbft-elc's tests)."""

import rlp

from corda_sim.ibc.lightclients.ethereum.merkle_patricia import EMPTY_ROOT
from corda_sim.ibc.lightclients.ethereum.signatures import recover_address
from corda_sim.ibc.lightclients.qbft.header import QBFT_MIX_HASH, parse_header

PARENT = "0af93e70b1c6d3974a88a42eb70bb61adbd523bfac0c83027ba4637c52746a0f"
UNCLES = "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
STATE_ROOT = "166ed98eea93ab2b6f6b1a425526994adc2d675bf9a0d77d600ed1e02d8f77df"
VALIDATORS = (
    "647bfdd19655e51e69d35454ff3a92f8828e6302",
    "a5c8416b9d13417b45b45ada76408f39d1e504ef",
    "b92e91f4dcc9d28503be521afa2a8fbf3c1acf60",
    "ee3353e587cfa91625a1adaef308a726de3803d3",
)
SEALS = (
    (
        "bc7633fd65570f610a595086e9a34e5bf6aacfb67b8f8cd01852e6b285147f04"
        "6a50577b49378b86723ac9b456ef59ef7ab57cda7139d807f10f58e8cb10c67600"
    ),
    (
        "ad1defc2b0b4a48158cff24778bb5ba4d9f373c171022ab0a42e37bdb0d40257"
        "18434d303a8d94df56ef9ad5219be9f27b2f67179a7fb82d3323dde29546f9f701"
    ),
    (
        "e233d3670dd97c715f72b440eeb1ccb1e22c8c23f6ab470c46c99c2d0ee6509f"
        "0341a42e0e4569782557e93c3815e8ca4294043595f69a90f73f135de8ecf41e00"
    ),
)
COMMIT_HASH = "75ea184f58cd3f0ef89032a069df01f07ec524ef3a85cf6d3e424d62130c0a32"
NUMBER, TIME, ROUND = 7528, 1_715_495_307, 1


def header() -> bytes:
    miner = bytes.fromhex(VALIDATORS[3])
    extra = rlp.encode([bytes(32), list(map(bytes.fromhex, VALIDATORS)), [], ROUND, []])
    roots = [bytes.fromhex(STATE_ROOT), EMPTY_ROOT, EMPTY_ROOT]
    head = [bytes.fromhex(PARENT), bytes.fromhex(UNCLES), miner, *roots, bytes(256)]
    return bytes(rlp.encode([*head, 1, NUMBER, 0x47B760, 0, TIME, extra, QBFT_MIX_HASH, bytes(8)]))


def test_fields_and_commit_hash() -> None:
    found = parse_header(header())
    assert (found.number, found.timestamp, found.round) == (NUMBER, TIME, ROUND)
    assert found.state_root.hex() == STATE_ROOT
    assert tuple(one.hex() for one in found.validators) == VALIDATORS
    assert found.commit_hash.hex() == COMMIT_HASH
    assert found.block_hash != found.commit_hash


def test_seals_are_three_validators() -> None:
    found = parse_header(header())
    signers = {recover_address(found.commit_hash, bytes.fromhex(seal)) for seal in SEALS}
    assert len(signers) == 3
    assert signers < set(found.validators)
