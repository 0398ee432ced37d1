"""The simulated validators: one process that holds all their keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import sign_digest
from goquorum.quick.header import Extra, Header, header_over
from goquorum.quick.validators import NOBODY, ValidatorKeys, Vote, proposer, quorum

_FOREIGN_KEY: Final = 1 << 32


class SealFault(StrEnum):
    """What may be wrong with the seals of a block, for tests."""

    FEW = "few"
    DOUBLED = "doubled"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is asked of the next block alone."""

    round: int = 0
    fault: SealFault | None = None


class Sealer:
    """Seals one chain's blocks in their order."""

    def __init__(self, keys: ValidatorKeys, validators: int) -> None:
        self._keys = keys
        self._secrets: dict[bytes, bytes] = {}
        self._plan = _Plan()
        self._candidate: Vote | None = None
        self._voters = set[bytes]()
        self.validators: tuple[bytes, ...] = ()
        self.replace_validators(range(validators))

    def replace_validators(self, numbers: Sequence[int]) -> None:
        """Another set from the next block on, without a vote: what no honest network does."""
        self.validators = tuple(sorted(map(self._learn, numbers)))
        self._candidate = None

    def vote(self, number: int, *, add: bool) -> None:
        """Let each coming proposer vote once, until more than half of the set have."""
        self._candidate = Vote(self._learn(number), add)
        self._voters = set()

    def use_round(self, number: int) -> None:
        """Seal the next block in a later round, as when proposers before were silent."""
        self._plan = replace(self._plan, round=number)

    def spoil(self, fault: SealFault) -> None:
        """Seal the next block wrongly."""
        self._plan = replace(self._plan, fault=fault)

    def genesis(self, block: Mapping[str, Any]) -> Header:
        """Block 0, which nobody mined or sealed."""
        return header_over(block, bytes(32), NOBODY, Extra(self.validators))

    def seal(self, block: Mapping[str, Any], parent: Header) -> Header:
        """The sealed header of the next block, over what the EVM executed."""
        plan, self._plan = self._plan, _Plan()
        miner = proposer(self.validators, parent.miner, plan.round)
        extra = Extra(self.validators, self._vote_of(miner), plan.round)
        header = header_over(block, parent.block_hash(), miner, extra)
        sealed = header.sealed(self._seals(header.seal_hash(), plan.fault))
        self._count(extra.vote, miner)
        return sealed

    def _learn(self, number: int) -> bytes:
        address = self._keys.address(number)
        self._secrets[address] = self._keys.secret(number)
        return address

    def _vote_of(self, miner: bytes) -> Vote | None:
        return None if miner in self._voters else self._candidate

    def _count(self, vote: Vote | None, miner: bytes) -> None:
        if vote is None:
            return
        self._voters.add(miner)
        if 2 * len(self._voters) > len(self.validators):
            self.validators = vote.applied(self.validators)
            self._candidate = None

    def _seals(self, digest: bytes, fault: SealFault | None) -> tuple[bytes, ...]:
        secrets = [self._secrets[one] for one in seal_order(self.validators, digest)]
        match fault:
            case SealFault.FEW:
                secrets = secrets[:-1]
            case SealFault.DOUBLED:
                secrets = [*secrets[:-1], secrets[0]]
            case SealFault.FOREIGN:
                secrets = [*secrets[:-1], self._keys.secret(_FOREIGN_KEY)]
            case None:
                pass
        return tuple(sign_digest(secret, digest) for secret in secrets)


def seal_order(validators: Sequence[bytes], digest: bytes) -> list[bytes]:
    """Who seals, and in which order the seals are stored: a quorum, never in the set's order.

    GoQuorum keeps them in the order of a Go map, which is none.
    """
    mixed = sorted(validators, key=lambda one: keccak256(digest + one))
    chosen = mixed[: quorum(len(validators))]
    return chosen[::-1] if chosen == sorted(chosen) else chosen
