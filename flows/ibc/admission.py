"""Admitting clients on this node: the mirror of the list that the owner keeps on GoQuorum."""

from typing import Any

from corda_sim.core.contracts import StateRef
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.instants import micros_of
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from corda_sim.ibc.host import paths
from flows.ibc.admitted import ClientNotAdmitted
from flows.ibc.service import bridge_service

_ADMIT = (
    "INSERT INTO bridge_admitted_clients (base_id, client_id, admitted_at) "
    "VALUES (:base_id, :client_id, :admitted_at) ON CONFLICT (base_id, client_id) DO NOTHING"
)
_REVOKE = "DELETE FROM bridge_admitted_clients WHERE base_id = :base_id AND client_id = :client_id"


@startable_by_rpc
@flow_name("corda_sim.ibc.AdmitClientFlow")
class AdmitClientFlow(FlowLogic[str]):
    """Take channels over this client from now on; what it follows never changes.

    Raises: BridgeHostUnknown; IllegalArgumentError for a client that isn't there, or that nothing
    has activated yet: whoever does so chooses the chain.
    """

    def __init__(self, client_id: str, base_id: StateRef | None = None) -> None:
        self.client_id = client_id
        self.base_id = base_id

    async def call(self) -> str:
        """The client."""
        base_id = _base_id(self, self.base_id)
        _require_active(self, base_id, self.client_id)
        admitted_at = micros_of(self.service_hub.now())
        row = {"base_id": str(base_id), "client_id": self.client_id}
        self.execute(_ADMIT, **row, admitted_at=admitted_at)
        return self.client_id


@startable_by_rpc
@flow_name("corda_sim.ibc.RevokeClientFlow")
class RevokeClientFlow(FlowLogic[str]):
    """Lock nothing over this client any more; what is locked already is released as ever.

    Raises: BridgeHostUnknown, ClientNotAdmitted.
    """

    def __init__(self, client_id: str, base_id: StateRef | None = None) -> None:
        self.client_id = client_id
        self.base_id = base_id

    async def call(self) -> str:
        """The client."""
        base_id = _base_id(self, self.base_id)
        if self.client_id not in _admitted(self, base_id):
            raise ClientNotAdmitted(f"{self.client_id} isn't admitted on this node")
        self.execute(_REVOKE, base_id=str(base_id), client_id=self.client_id)
        return self.client_id


def _base_id(flow: FlowLogic[Any], base_id: StateRef | None) -> StateRef:
    def look_up() -> bytes:
        return serialize(bridge_service(flow).index.host(base_id).host.state.data.base_id)

    return deserialize(flow.context.record("bridge-host", look_up), StateRef)


def _admitted(flow: FlowLogic[Any], base_id: StateRef) -> tuple[str, ...]:
    def look_up() -> bytes:
        return serialize(bridge_service(flow).admitted(base_id))

    return deserialize(flow.context.record("bridge-admitted", look_up), tuple[str, ...])


def _require_active(flow: FlowLogic[Any], base_id: StateRef, client_id: str) -> None:
    def look_up() -> bytes:
        heights = bridge_service(flow).index.host(base_id).numbered
        return serialize(bool(heights.get(paths.consensus_states(client_id))))

    if not deserialize(flow.context.record("bridge-client", look_up), bool):
        raise IllegalArgumentError(f"{client_id} is no activated client of host {base_id}")
