"""What the handlers are told of the chain that they run on."""

from dataclasses import dataclass
from typing import Protocol

from corda_sim.cross.contract.module import ContractModule


class LocalSigners(Protocol):
    """Who has signed the ledger's transaction that carries the message."""

    def require_signed(self, account_id: bytes) -> None:
        """Raise ErrNotSigned unless the holder of this LOCAL account has signed."""


@dataclass(frozen=True, slots=True)
class Environment:
    """This chain's id, its contracts, and its notion of a signature."""

    chain_id: str
    contracts: ContractModule
    local: LocalSigners
