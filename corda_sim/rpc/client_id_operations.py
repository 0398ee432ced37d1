"""Operations on client ids (CordaRPCOps.removeClientId and what belongs to it)."""

from typing import Any

from corda_sim.node.node import Node
from corda_sim.rpc.errors import PermissionException
from corda_sim.rpc.rendering import to_json
from corda_sim.rpc.requests import ByClientId, Request


def own_flow(node: Node, client_id: str, user: str) -> str | None:
    """The flow that `user` has started with the client id; None where there is none.

    Raises:
        PermissionException: another user has started it.
        IllegalArgumentError: the client id is too long.
    """
    flow_id = node.manager.flow_of_client_id(client_id)
    if flow_id is not None and _starter(node, flow_id) != user:
        raise PermissionException(f"Another user has started the flow with client id {client_id}")
    return flow_id


def _starter(node: Node, flow_id: str) -> str | None:
    live = node.manager.flows.get(flow_id)
    return node.hub.checkpoints.started_by(flow_id) if live is None else live.start.started_by


def reattach_flow(node: Node, request: ByClientId, user: str) -> dict[str, Any] | None:
    """The flow of a client id with its outcome, `ended` false while it runs; None if unknown."""
    flow_id = own_flow(node, request.client_id, user)
    if flow_id is None:
        return None
    kept = node.hub.checkpoints.outcome(flow_id)
    error = None if kept is None else kept.error
    result = None if kept is None else kept.result
    return {
        "flow_id": flow_id,
        "ended": kept is not None,
        "result": to_json(result),
        "text": "" if result is None else str(result),
        "error_type": "" if error is None else type(error).__name__,
        "error": "" if error is None else str(error),
    }


def remove_client_id(node: Node, request: ByClientId, user: str) -> bool:
    """Forget a finished flow of the user's; whether there was one."""
    flow_id = node.manager.flow_of_client_id(request.client_id)
    if flow_id is None or _starter(node, flow_id) != user:
        return False
    return remove_any_client_id(node, request)


def remove_any_client_id(node: Node, request: ByClientId) -> bool:
    """Forget a finished flow, whoever started it; whether there was one."""
    removed = node.manager.remove_client_id(request.client_id)
    node.perform([])
    return removed


def finished_flows(node: Node, _: Request, user: str) -> dict[str, bool]:
    """Client ids of the user's finished flows: whether each completed."""
    return node.hub.checkpoints.finished_client_ids(user)


def all_finished_flows(node: Node, _: Request) -> dict[str, bool]:
    """Client ids of everybody's finished flows: whether each completed."""
    return node.hub.checkpoints.finished_client_ids()
