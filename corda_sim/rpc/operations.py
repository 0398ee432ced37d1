"""The operations that `Invoke` calls by name (net.corda.core.messaging.CordaRPCOps)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.node.node import Node
from corda_sim.rpc import bridge_operations as bridge
from corda_sim.rpc import client_id_operations as client_ids
from corda_sim.rpc import flow_operations, vault_operations
from corda_sim.rpc.requests import (
    ByClientId,
    DrainingMode,
    FlowById,
    OfAccount,
    Request,
    TransactionById,
    TransactionNote,
    VaultSelection,
    parse_request,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """Its arguments and what it does; what it returns, or is awaited for, becomes JSON.

    One that is `personal` depends on who calls: it gets the user's name as well. What one `writes`
    is durable before it is answered.
    """

    arguments: type[Request]
    run: Callable[..., Any]
    personal: bool = False
    writes: bool = False


def node_info(node: Node, _: Request) -> dict[str, Any]:
    """Who this node is and whom it knows."""
    return {
        "name": str(node.hub.our_identity.name),
        "key": node.hub.our_identity.owning_key.to_string_short(),
        "notaries": [str(one.identity) for one in node.hub.network_parameters.notaries],
        "peers": sorted(str(info.legal_identity) for info in node.network_map.all_nodes()),
        "parameters_hash": str(node.hub.network_parameters.hash),
        "epoch": node.lease.epoch,
        "draining": node.manager.draining,
    }


def set_flows_draining_mode_enabled(node: Node, request: DrainingMode) -> bool:
    """Take no new flows, or take them again and run the session-inits that were kept."""
    node.set_draining(request.enabled)
    return node.manager.draining


def invoke(node: Node, method: str, arguments: str, user: str) -> Any:  # noqa: ANN401 - JSON
    """Call an operation for `user` with its arguments as JSON text.

    Raises: IllegalArgumentError for an unknown method or wrong arguments, and what it raises.
    """
    operation = OPERATIONS.get(method)
    if operation is None:
        raise IllegalArgumentError(f"There is no operation {method}")
    caller = (user,) if operation.personal else ()
    return operation.run(node, parse_request(operation.arguments, arguments), *caller)


OPERATIONS: dict[str, Operation] = {
    "registeredFlows": Operation(Request, flow_operations.registered_flows),
    "stateMachinesSnapshot": Operation(Request, flow_operations.state_machines_snapshot),
    "flowShow": Operation(FlowById, flow_operations.flow_show),
    "flowSteps": Operation(FlowById, flow_operations.flow_steps),
    "flowExplain": Operation(FlowById, flow_operations.flow_explain),
    "killFlow": Operation(FlowById, flow_operations.kill_flow, writes=True),
    "pauseFlow": Operation(FlowById, flow_operations.pause_flow, writes=True),
    "resumeFlow": Operation(FlowById, flow_operations.retry_flow, writes=True),
    "retryFlow": Operation(FlowById, flow_operations.retry_flow, writes=True),
    "reattachFlowWithClientId": Operation(ByClientId, client_ids.reattach_flow, personal=True),
    "removeClientId": Operation(
        ByClientId, client_ids.remove_client_id, personal=True, writes=True
    ),
    "removeClientIdAsAdmin": Operation(ByClientId, client_ids.remove_any_client_id, writes=True),
    "finishedFlowsWithClientIds": Operation(Request, client_ids.finished_flows, personal=True),
    "finishedFlowsWithClientIdsAsAdmin": Operation(Request, client_ids.all_finished_flows),
    "vaultBalance": Operation(OfAccount, vault_operations.vault_balance),
    "vaultQuery": Operation(VaultSelection, vault_operations.vault_query),
    "accountList": Operation(Request, vault_operations.account_list),
    "transaction": Operation(TransactionById, vault_operations.transaction_show),
    "transactionGraph": Operation(TransactionById, vault_operations.transaction_graph),
    "addVaultTransactionNote": Operation(
        TransactionNote, vault_operations.add_transaction_note, writes=True
    ),
    "getVaultTransactionNotes": Operation(TransactionById, vault_operations.transaction_notes),
    "ibcAdmitted": Operation(bridge.OfHost, bridge.ibc_admitted),
    "ibcHost": Operation(bridge.OfHost, bridge.ibc_host),
    "ibcQuery": Operation(bridge.AtPath, bridge.ibc_query),
    "ibcPaths": Operation(bridge.UnderPrefix, bridge.ibc_paths),
    "ibcHeader": Operation(bridge.FromHeight, bridge.ibc_header),
    "ibcEvents": Operation(bridge.SinceCursor, bridge.ibc_events),
    "nodeInfo": Operation(Request, node_info),
    "setFlowsDrainingModeEnabled": Operation(
        DrainingMode, set_flows_draining_mode_enabled, writes=True
    ),
}
