"""Starting a DvP from its terms, at the buyer's node."""

from dataclasses import dataclass

from corda_sim.core.serialization import serializable
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from corda_sim.ibc.any import pack
from flows.cross.messages import CrossMessageFlow
from flows.dvp.check import check_terms
from flows.dvp.terms import Terms, TermsRefused


@serializable("corda_sim.dvp.StartedDvp")
@dataclass(frozen=True, slots=True)
class StartedDvp:
    """A DvP that waits for the seller: the cross-chain transaction, and Corda's that began it."""

    tx_id: str
    transaction: str
    height: int


@startable_by_rpc
@flow_name("corda_sim.dvp.DvpStartFlow")
class DvpStartFlow(FlowLogic[StartedDvp]):
    """Initiate the transaction that the terms stand for, signed by the buyer.

    Nothing is locked before the seller has signed on GoQuorum.
    Raises: as `check_terms`, TermsRefused also for a buyer of another node, and as
    CrossMessageFlow: ErrTxExists when it was started before.
    """

    def __init__(self, terms: str) -> None:
        self.terms = terms

    async def call(self) -> StartedDvp:
        """The transaction, waiting for the seller."""
        terms = Terms.parse(self.terms)
        if terms.buyer.host.party != self.our_identity:
            raise TermsRefused(f"the buyer's node is {terms.buyer.host.name}")
        check_terms(self, terms)
        message = CrossMessageFlow(pack(terms.message), terms.bridge.base_id)
        submitted = await self.sub_flow(message)
        return StartedDvp(terms.tx_id.hex(), submitted.transaction, submitted.height)
