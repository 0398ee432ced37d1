"""Transactions: wire, signed, filtered, resolved, and their builder."""

from corda_sim.core.transactions.builder import TransactionBuilder
from corda_sim.core.transactions.component_groups import ComponentGroup, ComponentGroupEnum
from corda_sim.core.transactions.filtered import FilteredComponentGroup, FilteredTransaction
from corda_sim.core.transactions.filtering import NetworkParametersHash, ReferenceStateRef
from corda_sim.core.transactions.ids import explain_transaction_id
from corda_sim.core.transactions.ledger import InOutGroup, LedgerTransaction
from corda_sim.core.transactions.services import ServicesForResolution
from corda_sim.core.transactions.signed import SignedTransaction
from corda_sim.core.transactions.wire import WireTransaction

__all__ = [
    "ComponentGroup",
    "ComponentGroupEnum",
    "FilteredComponentGroup",
    "FilteredTransaction",
    "InOutGroup",
    "LedgerTransaction",
    "NetworkParametersHash",
    "ReferenceStateRef",
    "ServicesForResolution",
    "SignedTransaction",
    "TransactionBuilder",
    "WireTransaction",
    "explain_transaction_id",
]
