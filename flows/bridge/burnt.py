"""Which states a bridge has lost to transactions that its validators never signed: pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from corda_sim.core.contracts import StateAndRef, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import serializable
from corda_sim.flow.notary.spendings import Spending
from states.cash import CashLock
from states.ibc import BridgeState, Host


@serializable("corda_sim.bridge.BurntState")
@dataclass(frozen=True, slots=True)
class BurntState:
    """A state that is consumed at the notary by a transaction that too few validators signed.

    ``what`` names it: ``host``, ``lock`` and the cross-chain transaction, or where in the host it
    stands. ``requester`` is the X.500 name of who had the transaction notarised, by his signature
    where that is ``proven``, else by the notary's word.
    """

    ref: StateRef
    what: str
    transaction: SecureHash
    requester: str
    proven: bool


def host_of(state: Any) -> StateRef:  # noqa: ANN401 - any of a bridge's states
    """The base id of the host that a bridge state or a lock belongs to."""
    base: StateRef = state.base if isinstance(state, CashLock) else state.base_id
    return base


def unsigned(
    spendings: Iterable[Spending],
    signed: Collection[Collection[SecureHash]],
    threshold: int,
) -> tuple[Spending, ...]:
    """Those that fewer than ``threshold`` validators signed; ``signed`` has an entry for each."""
    return tuple(
        one
        for one in spendings
        if sum(one.transaction_id in by_one for by_one in signed) < threshold
    )


def burnt(
    held: Iterable[StateAndRef[Any]], spendings: Iterable[Spending], proven: Collection[SecureHash]
) -> tuple[BurntState, ...]:
    """The states held that the spendings consume; ``proven`` are transactions."""
    consumers = {ref: one for one in spendings for ref in one.states}
    return tuple(
        BurntState(
            one.ref,
            _named(one.state.data),
            spending.transaction_id,
            spending.requester,
            spending.transaction_id in proven,
        )
        for one in held
        if (spending := consumers.get(one.ref)) is not None
    )


def _named(state: Host | BridgeState | CashLock) -> str:
    match state:
        case CashLock():
            return f"lock {state.tx_id.hex()}"
        case BridgeState():
            return state.key
        case _:
            return "host"
