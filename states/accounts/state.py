"""The account (com.r3.corda.lib.accounts.contracts.states.AccountInfo)."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import StringConstraints

from corda_sim.core.contracts import LinearState, MappedSchema, QueryableState, UniqueIdentifier
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.core.serialization import serializable

ACCOUNT_CONTRACT = "corda_sim.accounts.AccountInfoContract"
ACCOUNT_SCHEMA = MappedSchema("corda_sim.accounts.AccountsContractsSchema", 1, "accounts")


@serializable("corda_sim.accounts.AccountInfo")
class AccountInfo(LinearState, QueryableState):
    """An account: its name is unique at its host, its identifier everywhere."""

    belongs_to_contract: ClassVar[str] = ACCOUNT_CONTRACT

    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    host: Party

    @property
    def identifier(self) -> UniqueIdentifier:
        """The account's identity."""
        return self.linear_id

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        """The host."""
        return (self.host,)

    def supported_schemas(self) -> tuple[MappedSchema, ...]:
        """The one table of accounts."""
        return (ACCOUNT_SCHEMA,)

    def generate_mapped_object(self, schema: MappedSchema) -> Mapping[str, object]:
        """The account's row in `accounts`; IllegalArgumentError for another schema."""
        if schema != ACCOUNT_SCHEMA:
            raise IllegalArgumentError(f"Unrecognised schema {schema}")
        return {
            "identifier": str(self.linear_id.id),
            "name": self.name,
            "host": str(self.host.name),
        }
