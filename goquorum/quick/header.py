"""QBFT headers as GoQuorum v22.4.0 writes them: 15 fields, and extraData of five items.

The block's hash is taken with round 0 and no seals; validators seal the hash that keeps the round.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.rlp_items import Item, encode_item, uint_item
from corda_sim.ibc.lightclients.qbft.header import QBFT_MIX_HASH
from goquorum.quick.validators import Vote

VANITY: Final = b"corda-sim quick (simulated)".ljust(32, b"\0")
"""Where GoQuorum has its build: nobody shall take the chain for a real one."""

NO_UNCLES: Final = keccak256(encode_item([]))
NONCE: Final = bytes(8)
DIFFICULTY: Final = 1


@dataclass(frozen=True, slots=True)
class Extra:
    """The five items; ``validators`` ascend and are those who seal this very block."""

    validators: tuple[bytes, ...]
    vote: Vote | None = None
    round: int = 0
    seals: tuple[bytes, ...] = ()
    vanity: bytes = VANITY

    def encode(self) -> bytes:
        """As RLP."""
        vote = [] if self.vote is None else self.vote.item()
        items: list[Item] = [self.vanity, list(self.validators), vote]
        return encode_item([*items, uint_item(self.round), list(self.seals)])


@dataclass(frozen=True, slots=True)
class Header:
    """A header; ``timestamp`` is in seconds."""

    parent_hash: bytes
    miner: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra: Extra

    def encode(self) -> bytes:
        """As RLP, with the round and the seals that it has."""
        roots = [self.state_root, self.transactions_root, self.receipts_root, self.logs_bloom]
        counts = (DIFFICULTY, self.number, self.gas_limit, self.gas_used, self.timestamp)
        head: list[Item] = [
            self.parent_hash,
            NO_UNCLES,
            self.miner,
            *roots,
            *map(uint_item, counts),
        ]
        return encode_item([*head, self.extra.encode(), QBFT_MIX_HASH, NONCE])

    def block_hash(self) -> bytes:
        """What names the block, whatever round it was sealed in and whoever sealed it."""
        return keccak256(self._with(replace(self.extra, round=0, seals=())).encode())

    def seal_hash(self) -> bytes:
        """What validators sign."""
        return keccak256(self._with(replace(self.extra, seals=())).encode())

    def sealed(self, seals: tuple[bytes, ...]) -> "Header":
        """The same block with these seals, 65 bytes each."""
        return self._with(replace(self.extra, seals=seals))

    def _with(self, extra: Extra) -> "Header":
        return replace(self, extra=extra)


def header_over(block: Mapping[str, Any], parent_hash: bytes, miner: bytes, extra: Extra) -> Header:
    """The header over what an EVM executed, given as JSON-RPC shows it."""
    return Header(
        parent_hash=parent_hash,
        miner=miner,
        state_root=bytes.fromhex(block["stateRoot"][2:]),
        transactions_root=bytes.fromhex(block["transactionsRoot"][2:]),
        receipts_root=bytes.fromhex(block["receiptsRoot"][2:]),
        logs_bloom=bytes.fromhex(block["logsBloom"][2:]),
        number=int(block["number"], 16),
        gas_limit=int(block["gasLimit"], 16),
        gas_used=int(block["gasUsed"], 16),
        timestamp=int(block["timestamp"], 16),
        extra=extra,
    )
