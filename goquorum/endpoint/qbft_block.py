"""Blocks and proofs of a QBFT chain, as JSON-RPC shows them and as light clients take them.

Each node stores the seals that it saw, in no order; a light client wants them in the order of the
validators, and the header without them (goquorum 1.4, solidity_stack 5.3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corda_sim.core.errors import DecodeError, SignatureException
from corda_sim.ibc.errors import ErrInvalidHeader
from corda_sim.ibc.lightclients.ethereum.rlp_items import (
    bytes_of,
    decode_item,
    decode_list,
    encode_item,
    uint_item,
)
from corda_sim.ibc.lightclients.ethereum.signatures import recover_address
from corda_sim.ibc.lightclients.qbft.header import QbftHeader, parse_header
from goquorum.errors import GoQuorumError

_BYTES = ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot")
_COUNTS = ("difficulty", "number", "gasLimit", "gasUsed", "timestamp")
_SEALS = 4


class BlockRefused(GoQuorumError):
    """An endpoint showed a block that is no QBFT block, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """A block's header without its seals, what it says, and the seals as they are stored."""

    header_rlp: bytes
    header: QbftHeader
    stored_seals: tuple[bytes, ...]

    def signers(self) -> frozenset[bytes]:
        """The validators that have sealed, by their addresses. Raises BlockRefused."""
        signers = frozenset(map(self.signer, self.stored_seals))
        return signers & frozenset(self.header.validators)

    def seals(self) -> tuple[bytes, ...]:
        """The seals in the order of the validators, empty for one that didn't seal.

        Raises:
            BlockRefused: a seal is no validator's, or one has sealed twice.
        """
        by_signer = {self.signer(seal): seal for seal in self.stored_seals}
        if len(self.signers()) != len(self.stored_seals):
            raise BlockRefused(f"block {self.header.number} has a seal too many")
        return tuple(by_signer.get(one, b"") for one in self.header.validators)

    def signer(self, seal: bytes) -> bytes:
        """The address that made a seal. Raises BlockRefused."""
        try:
            return recover_address(self.header.commit_hash, seal)
        except SignatureException as error:
            raise BlockRefused(f"block {self.header.number} has a bad seal: {error}") from error


def read_block(found: Mapping[str, Any]) -> SealedBlock:
    """A block of `eth_getBlockByNumber`. Raises BlockRefused."""
    try:
        return _read(found)
    except (KeyError, ValueError, TypeError, DecodeError, ErrInvalidHeader) as error:
        raise BlockRefused(f"no block of QBFT: {error}") from error


def _read(found: Mapping[str, Any]) -> SealedBlock:
    extra = decode_list(_data(found["extraData"]))
    stored = extra[_SEALS] if len(extra) > _SEALS else b""
    if isinstance(stored, bytes):
        raise BlockRefused("extraData has no seals")
    plain = encode_item([*extra[:_SEALS], []])
    head = [*(_data(found[name]) for name in _BYTES), _data(found["logsBloom"])]
    counts = [uint_item(int(found[name], 16)) for name in _COUNTS]
    last = [plain, _data(found["mixHash"]), _data(found["nonce"])]
    header_rlp = encode_item([*head, *counts, *last])
    header = parse_header(header_rlp)
    if header.block_hash != _data(found["hash"]):
        raise BlockRefused(f"block {header.number} doesn't hash to {found['hash']}")
    return SealedBlock(header_rlp, header, tuple(bytes_of(seal) for seal in stored))


def proof_list(nodes: Sequence[str]) -> bytes:
    """The nodes of an `eth_getProof`, root first, as the one RLP list that light clients take."""
    return encode_item([decode_item(_data(node)) for node in nodes])


def _data(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
