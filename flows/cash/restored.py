"""Which burnt locks are on the ledger again: what their successors' transactions say."""

from collections.abc import Iterator

from corda_sim.core.contracts import StateAndRef, StateRef
from corda_sim.core.serialization import deserialize
from corda_sim.core.vault_query import (
    LinearStateQueryCriteria,
    Page,
    StateStatus,
    state_types,
)
from corda_sim.flow.services import NodeServices
from states.cash import CashLock, Restore


def locks_of(
    services: NodeServices, tx_id: bytes, status: StateStatus = StateStatus.UNCONSUMED
) -> tuple[StateAndRef[CashLock], ...]:
    """The locks of a cross-chain transaction in this node's vault."""
    criteria = LinearStateQueryCriteria(
        status=status,
        external_ids=(tx_id.hex(),),
        contract_state_types=state_types(CashLock),
    )
    page = deserialize(services.vault.query(criteria), Page)
    return tuple(map(services.state_and_ref, page.refs))


def restored_locks(services: NodeServices, tx_id: bytes) -> frozenset[StateRef]:
    """Those of a transaction's locks in whose place this node has another.

    The vault shows them as unspent for ever: no transaction on the ledger consumes them.
    """
    return frozenset(_restored(services, tx_id))


def _restored(services: NodeServices, tx_id: bytes) -> Iterator[StateRef]:
    for lock in locks_of(services, tx_id, StateStatus.ALL):
        origin = services.load_verified(lock.ref.txhash)
        if origin is not None:
            values = (command.value for command in origin.commands)
            yield from (value.burnt for value in values if isinstance(value, Restore))
