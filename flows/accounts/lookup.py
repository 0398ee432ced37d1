"""Looking accounts up in a flow: every answer is journaled, so that a replay gets the same."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from corda_sim.accounts.account_service import Account, AccountService
from corda_sim.accounts.address import AccountAddress
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow import FlowLogic


def account_service(flow: FlowLogic[Any]) -> AccountService:
    """The node's accounts."""
    service: AccountService = flow.service_hub.cordapp_service(
        AccountService  # type: ignore[type-abstract] # the node's own is found by it
    )
    return service


def _journaled(flow: FlowLogic[Any], look_up: Callable[[], Account | None]) -> Account | None:
    data = flow.context.record("account", lambda: serialize(look_up()))
    found: Account | None = deserialize(data, object)  # type: ignore[assignment] # our own bytes
    return found


def find_account(flow: FlowLogic[Any], text: str) -> Account:
    """The account that `name`, `name@Party` or a UUID names.

    Raises: IllegalArgumentError, AccountNotFoundException, AmbiguousAccountException.
    """
    address = AccountAddress.parse(text)
    party_by_text = flow.service_hub.services.party_by_text
    found = _journaled(
        flow, lambda: address.find(account_service(flow), flow.our_identity, party_by_text)
    )
    if found is None:
        raise AssertionError("a failed look-up raises")
    return found


def find_our_account(flow: FlowLogic[Any], text: str) -> Account:
    """The same, for an account that this node hosts. Raises: IllegalArgumentError for another."""
    account = find_account(flow, text)
    if account.host != flow.our_identity:
        raise IllegalArgumentError(f"Account {account.name} is hosted by {account.host}")
    return account


def account_by_id(flow: FlowLogic[Any], identifier: UUID) -> Account | None:
    """The account of that identifier, as far as this node knows."""
    return _journaled(flow, lambda: account_service(flow).account(identifier))


def our_account_named(flow: FlowLogic[Any], name: str) -> Account | None:
    """The account of that name among those that this node hosts."""

    def look_up() -> Account | None:
        named = account_service(flow).accounts_by_name(name)
        return next((one for one in named if one.host == flow.our_identity), None)

    return _journaled(flow, look_up)


def account_of_key(flow: FlowLogic[Any], key: PublicKey) -> UUID | None:
    """The account that a key belongs to, as far as this node knows."""
    data = flow.context.record(
        "account-of-key", lambda: serialize(account_service(flow).account_id_for_key(key))
    )
    found: UUID | None = deserialize(data, object)  # type: ignore[assignment] # our own bytes
    return found
