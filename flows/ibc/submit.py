"""Delivering messages to the bridge, as relayers do by RPC."""

from corda_sim.core.contracts import StateRef
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from flows.ibc.building import BridgeTransactionFlow, Submitted


@startable_by_rpc
@flow_name("corda_sim.ibc.IbcSubmitFlow")
class IbcSubmitFlow(FlowLogic[Submitted]):
    """Deliver messages, each the bytes of its Any, in one transaction.

    Raises: as BridgeTransactionFlow.
    """

    def __init__(self, messages: tuple[bytes, ...], base_id: StateRef | None = None) -> None:
        self.messages = messages
        self.base_id = base_id

    async def call(self) -> Submitted:
        """What became of them."""
        return await self.sub_flow(BridgeTransactionFlow(self.messages, self.base_id))
