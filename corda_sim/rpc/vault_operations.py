"""Operations on the vault, accounts and transactions (net.corda.core.messaging.CordaRPCOps)."""

from difflib import get_close_matches
from typing import Any
from uuid import UUID

from corda_sim.accounts.account_service import AccountService
from corda_sim.accounts.address import AccountAddress
from corda_sim.core.contracts import ContractState
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.serialization import current_registry
from corda_sim.core.transactions import SignedTransaction
from corda_sim.core.vault_query import (
    Page,
    PageSpecification,
    StateStatus,
    VaultQuery,
    VaultQueryCriteria,
)
from corda_sim.node.node import Node
from corda_sim.rpc.errors import UnknownStateTypeException
from corda_sim.rpc.rendering import state_to_json, transaction_to_json
from corda_sim.rpc.requests import (
    OfAccount,
    Request,
    TransactionById,
    TransactionNote,
    VaultSelection,
)


def vault_balance(node: Node, request: OfAccount) -> dict[str, str]:
    """Unspent cash by currency, of one account or of the whole node."""
    amounts = node.hub.vault.balances(_account(node, request.account))
    return {amount.token.code: str(amount.to_decimal()) for amount in amounts}


def vault_query(node: Node, request: VaultSelection) -> dict[str, Any]:
    """A page of states, with the number of all."""
    return page_to_json(node, node.hub.vault.query_page(vault_selection(node, request)))


def vault_selection(node: Node, request: VaultSelection) -> VaultQuery:
    """The query that the arguments describe. Raises: UnknownStateTypeException."""
    account = _account(node, request.account)
    criteria = VaultQueryCriteria(
        status=StateStatus[request.status.upper()],
        contract_state_types=() if request.state is None else (state_type(request.state),),
        external_ids=() if account is None else (account,),
    )
    return VaultQuery(criteria, PageSpecification(request.page, request.page_size))


def page_to_json(node: Node, page: Page) -> dict[str, Any]:
    """`page` with its states' contents."""
    states = [state_to_json(node.hub.state_and_ref(ref)) for ref in page.refs]
    return {"total": page.total_states_available, "states": states}


def state_type(text: str) -> str:
    """The wire name of the state type that `text` is, or is the unambiguous end of.

    Raises: UnknownStateTypeException, which suggests the nearest.
    """
    registry = current_registry()
    known = []
    for name in registry.names():
        codec = registry.by_name(name)
        if codec is not None and issubclass(codec.cls, ContractState):
            known.append(name)
    found = [name for name in known if name == text or name.endswith(f".{text}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownStateTypeException(f"Several state types are named {text}: {', '.join(found)}")
    short = {name.rpartition(".")[2]: name for name in known}
    near = get_close_matches(text, [*short, *known], 1, 0.4)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise UnknownStateTypeException(f"No state type is named {text}.{hint}")


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


def account_list(node: Node, _: Request) -> list[dict[str, str]]:
    """All accounts that this node knows."""
    return [
        {"name": one.name, "host": str(one.host), "identifier": str(one.identifier)}
        for one in _accounts(node).all_accounts()
    ]


def transaction_show(node: Node, request: TransactionById) -> dict[str, Any]:
    """A verified transaction."""
    return transaction_to_json(_transaction(node, request))


def _transaction(node: Node, request: TransactionById) -> SignedTransaction:
    found = node.hub.load_verified(SecureHash.parse(request.id))
    if found is None:
        raise IllegalArgumentError(f"This node has no transaction {request.id}")
    return found


def add_transaction_note(node: Node, request: TransactionNote) -> str:
    """Keep a note of the node's own on a transaction; the transaction's id."""
    tx_id = _transaction(node, request).id
    vault = node.hub.vault
    vault.add_note_to_transaction(node.manager.shared_step(), tx_id, request.note)
    node.perform([])
    return str(tx_id)


def transaction_notes(node: Node, request: TransactionById) -> list[str]:
    """The notes on a transaction, oldest first."""
    return list(node.hub.vault.transaction_notes(_transaction(node, request).id))


def transaction_graph(node: Node, request: TransactionById) -> list[dict[str, Any]]:
    """A transaction and all it depends on, each with its inputs' transactions."""
    waiting, seen = [_transaction(node, request).id], dict[SecureHash, list[str]]()
    while waiting:
        tx_id = waiting.pop()
        found = None if tx_id in seen else node.hub.load_verified(tx_id)
        if found is None:
            continue
        origins = sorted({ref.txhash for ref in (*found.inputs, *found.references)})
        seen[tx_id] = [str(one) for one in origins]
        waiting.extend(origins)
    return [{"id": str(tx_id), "depends_on": origins} for tx_id, origins in seen.items()]
