"""The terms of a DvP: a file from which each side rebuilds the cross-chain transaction.

Nobody signs blind: who agrees computes the transaction's id from the terms that he has read, and
signs that id and no other.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from eth_abi.abi import encode
from pydantic import Field, ValidationError

from corda_sim.core.contracts import Amount, Currency, Issued
from corda_sim.core.errors import CordaError
from corda_sim.core.identity import PartyAndReference
from corda_sim.cross.auth.types import Account
from corda_sim.cross.initiator.types import ContractTransaction, MsgInitiateTx
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.cross.tx.types import CommitProtocol
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.any import AnyMessage
from flows.dvp.terms_types import (
    EvmAddress,
    HexBytes,
    KeyHex,
    NamedParty,
    RefText,
    TermsPart,
    Uint64,
    Uint256,
)
from states.cash import CASH_ID, Lockable
from states.cross.accounts import CrossAccount
from states.cross.call_info import CallInfo

_NEVER = (0, 2**64 - 1)
"""Of the signature's packet: the transaction has a time-out, and Corda refuses what comes later."""
_CHANNEL = Annotated[str, Field(pattern=r"^channel-[0-9]+$")]


class TermsRefused(CordaError):
    """A text that is no terms of a DvP, or terms whose transaction isn't the one named."""


class Bridge(TermsPart):
    """The host on Corda, and its channels by their names there.

    `auth_counterparty` is the channel for signatures as GoQuorum names it.
    """

    base_id: RefText
    chain_id: Annotated[str, Field(min_length=1)]
    calls: _CHANNEL
    auth: _CHANNEL
    auth_counterparty: _CHANNEL


class Price(TermsPart):
    """Smallest units of a currency, as one issuer's stablecoin (validator's key) or cash (none)."""

    quantity: Annotated[int, Field(gt=0, lt=2**63)]
    currency: str
    issuer: NamedParty
    issuer_ref: HexBytes
    validator_key: KeyHex | None

    @property
    def amount(self) -> Amount[Issued[Currency]]:
        """The price as the ledger has it. Raises: IllegalArgumentError, InvalidNameError."""
        issuer = PartyAndReference(self.issuer.party, self.issuer_ref)
        return Amount(self.quantity, Issued(issuer, Currency.of(self.currency)))


class Side(TermsPart):
    """Buyer or seller: an account on Corda, whose `key` gets the coins, and an address."""

    name: str
    account: UUID
    host: NamedParty
    key: KeyHex
    address: EvmAddress

    @property
    def account_id(self) -> bytes:
        """The account as Cross names it. Raises: InvalidNameError."""
        return CrossAccount(self.host.party.name, self.account).id


class Asset(TermsPart):
    """A token of an ERC-721."""

    contract: EvmAddress
    token: Uint256


class Terms(TermsPart):
    """All that both sides agree to; `expires` is in seconds since 1970."""

    version: Literal[1] = 1
    nonce: Uint64
    expires: Annotated[int, Field(gt=0, lt=2**33)]
    bridge: Bridge
    price: Price
    buyer: Side
    seller: Side
    asset: Asset

    @classmethod
    def parse(cls, text: str | bytes) -> "Terms":
        """Read a terms file. Raises: TermsRefused."""
        try:
            terms = cls.model_validate_json(text)
            terms.message.encode()
        except (ValidationError, CordaError) as error:
            raise TermsRefused(f"no terms of a DvP: {error}") from error
        return terms

    @property
    def text(self) -> str:
        """The file."""
        return self.model_dump_json(indent=2) + "\n"

    @property
    def expiry(self) -> datetime:
        """When the offer ends."""
        return datetime.fromtimestamp(self.expires, UTC)

    @property
    def lockable(self) -> Lockable:
        """What the buyer locks."""
        return Lockable(
            self.price.amount,
            self.price.validator_key,
            self.buyer.key,
            self.seller.key,
            self.buyer.host.party,
            self.seller.host.party,
        )

    @property
    def asset_call(self) -> bytes:
        """What AssetTransferModule.sol decodes: token contract, from, to, token."""
        parties = (self.seller.address, self.buyer.address)
        kinds = ("address", "address", "address", "uint256")
        return bytes(encode(kinds, (self.asset.contract, *parties, self.asset.token)))

    def signing_message(self, module: bytes) -> tuple[object, ...]:
        """The argument of `ibcSignTx`, by which the seller agrees that `module` does the call."""
        packet = (self.bridge.auth_counterparty, self.tx_id, self.asset_call, _NEVER, 0)
        return (*packet, module, self.expires)

    @property
    def message(self) -> MsgInitiateTx:
        """The transaction that these terms stand for."""
        buyer = Account.local(self.buyer.account_id)
        auth = ChannelInfo(AUTH_PORT, self.bridge.auth)
        seller = Account.on_channel(self.seller.address, auth)
        lock = CallInfo(CASH_ID, self.lockable.message().encode()).encode()
        calls = ChannelInfo(CROSS_PORT, self.bridge.calls)
        return MsgInitiateTx(
            self.bridge.chain_id,
            self.nonce,
            CommitProtocol.SIMPLE,
            (
                ContractTransaction(AnyMessage.pack(SELF), (buyer,), lock),
                ContractTransaction(AnyMessage.pack(calls), (seller,), self.asset_call),
            ),
            (buyer,),
            timeout_timestamp=self.expires,
        )

    @property
    def tx_id(self) -> bytes:
        """The transaction's id: 32 bytes."""
        return self.message.tx_id

    def require_tx_id(self, tx_id: bytes) -> None:
        """Raises: TermsRefused unless these terms stand for that very transaction."""
        if tx_id != self.tx_id:
            raise TermsRefused(
                f"these terms are those of {self.tx_id.hex()}, not of {tx_id.hex()}: don't sign"
            )
