"""Accounts of this node sign for Cross: with a key of their own, and the node's legal identity."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from corda_sim.core.contracts import Command
from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.flow import FlowLogic
from flows.accounts.lookup import account_service
from flows.ibc.applications import ApplicationParts
from states.cross.accounts import CrossAccount
from states.cross.commands import AccountSigns


def signed_by(flow: FlowLogic[Any], account_ids: Iterable[bytes]) -> ApplicationParts:
    """What shows that these LOCAL accounts have signed.

    Raises: IllegalArgumentError for an id that is none, or an account of another node.
    """
    accounts = [_own_account(flow, account_id) for account_id in dict.fromkeys(account_ids)]
    signs = [AccountSigns(flow.our_identity, one, _key_of(flow, one)) for one in accounts]
    commands = tuple(Command(one, one.signers) for one in signs)
    return ApplicationParts(commands=commands, keys=tuple(one.key for one in signs))


def _own_account(flow: FlowLogic[Any], account_id: bytes) -> UUID:
    found = CrossAccount.parse(account_id)
    if found.host != flow.our_identity.name:
        raise IllegalArgumentError(f"{found.id.decode()} is no account of this node's")
    return found.account


def _key_of(flow: FlowLogic[Any], account: UUID) -> PublicKey:
    """A key that the account has; a new one where it has none yet."""
    hub = flow.service_hub

    def look_up() -> bytes:
        keys = filter(hub.is_our_key, account_service(flow).account_keys(account))
        first = next(keys, None)
        return b"" if first is None else first.encoded

    found = flow.context.record("account-key", look_up)
    return decode_public_key(found) if found else hub.fresh_key(account)
