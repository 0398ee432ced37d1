"""RPC clients of a network's nodes, each as the node's first user."""

import threading
from dataclasses import dataclass
from pathlib import Path

from corda_sim.node.config import RpcUser, load_config
from corda_sim.node.supervisor import Supervisor
from corda_sim.rpc.client import NodeRpcClient


@dataclass
class NodeClients:
    """One client for each node, made when first asked for; from any thread."""

    supervisor: Supervisor

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[str, NodeRpcClient] = {}

    def directory(self, name: str) -> Path:
        """A node's directory. Raises NetworkNotFoundException."""
        return self.supervisor.directory / self.supervisor.manifest.node(name).dir

    def login(self, name: str) -> tuple[str, RpcUser]:
        """Where a node answers RPC, and its first user."""
        config = load_config(self.directory(name))
        return config.rpc_settings.address, config.rpc_users[0]

    def __getitem__(self, name: str) -> NodeRpcClient:
        with self._lock:
            if name not in self._clients:
                address, user = self.login(name)
                self._clients[name] = NodeRpcClient(address, user.username, user.password)
            return self._clients[name]

    def close(self) -> None:
        """End the connections."""
        for client in self._clients.values():
            client.close()
