"""Which clients this node's operator has admitted, and so takes channels over.

Any party of a host may make clients, of a chain of its own as well: a genuine enclave verifies
whatever chain it is given. What comes over a channel is worth what the client under it follows.
"""

from typing import ClassVar

from corda_sim.core.contracts import StateRef
from corda_sim.flow import FlowException
from corda_sim.flow.services import NodeServices
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.host import paths
from flows.database import Rows
from flows.ibc.index import HostStates

_ADMITTED = (
    "SELECT client_id FROM bridge_admitted_clients WHERE base_id = :base_id ORDER BY client_id"
)


class ClientNotAdmitted(FlowException):
    """A channel over a client that this node's operator hasn't admitted.

    It decides nothing: the same message is taken once the client is admitted.
    """

    wire_name: ClassVar[str] = "corda_sim.ibc.ClientNotAdmitted"


def admitted_clients(rows: Rows, base_id: StateRef) -> tuple[str, ...]:
    """The rows of `bridge_admitted_clients` for a host."""
    return tuple(row.client_id for row in rows(_ADMITTED, base_id=str(base_id)))


def client_of(services: NodeServices, states: HostStates, end: Channel) -> str:
    """The client under a channel."""
    value = states.value(services, paths.connection(end.connection_hops[0]))
    return ConnectionEnd.decode_strict(value).client_id
