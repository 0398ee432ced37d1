"""What a DvP flow asks of the bridge's host on this node; every answer is journaled."""

from collections.abc import Iterator
from typing import Any

from corda_sim.core.contracts import StateRef
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow import FlowLogic
from corda_sim.flow.services import NodeServices
from corda_sim.ibc.channel.types import Channel
from flows.dvp.channels import CHANNEL_ENDS, KnownChannel, bridge_of
from flows.dvp.terms import Bridge
from flows.ibc.admitted import client_of
from flows.ibc.index import HostStates
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

    Raises: BridgeHostUnknown, ClientNotAdmitted for channels over clients that this node doesn't
    admit, IllegalArgumentError when there isn't one open channel of each port over others.
    """

    def look_up() -> bytes:
        service = bridge_service(flow)
        states, admitted = service.index.host(base_id), service.admitted(base_id)
        host = states.host.state.data
        known = tuple(_channels(flow.service_hub.services, states, admitted))
        return serialize((host.base_id, host.config.chain_id, known))

    base, chain_id, known = deserialize(
        flow.context.record("bridge-channels", look_up),
        tuple[StateRef, str, tuple[KnownChannel, ...]],
    )
    return bridge_of(base, chain_id, known, calls, auth)


def _channels(
    services: NodeServices, states: HostStates, admitted: tuple[str, ...]
) -> Iterator[KnownChannel]:
    for path in states.refs:
        if path.startswith(CHANNEL_ENDS):
            value = states.value(services, path)
            client = client_of(services, states, Channel.decode_strict(value))
            yield KnownChannel(path, value, client, client in admitted)
