"""What a transaction does to states, as far as the invariants need it."""

from collections.abc import Iterable
from dataclasses import dataclass

from corda_sim.core.contracts import (
    Amount,
    ContractState,
    FungibleState,
    OwnableState,
    StateRef,
    TransactionState,
)
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.identity import AbstractParty
from corda_sim.core.transactions import SignedTransaction


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """An output: the token and quantity that it holds, and whose vaults it belongs in.

    A lock holds an amount though it isn't `fungible`: the vault's rows don't tell its quantity.
    `holders` are key hashes (`toStringShort`): the owner's, else the participants'.
    """

    token: object | None
    quantity: int
    holders: frozenset[str]
    fungible: bool = False


@dataclass(frozen=True, slots=True)
class TransactionFacts:
    """A transaction: what it consumes, refers to and makes, and whether its notary signed."""

    id: SecureHash
    inputs: tuple[StateRef, ...]
    references: tuple[StateRef, ...]
    outputs: tuple[OutputFacts, ...]
    notary: str
    notarised: bool

    @classmethod
    def of(cls, transaction: SignedTransaction) -> "TransactionFacts":
        """Read a transaction. Raises DecodeError when it is damaged or its states are unknown."""
        notary = transaction.notary
        signers = {signature.by for signature in transaction.sigs}
        return cls(
            id=transaction.id,
            inputs=transaction.inputs,
            references=transaction.references,
            outputs=tuple(_output(state) for state in transaction.outputs),
            notary="" if notary is None else str(notary.name),
            notarised=notary is not None and notary.owning_key.is_fulfilled_by(signers),
        )

    def dependencies(self) -> frozenset[SecureHash]:
        """The transactions that made what this one consumes and refers to."""
        return frozenset(ref.txhash for ref in (*self.inputs, *self.references))


def _output(state: TransactionState[ContractState]) -> OutputFacts:
    data = state.data
    if isinstance(data, OwnableState):
        holders = _hashes([data.owner])
    else:
        holders = _hashes(getattr(data, "participants", ()))
    amount = getattr(data, "amount", None)
    if isinstance(amount, Amount):
        fungible = isinstance(data, FungibleState)
        return OutputFacts(amount.token, amount.quantity, holders, fungible)
    return OutputFacts(None, 0, holders)


def _hashes(parties: Iterable[AbstractParty]) -> frozenset[str]:
    keys = (key for party in parties for key in party.owning_key.keys)
    return frozenset(key.to_string_short() for key in keys)
