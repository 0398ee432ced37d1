"""Minting tickets by hand; packets that find none mint on their own."""

from corda_sim.core.contracts import StateRef
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from corda_sim.ibc.any import pack
from flows.ibc.building import BridgeTransactionFlow, Submitted
from states.ibc import MsgMintTickets


@startable_by_rpc
@flow_name("corda_sim.ibc.MintTicketsFlow")
class MintTicketsFlow(FlowLogic[Submitted]):
    """Make the next tickets of a channel, to send and to receive packets with.

    Raises: as BridgeTransactionFlow.
    """

    def __init__(
        self,
        port: str,
        channel: str,
        sends: int = 0,
        receives: int = 0,
        base_id: StateRef | None = None,
    ) -> None:
        self.message = pack(MsgMintTickets(port, channel, sends, receives))
        self.base_id = base_id

    async def call(self) -> Submitted:
        """What became of it."""
        return await self.sub_flow(BridgeTransactionFlow((self.message,), self.base_id))
