"""The stablecoin's call info: what the buyer locks, and for whom."""

import dataclasses
from typing import Annotated

from corda_sim.core.contracts import Amount, Currency, Issued
from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import CordaError, DecodeError, IllegalArgumentError
from corda_sim.core.identity import CordaX500Name, Party, PartyAndReference
from corda_sim.ibc.protobuf import Field, Message
from states.cash.state import CashKey

CASH_ID = "cash"
"""The contract id that a Host gives to Cash."""


@dataclasses.dataclass(frozen=True, slots=True)
class NamedKey(Message):
    """A party: X.500 name and X.509 SubjectPublicKeyInfo."""

    name: Annotated[str, Field(1)]
    key: Annotated[bytes, Field(2)]

    @classmethod
    def of(cls, party: Party) -> "NamedKey":
        """The party in protobuf."""
        return cls(str(party.name), party.owning_key.encoded)

    @property
    def party(self) -> Party:
        """The party. Raises: CordaError for a name or key that is none."""
        return Party(CordaX500Name.parse(self.name), decode_public_key(self.key))


@dataclasses.dataclass(frozen=True, slots=True)
class LockCall(Message):
    """Lock `quantity` smallest units of the issuer's currency.

    `seller_key` owns the coins after a commit, `buyer_key` after an abort. `validator_key` is the
    stablecoin's, empty for cash without one.
    """

    quantity: Annotated[int, Field(1)]
    currency: Annotated[str, Field(2)]
    issuer: Annotated[NamedKey, Field(3)]
    issuer_ref: Annotated[bytes, Field(4)]
    validator_key: Annotated[bytes, Field(5)]
    buyer_key: Annotated[bytes, Field(6)]
    seller_key: Annotated[bytes, Field(7)]
    buyer_host: Annotated[NamedKey, Field(8)]
    seller_host: Annotated[NamedKey, Field(9)]

    @classmethod
    def read(cls, arguments: bytes) -> "Lockable":
        """What the arguments of a call ask for. Raises: DecodeError."""
        call = cls.decode_strict(arguments)
        try:
            return Lockable.of(call)
        except (CordaError, OverflowError) as error:
            raise DecodeError(f"the call can't be read: {error}") from error


@dataclasses.dataclass(frozen=True, slots=True)
class Lockable:
    """A LockCall in the ledger's types."""

    amount: Amount[Issued[Currency]]
    validator_key: PublicKey | None
    buyer_key: PublicKey
    seller_key: PublicKey
    buyer_host: Party
    seller_host: Party

    @classmethod
    def of(cls, call: LockCall) -> "Lockable":
        """A call with its names and keys read. Raises: CordaError, OverflowError."""
        issuer = PartyAndReference(call.issuer.party, call.issuer_ref)
        return cls(
            Amount(call.quantity, Issued(issuer, Currency.of(call.currency))),
            decode_public_key(call.validator_key) if call.validator_key else None,
            decode_public_key(call.buyer_key),
            decode_public_key(call.seller_key),
            call.buyer_host.party,
            call.seller_host.party,
        )

    @property
    def kind(self) -> CashKey:
        """The kind of coins that are locked."""
        return CashKey(self.amount.token, self.validator_key)

    @property
    def hosts(self) -> tuple[Party, ...]:
        """The nodes of buyer and seller, one of them where it is the same."""
        return tuple(dict.fromkeys((self.buyer_host, self.seller_host)))

    def message(self) -> LockCall:
        """The call in protobuf. Raises: IllegalArgumentError for an issuer without a name."""
        token = self.amount.token
        issuer = token.issuer.party
        if not isinstance(issuer, Party):
            raise IllegalArgumentError(f"{issuer!r} has no name")
        return LockCall(
            self.amount.quantity,
            token.product.code,
            NamedKey.of(issuer),
            token.issuer.reference,
            self.validator_key.encoded if self.validator_key is not None else b"",
            self.buyer_key.encoded,
            self.seller_key.encoded,
            NamedKey.of(self.buyer_host),
            NamedKey.of(self.seller_host),
        )
