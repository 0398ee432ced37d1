"""Making one node of a new network: keys, certificates, node.toml and its signed node info."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from corda_sim.core.crypto.crypto import load_private_key
from corda_sim.core.crypto.signatures import PLATFORM_VERSION
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.network import NodeInfo, SignedNodeInfo
from corda_sim.node.cert_view import CertificateView
from corda_sim.node.certificates import DevelopmentHierarchy, Entropy, NodeCertificates
from corda_sim.node.config import (
    NodeConfiguration,
    NotaryConfig,
    RpcSettings,
    RpcUser,
    ValidatorConfig,
    write_config,
)
from corda_sim.node.fresh_keys import FRESH_ROOT_FILE, FreshKeyRoot
from corda_sim.node.key_stores import KeyEntry
from corda_sim.node.network_databases import NodeDatabases
from corda_sim.node.network_plan import PlannedNode, host_and_port, public_broker_url
from corda_sim.node.transports import endpoint_of

CERTIFICATES_DIR: Final = "certificates"
P2P_SOCKET: Final = "p2p.sock"
RPC_USER: Final = "user1"


@dataclass(frozen=True, slots=True)
class NodePlan:
    """All that is decided about a node; `broker` is empty for the embedded transport.

    `final_dir` is where the node will live, `work_dir` where it's being made; `tcp` is where the
    embedded transport listens, empty for a Unix socket.
    """

    node: PlannedNode
    final_dir: Path
    work_dir: Path
    rpc_port: int
    databases: NodeDatabases
    notary: NotaryConfig | None
    validator: ValidatorConfig | None
    broker: str = ""
    tcp: str = ""

    @property
    def p2p_address(self) -> str:
        """Where peers reach the node: its broker, or itself."""
        if self.broker:
            return host_and_port(self.broker)
        return self.tcp or f"unix:{self.final_dir / P2P_SOCKET}"

    @property
    def rpc_address(self) -> str:
        """Where the node serves RPC."""
        return f"127.0.0.1:{self.rpc_port}"


@dataclass(frozen=True, slots=True)
class NodeMaker:
    """Makes nodes under one development hierarchy; `service` is the notary's shared identity."""

    hierarchy: DevelopmentHierarchy
    service: KeyEntry
    entropy: Entropy
    now: datetime

    def make(self, plan: NodePlan) -> SignedNodeInfo:
        """Write key stores and node.toml; returns the signed node info for everybody."""
        plan.work_dir.mkdir(mode=0o700)
        config = self._config(plan)
        certificates = self.hierarchy.node(plan.node.name, self.now, _hosts(plan.broker))
        if plan.notary is not None:
            certificates = replace(certificates, service=self.service)
        directory, password = plan.work_dir / CERTIFICATES_DIR, config.key_store_password
        certificates.store(directory, password)
        FreshKeyRoot(self.entropy(32)).store(directory / FRESH_ROOT_FILE, password, self.entropy)
        write_config(plan.work_dir, config)
        return self._node_info(plan, certificates)

    def _config(self, plan: NodePlan) -> NodeConfiguration:
        user = RpcUser(username=RPC_USER, password=self.entropy(16).hex(), permissions=("ALL",))
        return NodeConfiguration(
            my_legal_name=plan.node.name,
            p2p_address=plan.p2p_address,
            rpc_settings=RpcSettings(address=plan.rpc_address),
            rpc_users=(user,),
            data_source_properties=plan.databases.node,
            messaging_server_address=plan.broker or None,
            key_store_password=self.entropy(16).hex(),
            trust_store_password=self.entropy(16).hex(),
            notary=plan.notary,
            validator=plan.validator,
        )

    def _node_info(self, plan: NodePlan, certificates: NodeCertificates) -> SignedNodeInfo:
        entries = [certificates.identity]
        if certificates.service is not None:
            entries.append(certificates.service)
        info = NodeInfo(
            addresses=(plan.p2p_address,) if plan.broker or plan.tcp else (),
            legal_identities=tuple(party_of(entry) for entry in entries),
            cert_path=tuple(reversed(certificates.identity.path)),
            platform_version=PLATFORM_VERSION,
            serial=int(self.now.timestamp() * 1000),
            broker_url=public_broker_url(plan.broker) if plan.broker else "",
            endpoint="" if plan.broker else endpoint_of(plan.p2p_address),
        )
        return SignedNodeInfo.sign(info, *(load_private_key(entry.pkcs8) for entry in entries))


def party_of(entry: KeyEntry) -> Party:
    """The party that a stored identity is."""
    name: CordaX500Name = CertificateView.parse(entry.path[-1]).corda_name()
    return Party(name, load_private_key(entry.pkcs8).public)


def _hosts(broker: str) -> Sequence[str]:
    host = urlsplit(broker).hostname if broker else None
    return list(dict.fromkeys([*([host] if host else []), "localhost", "127.0.0.1"]))
