"""The rules of accounts (com.r3.corda.lib.accounts.contracts.AccountInfoContract)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from corda_sim.core.contracts import (
    Contract,
    TypeOnlyCommandData,
    require_single_command,
    require_that,
)
from corda_sim.core.serialization import serializable
from states.accounts.state import AccountInfo

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction


@serializable("corda_sim.accounts.Create")
@dataclass(frozen=True, eq=False)
class Create(TypeOnlyCommandData):
    """Create one account; signed by its host alone."""


class AccountInfoContract(Contract):
    """An account is created once by its host and never changes."""

    contract_name: ClassVar[str] = "corda_sim.accounts.AccountInfoContract"

    def verify(self, tx: "LedgerTransaction") -> None:
        """Judge the creation of one account.

        Raises: IllegalArgumentError for a broken rule, IllegalStateError without the command.
        """
        create = require_single_command(tx.commands, Create)
        require_that("there are no inputs", not tx.inputs)
        require_that("there is exactly one output", len(tx.outputs) == 1)
        account = tx.outputs[0].data
        if not isinstance(account, AccountInfo):
            require_that("the output is an account", condition=False)
            return
        require_that("the host alone signs", frozenset(create.signers) == {account.host.owning_key})
