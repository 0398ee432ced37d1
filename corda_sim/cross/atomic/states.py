"""The states of transactions in the store."""

from corda_sim.cross import paths
from corda_sim.cross.atomic.types import ContractTransactionState, CoordinatorState
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.ibc.store import Store


def coordinator_state(store: Store, tx_id: bytes) -> CoordinatorState | None:
    """A transaction that this chain coordinates, once it runs."""
    found = store.get(paths.coordinator(tx_id))
    return None if found is None else CoordinatorState.decode_strict(found)


def own_call(store: Store, tx_id: bytes) -> ContractTransactionState | None:
    """The coordinator's own call in it."""
    return _call(store, paths.own_call(tx_id))


def served_call(
    store: Store, channel: ChannelInfo, tx_id: bytes
) -> ContractTransactionState | None:
    """A call that came by ``channel`` from another coordinator."""
    return _call(store, paths.served_call(channel, tx_id))


def _call(store: Store, path: str) -> ContractTransactionState | None:
    found = store.get(path)
    return None if found is None else ContractTransactionState.decode_strict(found)
