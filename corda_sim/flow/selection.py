"""What a flow asks of the vault's coin selection."""

from dataclasses import dataclass
from uuid import UUID

from corda_sim.core.contracts import Amount, Currency
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serializable
from corda_sim.flow.errors import FlowException


@dataclass(frozen=True, slots=True)
class CoinSelection:
    """Coins worth at least `amount`, all of one notary.

    With `account` only coins owned by that account's keys, otherwise only coins that no account
    owns; `issuer`, `issuer_ref` and `notary` narrow the choice further.
    """

    amount: Amount[Currency]
    account: UUID | None = None
    issuer: Party | None = None
    issuer_ref: bytes | None = None
    notary: Party | None = None

    def __str__(self) -> str:
        """Stable text: it names the wait in the flow's journal and in explain."""
        of = f" of account {self.account}" if self.account else ""
        issued = f" issued by {self.issuer}" if self.issuer else ""
        reference = "" if self.issuer_ref is None else f" (reference {self.issuer_ref.hex()})"
        notary = f" at {self.notary}" if self.notary else ""
        return f"{self.amount}{of}{issued}{reference}{notary}"


@serializable("corda_sim.MissingAmount")
@dataclass(frozen=True, slots=True)
class MissingAmount:
    """What an InsufficientBalanceException carries."""

    amount: Amount[Currency]


class InsufficientBalanceException(FlowException):
    """Too few coins, even with those in use by other flows; `amount_missing` is what lacks.

    Source: net.corda.core.contracts.InsufficientBalanceException.
    """

    wire_name = "corda.InsufficientBalanceException"

    def __init__(self, amount_missing: Amount[Currency]) -> None:
        super().__init__(
            f"Insufficient balance, missing {amount_missing}", MissingAmount(amount_missing)
        )
        self.amount_missing = amount_missing

    @classmethod
    def restore(cls, message: str, payload: object) -> FlowException:
        """Rebuild from the wire; a payload of another type leaves a plain FlowException."""
        if not isinstance(payload, MissingAmount):
            return FlowException(message)
        return cls(payload.amount)


class StatesNotAvailableException(FlowException):
    """Another flow holds a soft lock on the states (StatesNotAvailableException)."""

    wire_name = "corda.StatesNotAvailableException"
