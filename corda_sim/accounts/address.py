"""Addresses of accounts: `name`, `name@Party` or a UUID."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from corda_sim.accounts.account_service import Account, AccountService
from corda_sim.core.errors import CordaError, IllegalArgumentError
from corda_sim.core.identity import Party


class AccountNotFoundException(CordaError):
    """No account of that address is known here."""


class AmbiguousAccountException(CordaError):
    """Several hosts have an account of that name."""


@dataclass(frozen=True, slots=True)
class AccountAddress:
    """An identifier, or a name with the text that names its host."""

    identifier: UUID | None = None
    name: str = ""
    host: str = ""

    @classmethod
    def parse(cls, text: str) -> "AccountAddress":
        """Read `name`, `name@Party` or a UUID. Raises: IllegalArgumentError for anything else."""
        try:
            return cls(UUID(text.strip()))
        except ValueError:
            name, at, host = text.strip().partition("@")
        if not name or (at and not host):
            raise IllegalArgumentError(f"{text!r} is no account: name@Party or a UUID is expected")
        return cls(None, name, host)

    def find(
        self, service: AccountService, ours: Party, party_by_text: Callable[[str], Party]
    ) -> Account:
        """The account; a name without host is first looked for among those of `ours`.

        Raises: AccountNotFoundException, AmbiguousAccountException.
        """
        found = self._candidates(service, ours, party_by_text)
        if not found:
            raise AccountNotFoundException(f"Account: {self} was not found on this node")
        if len(found) > 1:
            hosts = ", ".join(f"{self.name}@{one.host.name.organisation}" for one in found)
            raise AmbiguousAccountException(f"Account {self} is ambiguous: {hosts}")
        return found[0]

    def _candidates(
        self, service: AccountService, ours: Party, party_by_text: Callable[[str], Party]
    ) -> list[Account]:
        if self.identifier is not None:
            account = service.account(self.identifier)
            return [] if account is None else [account]
        named = list(service.accounts_by_name(self.name))
        if self.host:
            host = party_by_text(self.host)
            return [one for one in named if one.host == host]
        return [one for one in named if one.host == ours] or named

    def __str__(self) -> str:
        if self.identifier is not None:
            return str(self.identifier)
        return f"{self.name}@{self.host}" if self.host else self.name
