"""What a DvP flow asks of the bridge's host on this node; every answer is journaled."""

from typing import Any

from corda_sim.core.contracts import StateRef
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow import FlowLogic
from flows.dvp.channels import CHANNEL_ENDS, bridge_of
from flows.dvp.terms import Bridge
from flows.ibc.service import bridge_service


def host_parties(flow: FlowLogic[Any], base_id: StateRef) -> tuple[Party, ...]:
    """Who holds the bridge's states. Raises: BridgeHostUnknown."""

    def look_up() -> bytes:
        return serialize(bridge_service(flow).index.host(base_id).host.state.data.parties)

    return deserialize(flow.context.record("bridge-parties", look_up), tuple[Party, ...])


def find_bridge(
    flow: FlowLogic[Any], base_id: StateRef | None, calls: str = "", auth: str = ""
) -> Bridge:
    """The host, the only one unless it is named, and its open channels of those names.

    Raises: BridgeHostUnknown, IllegalArgumentError when there isn't one open channel of each port.
    """

    def look_up() -> bytes:
        states = bridge_service(flow).index.host(base_id)
        services = flow.service_hub.services
        refs = [ref for key, ref in states.refs.items() if key.startswith(CHANNEL_ENDS)]
        values = (services.state_and_ref(ref).state.data.values for ref in refs)
        host = states.host.state.data
        ends = tuple(item for one in values for item in one.items())
        return serialize((host.base_id, host.config.chain_id, ends))

    base, chain_id, ends = deserialize(
        flow.context.record("bridge-channels", look_up),
        tuple[StateRef, str, tuple[tuple[str, bytes], ...]],
    )
    return bridge_of(base, chain_id, dict(ends), calls, auth)
