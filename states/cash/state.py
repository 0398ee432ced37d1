"""The cash state (net.corda.finance.contracts.asset.Cash.State)."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from pydantic import field_validator

from corda_sim.core.contracts import (
    Amount,
    CommandAndState,
    Currency,
    FungibleAsset,
    Issued,
    MappedSchema,
    QueryableState,
)
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.core.serialization import serializable
from states.cash.commands import Move

CASH_CONTRACT = "corda_sim.cash.Cash"
CASH_SCHEMA = MappedSchema("corda_sim.cash.CashSchema", 1, "contract_cash_states")


class CashKey(NamedTuple):
    """What makes coins interchangeable: issuer, reference and currency, and the validator."""

    token: Issued[Currency]
    validator_key: PublicKey | None


@serializable("corda_sim.cash.CashState")
class CashState(FungibleAsset, QueryableState):
    """A coin: an amount of issued currency with an owner.

    Where `validator_key` is set, the coin is of a stablecoin: that key signs every issue and exit
    beside the issuer's, and no payment. It stays with the coin in every move.
    """

    belongs_to_contract: ClassVar[str] = CASH_CONTRACT

    amount: Amount[Any]
    owner: AbstractParty
    validator_key: PublicKey | None = None

    @field_validator("amount")
    @classmethod
    def _issued_currency(cls, amount: Amount[Any]) -> Amount[Any]:
        token = amount.token
        if not isinstance(token, Issued) or not isinstance(token.product, Currency):
            raise ValueError(  # noqa: TRY004 - pydantic reports ValueError with the field's name
                f"cash is an amount of issued currency, not of {token}"
            )
        return amount

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        """The owner."""
        return (self.owner,)

    @property
    def exit_keys(self) -> tuple[PublicKey, ...]:
        """Owner, issuer and, for a stablecoin, its validator."""
        keys = (self.owner.owning_key, self.issuer.owning_key)
        return keys if self.validator_key is None else (*keys, self.validator_key)

    @property
    def issuer(self) -> AbstractParty:
        """Who issued the coin."""
        party: AbstractParty = self.amount.token.issuer.party
        return party

    def with_new_owner(self, new_owner: AbstractParty) -> CommandAndState:
        """The move command, and the same coin owned by `new_owner`."""
        return CommandAndState(Move(), self.with_new_owner_and_amount(self.amount, new_owner))

    def with_new_owner_and_amount(
        self, new_amount: Amount[Any], new_owner: AbstractParty
    ) -> "CashState":
        """A coin of the same validator with another amount and owner."""
        return CashState(amount=new_amount, owner=new_owner, validator_key=self.validator_key)

    def supported_schemas(self) -> tuple[MappedSchema, ...]:
        """The one table of coins."""
        return (CASH_SCHEMA,)

    def generate_mapped_object(self, schema: MappedSchema) -> Mapping[str, object]:
        """The coin's row in `contract_cash_states`; IllegalArgumentError for another schema."""
        if schema != CASH_SCHEMA:
            raise IllegalArgumentError(f"Unrecognised schema {schema}")
        owner, token = self.owner, self.amount.token
        return {
            "owner_name": str(owner.name) if isinstance(owner, Party) else None,
            "owner_key_hash": owner.owning_key.to_string_short(),
            "pennies": self.amount.quantity,
            "ccy_code": token.product.code,
            "issuer_key_hash": self.issuer.owning_key.to_string_short(),
            "issuer_ref": token.issuer.reference,
        }

    def __str__(self) -> str:
        return f"{self.amount} owned by {self.owner!r}"


def cash_key(state: CashState) -> CashKey:
    """The kind of coin that `state` is."""
    return CashKey(state.amount.token, state.validator_key)
