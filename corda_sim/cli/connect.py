"""Finding and calling the node that `-n NODE_DIR` names."""

import json
import os
from pathlib import Path

from corda_sim.node.config import load_config
from corda_sim.node.node_files import RUN
from corda_sim.rpc.client import NodeRpcClient
from corda_sim.rpc.errors import NodeUnreachableException


def connect(node_dir: Path | None) -> NodeRpcClient:
    """A client of the node process that is ready, as its first RPC user.

    Raises: NodeUnreachableException, ConfigurationException.
    """
    if node_dir is None:
        raise NodeUnreachableException("Say which node: -n NODE_DIR")
    config = load_config(node_dir)
    address = _ready_address(node_dir)
    if address is None:
        raise NodeUnreachableException(f"No node runs in {node_dir}")
    user = config.rpc_users[0]
    return NodeRpcClient(address, user.username, user.password)


def _ready_address(node_dir: Path) -> str | None:
    for file in sorted((node_dir / RUN).glob("*.json")):
        said = json.loads(file.read_text(encoding="utf-8"))
        if said["state"] == "ready" and _is_alive(said["pid"]):
            return str(said["rpc"])
    return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
