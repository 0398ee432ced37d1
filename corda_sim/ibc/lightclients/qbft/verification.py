"""Judging a header by a trusted state, and values by a header (solidity_stack 5.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from corda_sim.core.errors import DecodeError, SignatureException
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import ErrInvalidHeader, ErrInvalidProof
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.merkle_patricia import prove
from corda_sim.ibc.lightclients.ethereum.rlp_items import bytes_of, decode_list, encode_item
from corda_sim.ibc.lightclients.ethereum.signatures import recover_address
from corda_sim.ibc.lightclients.qbft.header import QbftHeader, parse_header
from corda_sim.ibc.lightclients.qbft.types import ConsensusState, Header

COMMITMENTS_SLOT = bytes.fromhex("1ee222554989dda120e26ecacf756fe1235cd8d726706b57517715dde4f0c900")
"""ERC-7201 slot of yui-ibc-solidity's ``ibc.commitment``."""
_ACCOUNT_FIELDS, _STORAGE_ROOT = 4, 2


@dataclass(frozen=True, slots=True)
class VerifiedHeader:
    """A height and what the client is to hold of it."""

    height: Height
    consensus_state: ConsensusState
    block_hash: bytes


def verify_header(header: Header, trusted: ConsensusState, store_address: bytes) -> VerifiedHeader:
    """Check seals and account proof; time and which state may be trusted are the caller's.

    At least two thirds of the block's own validators have sealed it, and more than a third of the
    trusted ones have. Raises: ErrInvalidHeader.
    """
    block = parse_header(header.besu_header_rlp)
    signers = _signers(block, header.seals)
    if 3 * len(signers) < 2 * len(block.validators):
        raise ErrInvalidHeader(
            f"{len(signers)} seals of {len(block.validators)} validators are not two thirds"
        )
    known = signers & set(trusted.validators)
    if 3 * len(known) <= len(trusted.validators):
        raise ErrInvalidHeader(
            f"{len(known)} of {len(trusted.validators)} trusted validators are no third"
        )
    if block.timestamp < trusted.timestamp:
        raise ErrInvalidHeader("a header from before the state that it is judged by")
    root = _storage_root(block.state_root, store_address, header.account_state_proof)
    state = ConsensusState(block.timestamp, root, block.validators)
    return VerifiedHeader(Height(0, block.number), state, block.block_hash)


def _signers(block: QbftHeader, seals: Sequence[bytes]) -> set[bytes]:
    if len(seals) != len(block.validators):
        raise ErrInvalidHeader(f"{len(seals)} seals for {len(block.validators)} validators")
    signers = set[bytes]()
    for validator, seal in zip(block.validators, seals, strict=True):
        if not seal:
            continue
        if _recover(block.commit_hash, seal) != validator:
            raise ErrInvalidHeader(f"a seal that isn't validator {validator.hex()}'s")
        signers.add(validator)
    return signers


def _recover(commit_hash: bytes, seal: bytes) -> bytes:
    try:
        return recover_address(commit_hash, seal)
    except SignatureException as error:
        raise ErrInvalidHeader(f"malformed seal: {error}") from error


def _storage_root(state_root: bytes, address: bytes, proof: bytes) -> bytes:
    try:
        account = prove(state_root, address, proof)
        if account is None:
            raise ErrInvalidHeader(f"no contract at {address.hex()}")
        fields = decode_list(account)
        if len(fields) != _ACCOUNT_FIELDS:
            raise ErrInvalidHeader("an account has four fields")
        return bytes_of(fields[_STORAGE_ROOT], 32)
    except (ErrInvalidProof, DecodeError) as error:
        raise ErrInvalidHeader(f"account proof: {error}") from error


def commitment_slot(path: str) -> bytes:
    """The storage slot of the handler's commitment of what is at ``path``."""
    return keccak256(keccak256(path.encode()) + COMMITMENTS_SLOT)


def verify_storage(root: bytes, path: str, proof: bytes, value: bytes | None) -> None:
    """Raise ErrInvalidProof unless the handler commits to ``value`` at ``path``, None for nothing.

    The handler stores the Keccak hash of a value; a deleted one is zero, which no trie holds.
    """
    found = prove(root, commitment_slot(path), proof)
    expected = None if value is None else encode_item(keccak256(value).lstrip(b"\0"))
    if found != expected:
        what = "nothing" if found is None else "another value"
        raise ErrInvalidProof(f"the contract holds {what} at {path}")
