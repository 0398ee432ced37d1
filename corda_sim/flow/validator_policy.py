"""What a validator's operator allows, and what its node remembers having signed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import serializable


@serializable("corda_sim.validator.SignedAway")
@dataclass(frozen=True, slots=True)
class SignedAway:
    """The validator signed `transaction_id`, which consumes `ref` before `until` or never."""

    ref: StateRef
    transaction_id: SecureHash
    until: datetime


class ValidatorPolicy(Protocol):
    """The validator's settings and log; the node provides it as a CorDapp service."""

    def allows(self, contract: str, command: str) -> bool:
        """Whether `validator.allow` lists this command (wire names) for this contract."""
        ...

    def signed_before(self, transactions: tuple[SecureHash, ...]) -> tuple[SecureHash, ...]:
        """Those of `transactions` that committed rows of `validator_log` have."""
        ...

    def signed_away(self, refs: tuple[StateRef, ...]) -> tuple[SignedAway, ...]:
        """Those of `refs` that committed rows of `validator_locks` hold, in any order."""
        ...
