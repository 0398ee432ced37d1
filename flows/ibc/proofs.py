"""Proofs: tear-offs of bridge transactions with the signatures of notary and validators."""

from typing import Any

from corda_sim.core.contracts import StateAndRef, StateRef, TimeWindow, TransactionState
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.services import NodeServices
from corda_sim.ibc.lightclients.corda.tear_off import make_tear_off
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.queries import ProvenHeader
from states.ibc import Host


def prove(services: NodeServices, host: StateAndRef[Host], ref: StateRef) -> ProvenHeader:
    """The tear-off that shows one output, with notary and time-window, and nothing else."""
    stx = load(services, ref)
    wanted = stx.tx.outputs[ref.index]

    def shown(part: object) -> bool:
        return isinstance(part, Party | TimeWindow) or (
            isinstance(part, TransactionState) and part == wanted
        )

    keys = {
        key
        for one in (host.state.notary, *host.state.data.validators)
        for key in one.owning_key.keys
    }
    signatures = [one for one in stx.sigs if one.by in keys]
    tear_off = make_tear_off(stx.tx.build_filtered_transaction(shown), signatures)
    return ProvenHeader(tear_off.encode(), height_of(stx))


def load(services: NodeServices, ref: StateRef) -> SignedTransaction:
    """The transaction that made a state of the vault."""
    found = services.load_verified(ref.txhash)
    if found is None:
        raise IllegalStateError(f"the vault has {ref}, but its transaction isn't there")
    return found


def known_output(services: NodeServices, ref: StateRef) -> TransactionState[Any] | None:
    """What ``ref`` names in a transaction that this node has verified; None where there is none."""
    origin = services.load_verified(ref.txhash)
    outputs = () if origin is None else origin.outputs[ref.index : ref.index + 1]
    return outputs[0] if outputs else None


def height_of(stx: SignedTransaction) -> int:
    """Milliseconds since 1970 at which the transaction's window starts, 0 without a window."""
    window = stx.time_window
    return 0 if window is None else Moment.of_window(window).height.revision_height
