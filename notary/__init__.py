"""The notary service: a CorDapp of the nodes that are notaries."""

from corda_sim.flow.cordapp import CordApp
from notary.flows import NotaryServiceFlow
from notary.hosting import notary_service

cordapp = CordApp(
    name="corda-sim-notary",
    flows=(NotaryServiceFlow,),
    migrations=("notary",),
    services=(notary_service,),
)
"""What the entry point names."""
