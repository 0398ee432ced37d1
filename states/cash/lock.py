"""The lock: coins that no key moves, held for a cross-chain transaction."""

from typing import Any, ClassVar
from uuid import UUID

from corda_sim.core.contracts import Amount, LinearState, StateRef, UniqueIdentifier
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.core.serialization import serializable
from states.cash.state import CASH_CONTRACT, CashKey, CashState


def lock_id(tx_id: bytes) -> UniqueIdentifier:
    """The name of the lock of a cross-chain transaction."""
    return UniqueIdentifier(tx_id.hex(), UUID(bytes=tx_id[:16]))


@serializable("corda_sim.cash.CashLock")
class CashLock(LinearState):
    """`amount` for the seller if the cross-chain transaction commits, else for the buyer again.

    `tx_id` (32 bytes) is the cross-chain transaction, after which the lock is named, `base` the
    Host's base id; `channel` (of port cross) and `sequence` name the packet whose answer decides.
    `holders` are the nodes of buyer and seller and the bridge's validators: each of them keeps the
    lock and may bring the answer. It has no owner, and is no FungibleState, so that no vault takes
    it for a coin.
    """

    belongs_to_contract: ClassVar[str] = CASH_CONTRACT

    amount: Amount[Any]
    validator_key: PublicKey | None
    buyer: AbstractParty
    seller: AbstractParty
    holders: tuple[Party, ...]
    tx_id: bytes
    base: StateRef
    channel: str
    sequence: int

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        """The holders."""
        return self.holders

    @property
    def kind(self) -> CashKey:
        """The kind of coins that it holds."""
        return CashKey(self.amount.token, self.validator_key)

    @property
    def issuer(self) -> Party:
        """Who has issued its coins: the call that it was made for names him."""
        party: Party = self.amount.token.issuer.party
        return party

    def released_to(self, owner: AbstractParty) -> CashState:
        """The coin that comes out of it."""
        return CashState(amount=self.amount, owner=owner, validator_key=self.validator_key)
