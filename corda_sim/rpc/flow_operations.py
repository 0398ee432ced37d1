"""Operations on flows (net.corda.core.messaging.CordaRPCOps and FlowManagerRPCOps)."""

from typing import Any

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.flow.errors import UnknownFlowIdException
from corda_sim.flow.explain import explain
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.machine import FlowMachine
from corda_sim.flow.messages import InitialSessionMessage, decode
from corda_sim.node.checkpoints import StoredMessage
from corda_sim.node.node import Node
from corda_sim.rpc.arguments import describe
from corda_sim.rpc.requests import FlowById, Request


def registered_flows(node: Node, _: Request) -> list[dict[str, str]]:
    """The flows that may be started, with their arguments."""
    return [
        {"flow": cls.flow_name.rpartition(".")[2], "name": cls.flow_name, "usage": describe(cls)}
        for cls in node.registry.startable()
    ]


def state_machines_snapshot(node: Node, _: Request) -> list[dict[str, Any]]:
    """The flows that this node runs or keeps, and the session-inits that wait to become flows."""
    flows = [flow_info(flow) for flow in node.manager.flows.values()]
    return [*flows, *map(_kept_init_info, node.hub.checkpoints.kept_inits())]


def _kept_init_info(kept: StoredMessage) -> dict[str, Any]:
    message = decode(kept.wire)
    flow = message.initiator_flow_class_name if isinstance(message, InitialSessionMessage) else ""
    return {
        "flow_id": kept.wire.message_id,
        "flow": flow,
        "status": "SESSION_INIT",
        "progress": None,
        "waits_for": kept.reason,
        "client_id": None,
        "started_by": kept.party,
    }


def flow_info(flow: LiveFlow) -> dict[str, Any]:
    """What a list of flows says of one."""
    waiting = None if flow.machine is None else flow.machine.state.waiting
    return {
        "flow_id": flow.flow_id,
        "flow": flow.start.flow_class,
        "status": flow.status.name,
        "progress": None if flow.machine is None else _progress(flow.machine),
        "waits_for": None if waiting is None else waiting.describe(),
        "client_id": flow.start.client_id,
        "started_by": flow.start.started_by,
    }


def _progress(machine: FlowMachine) -> str | None:
    return str(machine.context.progress.now) or None


def flow_show(node: Node, request: FlowById) -> dict[str, Any]:
    """One flow with its sessions."""
    flow = _flow(node, request)
    sessions = {} if flow.machine is None else flow.machine.state.sessions
    steps = [] if flow.machine is None else flow.machine.context.progress.tree()
    return {
        **flow_info(flow),
        "error": None if flow.error is None else f"{type(flow.error).__name__}: {flow.error}",
        "steps": [
            {"step": one.label, "depth": one.depth, "current": one.is_current} for one in steps
        ],
        "sessions": [
            {"session_id": one.session_id, "peer": str(one.peer), "status": one.status.name}
            for one in sessions.values()
        ],
        "unconfirmed_messages": len(flow.unconfirmed),
    }


def flow_steps(node: Node, request: FlowById) -> list[dict[str, Any]]:
    """The steps in a flow's journal, also of a finished flow whose journal is still kept."""
    found = _matching(node, request)
    flow_id = found[0].flow_id if len(found) == 1 else request.flow_id
    journal = node.hub.checkpoints.load_journal(flow_id)
    if journal is None:
        raise UnknownFlowIdException(f"There is no journal of a flow {request.flow_id}")
    return [
        {
            "step": number,
            "resumed_by": type(record.resume).__name__,
            "inputs": [one.kind for one in record.inputs],
            "request": record.request,
            "digest": record.digest.hex(),
        }
        for number, record in enumerate(journal.steps, 1)
    ]


def flow_explain(node: Node, request: FlowById) -> dict[str, Any]:
    """What a flow waits for, from whom, since when, and what would unblock it."""
    return dict(explain(_flow(node, request), node.hub.now_ns()))


def kill_flow(node: Node, request: FlowById) -> str:
    """End a flow from outside, or drop a session-init that is kept; its id."""
    if node.room.kill_kept_init(request.flow_id):
        node.perform([])
        return request.flow_id
    flow_id = _flow(node, request).flow_id
    node.manager.kill(flow_id)
    node.perform([])
    return flow_id


def pause_flow(node: Node, request: FlowById) -> str:
    """Stop a flow until it is resumed; its id."""
    flow_id = _flow(node, request).flow_id
    node.manager.pause(flow_id)
    node.perform([])
    return flow_id


def retry_flow(node: Node, request: FlowById) -> str:
    """Run a paused or hospitalised flow again from its journal; its id."""
    flow_id = _flow(node, request).flow_id
    node.perform(node.manager.retry(flow_id))
    return flow_id


def _flow(node: Node, request: FlowById) -> LiveFlow:
    found = _matching(node, request)
    if not found:
        raise UnknownFlowIdException(f"No flow that runs or is kept has the id {request.flow_id}")
    if len(found) > 1:
        raise IllegalArgumentError(f"{len(found)} flows have ids that begin {request.flow_id}")
    return found[0]


def _matching(node: Node, request: FlowById) -> list[LiveFlow]:
    flows = node.manager.flows
    exact = flows.get(request.flow_id)
    if exact is not None:
        return [exact]
    return [flow for flow_id, flow in flows.items() if flow_id.startswith(request.flow_id)]
