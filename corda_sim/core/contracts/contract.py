"""Contracts: pure functions that judge a transaction."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from corda_sim.core.errors import IllegalArgumentError

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction


class Contract(ABC):
    """The rules of one kind of state (net.corda.core.contracts.Contract).

    ``contract_name`` is the wire name, a string literal in the class body so that it can be read
    from an archive without running it; transactions carry it, never a module path.
    """

    contract_name: ClassVar[str]
    no_constraint_propagation: ClassVar[bool] = False

    @abstractmethod
    def verify(self, tx: "LedgerTransaction") -> None:
        """Return when the transaction is valid for this contract; raise otherwise."""


def require_that(requirement: str, condition: bool) -> None:
    """Raise IllegalArgumentError("Failed requirement: …") unless ``condition`` holds."""
    if not condition:
        raise IllegalArgumentError(f"Failed requirement: {requirement}")
