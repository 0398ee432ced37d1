"""Block headers under QBFT (goquorum 1.1 to 1.3).

A header is 15 RLP fields (Besu adds more after London); the seals are inside ``extraData``, so that
two hashes are taken of it with the seals removed: the block's with round 0, and the one that
validators seal with the round it was sealed in.
"""

from dataclasses import dataclass
from itertools import pairwise

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.errors import ErrInvalidHeader
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.rlp_items import (
    Item,
    bytes_of,
    decode_list,
    encode_item,
    uint_of,
)
from corda_sim.ibc.lightclients.ethereum.signatures import ADDRESS_SIZE

_FIELDS = 15
_STATE_ROOT, _NUMBER, _TIME, _EXTRA, _MIX_HASH = 3, 8, 11, 12, 13
_VANITY, _VALIDATORS, _VOTE, _ROUND, _SEALS = range(5)
QBFT_MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""The end of "Istanbul practical byzantine fault tolerance": marks a block as QBFT's."""


@dataclass(frozen=True, slots=True)
class QbftHeader:
    """What a light client needs of a header; ``timestamp`` is in seconds."""

    number: int
    timestamp: int
    state_root: bytes
    validators: tuple[bytes, ...]
    round: int
    block_hash: bytes
    commit_hash: bytes


def parse_header(data: bytes) -> QbftHeader:
    """Read a header whose extraData has the round kept and the seals removed.

    Raises: ErrInvalidHeader.
    """
    try:
        return _parse(data)
    except DecodeError as error:
        raise ErrInvalidHeader(f"malformed header: {error}") from error


def _parse(data: bytes) -> QbftHeader:
    fields = decode_list(data)
    if len(fields) < _FIELDS or bytes_of(fields[_MIX_HASH]) != QBFT_MIX_HASH:
        raise ErrInvalidHeader("not the header of a QBFT block")
    extra = decode_list(bytes_of(fields[_EXTRA]))
    if len(extra) != _SEALS + 1 or extra[_SEALS] != []:
        raise ErrInvalidHeader("extraData must have five items, the last of them an empty list")
    bytes_of(extra[_VANITY], 32)
    at_round_0 = encode_item([*extra[:_ROUND], b"", []])
    return QbftHeader(
        uint_of(fields[_NUMBER], 8),
        uint_of(fields[_TIME], 8),
        bytes_of(fields[_STATE_ROOT], 32),
        _validators(extra[_VALIDATORS]),
        uint_of(extra[_ROUND], 4),
        keccak256(encode_item([*fields[:_EXTRA], at_round_0, *fields[_EXTRA + 1 :]])),
        keccak256(data),
    )


def _validators(item: Item) -> tuple[bytes, ...]:
    if isinstance(item, bytes):
        raise ErrInvalidHeader("the validators aren't a list")
    validators = tuple(bytes_of(one, ADDRESS_SIZE) for one in item)
    check_validators(validators)
    return validators


def check_validators(validators: tuple[bytes, ...]) -> None:
    """Raise ErrInvalidHeader unless there is one, and they ascend, so that each is there once."""
    if not validators or any(len(one) != ADDRESS_SIZE for one in validators):
        raise ErrInvalidHeader("no validators, or one that is no address")
    if any(one >= later for one, later in pairwise(validators)):
        raise ErrInvalidHeader("validators that don't ascend")
