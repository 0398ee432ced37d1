"""Verifying in two parts: look-ups, which need a node's services, and checks, which don't."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from corda_sim.core.contracts.loader import ContractLoader
from corda_sim.core.errors import CordaError
from corda_sim.core.transactions.resolution import (
    ResolvedTransaction,
    check_parameters_order,
    resolve,
)
from corda_sim.core.transactions.services import ServicesForResolution
from corda_sim.core.transactions.verification import verify_resolved

if TYPE_CHECKING:
    from corda_sim.core.transactions.signed import SignedTransaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PreparedVerification:
    """A transaction with all that is looked up to verify it.

    ``run`` asks no service for anything, so it may run on another thread than they do. What a
    look-up didn't find is raised by it, in Corda's order of the checks.
    """

    transaction: "SignedTransaction"
    check_sufficient_signatures: bool
    loader: ContractLoader
    misordered: CordaError | None
    resolved: ResolvedTransaction | CordaError

    @property
    def size(self) -> int:
        """Bytes of the transaction and of the states that it consumes or refers to."""
        own = len(self.transaction.tx_bits)
        if isinstance(self.resolved, CordaError):
            return own
        states = (*self.resolved.inputs, *self.resolved.references)
        return own + sum(len(state.component) for state in states)

    def run(self) -> None:
        """Check everything. Raises: as ``SignedTransaction.verify``."""
        if self.misordered is not None:
            raise self.misordered
        self.transaction.check_signatures(self.check_sufficient_signatures)
        if isinstance(self.resolved, CordaError):
            raise self.resolved
        verify_resolved(self.resolved, self.loader)


def prepare_verification(
    transaction: "SignedTransaction",
    services: ServicesForResolution,
    check_sufficient_signatures: bool = True,
) -> PreparedVerification:
    """Look up what verifying ``transaction`` needs; what fails is kept for ``run``."""
    return PreparedVerification(
        transaction,
        check_sufficient_signatures,
        services.contract_loader,
        _attempt(lambda: check_parameters_order(transaction.tx, services)),
        _attempt(lambda: resolve(transaction.tx, services)),
    )


def _attempt(look_up: Callable[[], T]) -> T | CordaError:
    try:
        return look_up()
    except CordaError as error:
        return error
