"""Who seals a block: validator keys, quorum, the proposer's turn and votes (GoQuorum v22.4.0)."""

from collections.abc import Sequence
from dataclasses import dataclass

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.rlp_items import Item
from corda_sim.ibc.lightclients.ethereum.signatures import address_of

NOBODY = bytes(20)
"""The miner of block 0, who is no validator."""


class ValidatorKeys:
    """Keys numbered from 0: Keccak-256 of a secret seed and the number in eight bytes."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    def secret(self, number: int) -> bytes:
        """The private key of a validator, 32 bytes."""
        return keccak256(self._seed + number.to_bytes(8, "big"))

    def address(self, number: int) -> bytes:
        """The address of a validator, 20 bytes."""
        return address_of(self.secret(number))


@dataclass(frozen=True, slots=True)
class Vote:
    """A proposer's vote to add a validator, or else to drop one."""

    address: bytes
    add: bool

    def item(self) -> list[Item]:
        """As it stands in extraData; the type 0 of a drop is empty in RLP."""
        return [self.address, b"\xff" if self.add else b""]

    def applied(self, validators: Sequence[bytes]) -> tuple[bytes, ...]:
        """The set after the vote has won, ascending."""
        others = set(validators) - {self.address}
        return tuple(sorted(others | {self.address} if self.add else others))


def quorum(validators: int) -> int:
    """How many must seal: two thirds, rounded up (``ceil2Nby3Block`` 0)."""
    return -(-2 * validators // 3)


def proposer(validators: Sequence[bytes], last: bytes, at_round: int) -> bytes:
    """Whose turn it is, round robin after the miner of the parent (``validator/default.go``).

    A parent's miner that has been dropped since counts as the first of the set.
    """
    if last == NOBODY:
        return validators[at_round % len(validators)]
    place = validators.index(last) if last in validators else 0
    return validators[(place + at_round + 1) % len(validators)]
