"""States, commands, contracts, constraints and amounts (net.corda.core.contracts)."""

from corda_sim.core.contracts.amount import (
    Amount,
    Currency,
    Issued,
    sum_or_none,
    sum_or_throw,
    sum_or_zero,
)
from corda_sim.core.contracts.commands import (
    Command,
    CommandData,
    CommandWithParties,
    TypeOnlyCommandData,
    require_single_command,
    select_commands,
)
from corda_sim.core.contracts.constraints import (
    AttachmentConstraint,
    AutomaticPlaceholderConstraint,
    SignatureAttachmentConstraint,
)
from corda_sim.core.contracts.contract import Contract, require_that
from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.contracts.states import (
    CommandAndState,
    ContractState,
    FungibleAsset,
    FungibleState,
    LinearState,
    MappedSchema,
    OwnableState,
    QueryableState,
    StateAndRef,
    TransactionState,
    UniqueIdentifier,
)
from corda_sim.core.contracts.time_window import TimeWindow

__all__ = [
    "Amount",
    "AttachmentConstraint",
    "AutomaticPlaceholderConstraint",
    "Command",
    "CommandAndState",
    "CommandData",
    "CommandWithParties",
    "Contract",
    "ContractState",
    "Currency",
    "FungibleAsset",
    "FungibleState",
    "Issued",
    "LinearState",
    "MappedSchema",
    "OwnableState",
    "QueryableState",
    "SignatureAttachmentConstraint",
    "StateAndRef",
    "StateRef",
    "TimeWindow",
    "TransactionState",
    "TypeOnlyCommandData",
    "UniqueIdentifier",
    "require_single_command",
    "require_that",
    "select_commands",
    "sum_or_none",
    "sum_or_throw",
    "sum_or_zero",
]
