"""A flow whose row no database takes."""

from corda_sim.flow import FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp


@flow_name("corda_sim.sim.PoisonFlow")
class PoisonFlow(FlowLogic[None]):
    """Stages a row that breaks its step."""

    async def call(self) -> None:
        """Break it."""
        self.execute("INSERT INTO node_properties (property_key) VALUES (NULL)")


POISON_APP = CordApp("corda-sim-poison", (PoisonFlow,))
