"""State interfaces that contracts implement (net.corda.core.contracts.Structures)."""

import uuid
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict

from corda_sim.core.contracts.amount import Amount
from corda_sim.core.contracts.commands import CommandData
from corda_sim.core.contracts.constraints import (
    AttachmentConstraint,
    AutomaticPlaceholderConstraint,
)
from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.core.serialization import PLATFORM, register_own_form, serializable
from corda_sim.core.serialization.fields import FieldSpec


class ContractState(BaseModel):
    """A fact on the ledger: a frozen pydantic model, made shareable by ``@serializable``.

    Every concrete state sets ``belongs_to_contract``; a transaction with a state that doesn't, or
    that another contract governs, is refused (Corda, target platform version 4 and later).
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid")

    belongs_to_contract: ClassVar[str | None] = None
    """Wire name of the one contract that may govern this state (Corda's @BelongsToContract)."""

    @property
    @abstractmethod
    def participants(self) -> tuple[AbstractParty, ...]:
        """Whoever this state concerns; their vaults record it."""

    def encode_output(self, output: "TransactionState[Any]") -> bytes | None:  # noqa: ARG002
        """The component of an output that holds this state; None for the platform's own format.

        A state that gives bytes adds the format that reads them to its registry.
        """
        return None


StateT = TypeVar("StateT", bound=ContractState)
StateT_co = TypeVar("StateT_co", bound=ContractState, covariant=True)


class UniqueIdentifier(msgspec.Struct, frozen=True, eq=False):
    """Identity of a linear state; equality and hash are those of ``id`` alone, as in Corda."""

    external_id: str | None
    id: uuid.UUID

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UniqueIdentifier) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __str__(self) -> str:
        return f"{self.external_id}_{self.id}" if self.external_id is not None else str(self.id)


serializable("corda.UniqueIdentifier", registry=PLATFORM)(UniqueIdentifier)


class LinearState(ContractState):
    """A state that evolves: all versions share ``linear_id``."""

    linear_id: UniqueIdentifier


class CommandAndState(NamedTuple):
    """A command with the output state that it goes with."""

    command: CommandData
    owner_state: "OwnableState"


class OwnableState(ContractState):
    """A state with one owner, who alone decides its vault relevance."""

    owner: AbstractParty

    @abstractmethod
    def with_new_owner(self, new_owner: AbstractParty) -> CommandAndState:
        """The move command and the same state, owned by ``new_owner``."""


class FungibleState(ContractState):
    """A state that is a quantity of interchangeable units."""

    amount: Amount[Any]


class FungibleAsset(FungibleState, OwnableState):
    """Fungible and owned, with keys that must sign to take it off the ledger."""

    @property
    @abstractmethod
    def exit_keys(self) -> tuple[PublicKey, ...]:
        """Keys that must sign an exit."""

    @abstractmethod
    def with_new_owner_and_amount(
        self, new_amount: Amount[Any], new_owner: AbstractParty
    ) -> "FungibleAsset":
        """The same asset with another amount and owner."""


class MappedSchema(msgspec.Struct, frozen=True):
    """One custom table that rows of a state go to (net.corda.core.schemas.MappedSchema)."""

    schema_family: str
    version: int
    table: str


class QueryableState(ContractState):
    """A state that also keeps rows of its own in custom tables, made when it is recorded.

    The vault adds the columns ``transaction_id`` and ``output_index`` itself.
    """

    @abstractmethod
    def supported_schemas(self) -> tuple[MappedSchema, ...]:
        """The custom tables this state has rows in."""

    @abstractmethod
    def generate_mapped_object(self, schema: MappedSchema) -> Mapping[str, object]:
        """The column values of this state's row in ``schema``."""


class TransactionState(msgspec.Struct, Generic[StateT_co], frozen=True):
    """A contract state as an output, with its contract's wire name, notary and constraint."""

    data: StateT_co
    contract: str
    notary: Party
    encumbrance: int | None = None
    constraint: AttachmentConstraint = AutomaticPlaceholderConstraint()


class StateAndRef(msgspec.Struct, Generic[StateT_co], frozen=True):
    """A transaction state and where on the ledger it stands."""

    state: TransactionState[StateT_co]
    ref: StateRef


PLATFORM.register_custom(
    TransactionState,
    "corda.TransactionState",
    [
        FieldSpec("data", ContractState),
        FieldSpec("contract", str),
        FieldSpec("notary", Party),
        FieldSpec("encumbrance", int | None),
        FieldSpec("constraint", AttachmentConstraint),
    ],
    lambda s: [s.data, s.contract, s.notary, s.encumbrance, s.constraint],
    TransactionState,
)
register_own_form(TransactionState, lambda output: output.data.encode_output(output))
serializable("corda.StateAndRef", registry=PLATFORM)(StateAndRef)
