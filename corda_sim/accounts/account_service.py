"""Accounts as flows see them (com.r3.corda.lib.accounts.workflows.services.AccountService)."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serializable


@serializable("corda_sim.accounts.Account")
@dataclass(frozen=True, slots=True)
class Account:
    """An account that this node knows; `ref` is where its AccountInfo stands on the ledger."""

    identifier: UUID
    name: str
    host: Party
    ref: StateRef


class AccountService(Protocol):
    """Look-ups over the accounts in the vault and the keys mapped to them.

    The node provides it as a CorDapp service: `hub.cordapp_service(AccountService)`.
    """

    def all_accounts(self) -> tuple[Account, ...]:
        """Every account known here, by host and name."""
        ...

    def accounts_for_host(self, host: Party) -> tuple[Account, ...]:
        """The accounts of one host, by name."""
        ...

    def account(self, identifier: UUID) -> Account | None:
        """The account of that identifier."""
        ...

    def accounts_by_name(self, name: str) -> tuple[Account, ...]:
        """The accounts of that name, at most one for each host."""
        ...

    def account_id_for_key(self, key: PublicKey) -> UUID | None:
        """Whose account a key belongs to."""
        ...

    def account_keys(self, identifier: UUID) -> tuple[PublicKey, ...]:
        """The keys of an account, as far as they are known here."""
        ...

    def observed_states(self, identifier: UUID) -> tuple[StateRef, ...]:
        """States that were shared with an account, beside those that its keys take part in."""
        ...
