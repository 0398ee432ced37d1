"""Blocks as JSON-RPC shows them, read for a light client."""

from typing import Any

import pytest
import rlp

from corda_sim.core.errors import DecodeError
from goquorum.endpoint.qbft_block import BlockRefused, proof_list, read_block
from goquorum.quick.sealer import SealFault
from goquorum.quick.views import block_view
from tests.unit.goquorum.quick.evm import evm_block, sealer


def shown(fault: SealFault | None = None) -> dict[str, Any]:
    """Block 1 of four validators."""
    by = sealer()
    if fault is not None:
        by.spoil(fault)
    return block_view(evm_block(1), by.seal(evm_block(1), by.genesis(evm_block(0))))


def test_seals_are_put_in_the_validators_order() -> None:
    block = read_block(shown())
    seals = block.seals()
    assert len(seals) == 4
    assert seals.count(b"") == 1
    assert set(seals) - {b""} == set(block.stored_seals)
    order = [block.signer(seal) for seal in seals if seal]
    assert order == sorted(order)
    assert block.signers() == frozenset(order)


def test_the_header_is_without_seals() -> None:
    block = read_block(shown())
    extra = rlp.decode(rlp.decode(block.header_rlp)[12])
    assert extra[4] == []
    assert block.header.number == 1


@pytest.mark.parametrize("fault", [SealFault.DOUBLED, SealFault.FOREIGN])
def test_a_seal_too_many_is_refused(fault: SealFault) -> None:
    block = read_block(shown(fault))
    assert len(block.signers()) == 2
    with pytest.raises(BlockRefused, match="block 1 has a seal too many"):
        block.seals()


def test_a_seal_that_nobody_can_have_made_is_refused() -> None:
    found = shown()
    extra = rlp.decode(bytes.fromhex(found["extraData"][2:]))
    extra[4][0] = b"\xff" * 64 + b"\0"
    found["extraData"] = "0x" + rlp.encode(extra).hex()
    with pytest.raises(BlockRefused, match="bad seal"):
        read_block(found).seals()


@pytest.mark.parametrize(
    "change",
    [
        {"hash": "0x" + "11" * 32},
        {"stateRoot": "0x" + "11" * 32},
        {"mixHash": "0x" + "11" * 32},
        {"extraData": "0x"},
        {"extraData": "0xc0"},
        {"extraData": "0xc58080808080"},
        {"number": "x"},
        {"timestamp": None},
        {"logsBloom": "0xzz"},
    ],
)
def test_blocks_that_contradict_themselves(change: dict[str, Any]) -> None:
    with pytest.raises(BlockRefused):
        read_block(shown() | change)


@pytest.mark.parametrize("missing", ["hash", "miner", "extraData", "nonce"])
def test_blocks_with_a_field_missing(missing: str) -> None:
    found = shown()
    del found[missing]
    with pytest.raises(BlockRefused, match="no block of QBFT"):
        read_block(found)


def test_nodes_of_a_proof_become_one_list() -> None:
    nodes = [[b"\x20", b"value"], [b"\x01" * 32] * 17]
    found = proof_list(["0x" + rlp.encode(node).hex() for node in nodes])
    assert rlp.decode(found) == nodes
    assert proof_list([]) == b"\xc0"
    with pytest.raises(DecodeError):
        proof_list(["0xff"])
