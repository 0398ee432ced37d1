"""The bridge on a node: an index over its states, and what relayers ask of it."""

from collections.abc import Iterable
from typing import Any

from corda_sim.core.contracts import StateRef
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.flow import FlowLogic
from corda_sim.flow.cordapp import AppServiceHub
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.errors import FeatureLater
from corda_sim.ibc.host.paths import channel
from corda_sim.ibc.queries import (
    BridgeQueries,
    HostInfo,
    ProvenHeader,
    ProvenValue,
    TransactionEvents,
)
from flows.database import reader
from flows.ibc.admitted import ClientNotAdmitted, admitted_clients, client_of
from flows.ibc.history import History
from flows.ibc.index import BridgeIndex
from flows.ibc.proofs import prove
from states.ibc.execution import host_client_state
from states.ibc.partition import state_key


class BridgeService(BridgeQueries):
    """Answers from the committed vault, and from the table `bridge_admitted_clients`."""

    def __init__(self, hub: AppServiceHub) -> None:
        self._services = hub.services
        self.index = BridgeIndex(hub.services)
        self.history = History(hub.services)
        self._rows = reader(hub.database_url)

    def host(self, host: StateRef | None) -> HostInfo:
        """The host. Raises: BridgeHostUnknown."""
        found = self.index.host(host).host.state
        config = found.data.config
        return HostInfo(
            host_client_state(found.data, found.notary.owning_key),
            config.chain_id,
            config.mrenclave,
            config.operators,
            tuple((port.name, port.target) for port in config.ports),
            self.history.newest_height(found.data.base_id),
        )

    def value(self, host: StateRef | None, path: str) -> ProvenValue | None:
        """What is at a path. Raises: BridgeHostUnknown, FeatureLater."""
        states = self.index.host(host)
        value = states.find(self._services, path)
        if value is None:
            return None
        if not value:
            raise FeatureLater(f"absence of {path} can't be witnessed yet")
        proof = prove(self._services, states.host, states.refs[state_key(path)])
        return ProvenValue(value, proof.tear_off, proof.height)

    def paths(self, host: StateRef | None, prefix: str) -> tuple[str, ...]:
        """The paths with a value. Raises: BridgeHostUnknown."""
        return self.index.host(host).paths(self._services, prefix)

    def header(self, host: StateRef | None, height: int) -> ProvenHeader | None:
        """The earliest transaction of ``height`` or later. Raises: BridgeHostUnknown."""
        states = self.index.host(host)
        ref = self.history.output_at(states.host.state.data.base_id, height)
        return None if ref is None else prove(self._services, states.host, ref)

    def events(
        self, host: StateRef | None, since: str, limit: int
    ) -> tuple[str, tuple[TransactionEvents, ...]]:
        """Transactions after a cursor. Raises: BridgeHostUnknown, IllegalArgumentError."""
        states = self.index.host(host)
        return self.history.events(states.host, since, limit)

    def admitted(self, host: StateRef | None) -> tuple[str, ...]:
        """The clients that the operator has admitted, sorted. Raises: BridgeHostUnknown."""
        return admitted_clients(self._rows, self.index.host(host).host.state.data.base_id)

    def require_admitted(self, host: StateRef, channels: Iterable[ChannelInfo]) -> None:
        """Raises: ClientNotAdmitted unless each channel's client is. BridgeHostUnknown."""
        admitted, states = self.admitted(host), self.index.host(host)
        for one in channels:
            value = states.value(self._services, channel(one.port, one.channel))
            client = client_of(self._services, states, Channel.decode_strict(value))
            if client not in admitted:
                place = f"{one.port}/{one.channel}"
                raise ClientNotAdmitted(f"{place} is over {client}, which this node doesn't admit")


def create_bridge_service(hub: AppServiceHub) -> BridgeService | None:
    """Every node but a notary has it: a notary has no vault."""
    return None if "notary" in hub.settings else BridgeService(hub)


def bridge_service(flow: FlowLogic[Any]) -> BridgeService:
    """The service, for a flow."""
    return flow.service_hub.cordapp_service(BridgeService)
