"""Accounts of Corda as Cross names them: ``X.500#UUID``."""

from typing import NamedTuple
from uuid import UUID

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import CordaX500Name


class CrossAccount(NamedTuple):
    """An account and the node that hosts it."""

    host: CordaX500Name
    account: UUID

    @classmethod
    def parse(cls, account_id: bytes) -> "CrossAccount":
        """Read the id of a LOCAL account, in the one spelling that it has.

        Raises: IllegalArgumentError for anything else.
        """
        try:
            name, _, account = account_id.decode().rpartition("#")
            found = cls(CordaX500Name.parse(name), UUID(account))
        except ValueError as error:
            raise IllegalArgumentError(f"{account_id!r} is no X.500#UUID: {error}") from error
        if found.id != account_id:
            raise IllegalArgumentError(f"{account_id!r} should be written {found.id!r}")
        return found

    @property
    def id(self) -> bytes:
        """The id of the LOCAL account."""
        return f"{self.host}#{self.account}".encode()
