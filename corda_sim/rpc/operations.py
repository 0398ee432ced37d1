"""The operations that `Invoke` calls by name (net.corda.core.messaging.CordaRPCOps)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from corda_sim.accounts.account_service import AccountService
from corda_sim.accounts.address import AccountAddress
from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.vault_query import (
    PageSpecification,
    StateStatus,
    VaultQuery,
    VaultQueryCriteria,
)
from corda_sim.flow.explain import explain
from corda_sim.flow.live import LiveFlow
from corda_sim.node.node import Node
from corda_sim.rpc.arguments import describe
from corda_sim.rpc.rendering import to_json, transaction_to_json

Operation = Callable[[Node, dict[str, Any]], Any]
DEFAULT_PAGE_SIZE = 200


def registered_flows(node: Node, _: dict[str, Any]) -> list[dict[str, str]]:
    """The flows that may be started, with their arguments."""
    return [
        {"flow": cls.flow_name.rpartition(".")[2], "name": cls.flow_name, "usage": describe(cls)}
        for cls in node.registry.startable()
    ]


def state_machines_snapshot(node: Node, _: dict[str, Any]) -> list[dict[str, Any]]:
    """The flows that this node runs or keeps."""
    return [_flow_info(flow) for flow in node.manager.flows.values()]


def _flow_info(flow: LiveFlow) -> dict[str, Any]:
    waiting = None if flow.machine is None else flow.machine.state.waiting
    return {
        "flow_id": flow.flow_id,
        "flow": flow.start.flow_class,
        "status": flow.status.name,
        "progress": None if flow.machine is None else flow.machine.context.progress,
        "waits_for": None if waiting is None else waiting.describe(),
        "client_id": flow.start.client_id,
        "started_by": flow.start.started_by,
    }


def flow_show(node: Node, arguments: dict[str, Any]) -> dict[str, Any]:
    """One flow with its sessions."""
    flow = _flow(node, arguments)
    sessions = {} if flow.machine is None else flow.machine.state.sessions
    return {
        **_flow_info(flow),
        "error": None if flow.error is None else f"{type(flow.error).__name__}: {flow.error}",
        "sessions": [
            {"session_id": one.session_id, "peer": str(one.peer), "status": one.status.name}
            for one in sessions.values()
        ],
        "unconfirmed_messages": len(flow.unconfirmed),
    }


def flow_steps(node: Node, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps in a flow's journal."""
    journal = node.hub.checkpoints.load_journal(arguments["flow_id"])
    if journal is None:
        raise IllegalArgumentError(f"No flow has the id {arguments['flow_id']}")
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


def flow_explain(node: Node, arguments: dict[str, Any]) -> dict[str, Any]:
    """What a flow waits for, from whom, since when, and what would unblock it."""
    return explain(_flow(node, arguments), node.hub.now_ns())


def kill_flow(node: Node, arguments: dict[str, Any]) -> bool:
    """End a flow from outside."""
    node.manager.kill(_flow(node, arguments).flow_id)
    node.perform([])
    return True


def pause_flow(node: Node, arguments: dict[str, Any]) -> bool:
    """Stop a flow until it is resumed."""
    node.manager.pause(_flow(node, arguments).flow_id)
    node.perform([])
    return True


def retry_flow(node: Node, arguments: dict[str, Any]) -> bool:
    """Run a paused or hospitalised flow again from its journal."""
    node.perform(node.manager.retry(_flow(node, arguments).flow_id))
    return True


def _flow(node: Node, arguments: dict[str, Any]) -> LiveFlow:
    found = [f for i, f in node.manager.flows.items() if i.startswith(arguments["flow_id"])]
    if len(found) != 1:
        raise IllegalArgumentError(f"{len(found)} flows have the id {arguments['flow_id']}")
    return found[0]


def vault_balance(node: Node, arguments: dict[str, Any]) -> dict[str, str]:
    """Unspent cash by currency, of one account or of the whole node."""
    amounts = node.hub.vault.balances(_account(node, arguments.get("account")))
    return {amount.token.code: str(amount.to_decimal()) for amount in amounts}


