"""Finding and calling the node that `-n NODE_DIR` names."""

from pathlib import Path

import typer

from corda_sim.node.config import CONFIG_FILE, load_config
from corda_sim.node.rpc_ssl import server_root
from corda_sim.node.run_files import NodeProcess, node_processes
from corda_sim.rpc.client import NodeRpcClient
from corda_sim.rpc.errors import NodeUnreachableException, RpcAuthenticationException


def node_directory(node_dir: Path | None) -> Path:
    """The directory given with `-n`; wrong usage where there is none or no node in it."""
    if node_dir is None:
        raise typer.BadParameter("say which node: corda-sim -n NODE_DIR …")
    if not (node_dir / CONFIG_FILE).is_file():
        raise typer.BadParameter(f"{node_dir} is no node's directory: it has no {CONFIG_FILE}")
    return node_dir


def running(node_dir: Path | None) -> list[NodeProcess]:
    """The node's processes. Raises: NodeUnreachableException when none runs."""
    found = node_processes(node_directory(node_dir))
    if not found:
        raise NodeUnreachableException(f"No node runs in {node_dir}")
    return found


def connect(node_dir: Path | None) -> NodeRpcClient:
    """A client of the node process that is ready, as its first RPC user.

    Raises: NodeUnreachableException, ConfigurationException, KeyStoreException,
    RpcAuthenticationException.
    """
    directory = node_directory(node_dir)
    ready = [process.run.rpc for process in running(directory) if process.run.state == "ready"]
    if not ready:
        raise NodeUnreachableException(f"The node in {directory} isn't ready yet")
    config = load_config(directory)
    if not config.rpc_users:
        raise RpcAuthenticationException(f"node.toml in {directory} has no rpcUsers")
    user, ssl = config.rpc_users[0], config.rpc_settings.key_store
    trust = None if ssl is None else server_root(directory, ssl)
    return NodeRpcClient(ready[0], user.username, user.password, trust=trust)