def vault_query(node: Node, arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of states of one type."""
    account = _account(node, arguments.get("account"))
    wanted = arguments.get("state")
    criteria = VaultQueryCriteria(
        status=StateStatus[arguments.get("status", "UNCONSUMED").upper()],
        contract_state_types=(wanted,) if wanted else (),
        external_ids=() if account is None else (account,),
    )
    page = PageSpecification(
        arguments.get("page", 1), arguments.get("page_size", DEFAULT_PAGE_SIZE)
    )
    found = node.hub.vault.query_page(VaultQuery(criteria, page))
    states = [node.hub.state_and_ref(ref) for ref in found.refs]
    return {
        "total": found.total_states_available,
        "states": [{"ref": str(one.ref), "data": to_json(one.state.data)} for one in states],
    }


def _accounts(node: Node) -> AccountService:
    service: AccountService = node.hub.cordapp_service(
        AccountService  # type: ignore[type-abstract] # the CorDapp's own is found by it
    )
    return service


def _account(node: Node, text: str | None) -> UUID | None:
    if text is None:
        return None
    address = AccountAddress.parse(text)
    service, ours = _accounts(node), node.hub.our_identity
    return address.find(service, ours, node.hub.party_by_text).identifier


def account_list(node: Node, _: dict[str, Any]) -> list[dict[str, str]]:
    """All accounts that this node knows."""
    return [
        {"name": one.name, "host": str(one.host), "identifier": str(one.identifier)}
        for one in _accounts(node).all_accounts()
    ]


def transaction_show(node: Node, arguments: dict[str, Any]) -> dict[str, Any]:
    """A verified transaction."""
    found = node.hub.load_verified(SecureHash.parse(arguments["id"]))
    if found is None:
        raise IllegalArgumentError(f"This node has no transaction {arguments['id']}")
    return transaction_to_json(found)


def transaction_graph(node: Node, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """A transaction and all it depends on, each with its inputs' transactions."""
    waiting, seen = [SecureHash.parse(arguments["id"])], dict[SecureHash, list[str]]()
    while waiting:
        tx_id = waiting.pop()
        found = None if tx_id in seen else node.hub.load_verified(tx_id)
        if found is None:
            continue
        origins = sorted({ref.txhash for ref in (*found.inputs, *found.references)})
        seen[tx_id] = [str(one) for one in origins]
        waiting.extend(origins)
    return [{"id": str(tx_id), "depends_on": origins} for tx_id, origins in seen.items()]


def node_info(node: Node, _: dict[str, Any]) -> dict[str, Any]:
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


def set_flows_draining_mode_enabled(node: Node, arguments: dict[str, Any]) -> bool:
    """Take no new flows, or take them again and run the session-inits that were kept."""
    node.set_draining(bool(arguments["enabled"]))
    return node.manager.draining


def audit(node: Node, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """What a CorDapp service of this node (notary, validator) has logged of a state."""
    tx, _, index = arguments["state_ref"].rstrip(")").partition("(")
    ref = StateRef(SecureHash.parse(tx), int(index or 0))
    for service in node.hub.cordapp_services.values():
        look_up = getattr(service, f"audit_{arguments['of']}", None)
        if look_up is not None:
            return to_json(look_up(ref))
    raise IllegalArgumentError(f"This node is no {arguments['of']}")


OPERATIONS: dict[str, Operation] = {
    "registeredFlows": registered_flows,
    "stateMachinesSnapshot": state_machines_snapshot,
    "flowShow": flow_show,
    "flowSteps": flow_steps,
    "flowExplain": flow_explain,
    "killFlow": kill_flow,
    "pauseFlow": pause_flow,
    "retryFlow": retry_flow,
    "vaultBalance": vault_balance,
    "vaultQuery": vault_query,
    "accountList": account_list,
    "transaction": transaction_show,
    "transactionGraph": transaction_graph,
    "nodeInfo": node_info,
    "setFlowsDrainingModeEnabled": set_flows_draining_mode_enabled,
    "audit": audit,
}
