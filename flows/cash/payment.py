"""Paying cash (net.corda.finance.flows.CashPaymentFlow)."""

from typing import ClassVar

from corda_sim.accounts.account_service import Account
from corda_sim.accounts.address import AccountAddress
from corda_sim.core.contracts import Amount, Currency
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import AbstractParty, AnonymousParty, Party
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow import FlowLogic, initiated_by, initiating_flow, startable_by_rpc
from corda_sim.flow.selection import CoinSelection
from flows.accounts.keys import RequestKeyForAccount
from flows.accounts.lookup import find_account, find_our_account
from flows.cash.spend import Spend, plan_spend
from flows.finality import FinalityFlow, FinalityResponder
from flows.identity_swap import SwapIdentitiesInitiator
from states.cash import Move

GENERATING_ID = "Generating anonymous identities"
SELECTING_COINS = "Selecting coins"
GENERATING_TX = "Generating transaction"
SIGNING_TX = "Signing transaction"
FINALISING_TX = "Finalising transaction"


@startable_by_rpc
@initiating_flow("corda_sim.cash.CashPaymentFlow")
class CashPaymentFlow(FlowLogic[SignedTransaction]):
    """Pay `amount` to a party or to an account; what is left of the coins returns to their owner.

    `from_account` is an account of this node, `to_account` one of any host (`name@Party` or UUID;
    `recipient` may then be left out). With `anonymous` the recipient's key is a fresh one. `issuer`
    and `notary` narrow the choice of coins (Corda's issuerConstraint and notary).

    Raises: InsufficientBalanceException, NotaryException, IllegalArgumentError.
    """

    steps: ClassVar[tuple[str, ...]] = (
        GENERATING_ID,
        SELECTING_COINS,
        GENERATING_TX,
        SIGNING_TX,
        FINALISING_TX,
    )

    def __init__(
        self,
        amount: Amount[Currency],
        recipient: Party | None = None,
        from_account: str | None = None,
        to_account: str | None = None,
        anonymous: bool = False,
        issuer: Party | None = None,
        notary: Party | None = None,
    ) -> None:
        self.amount = amount
        self.recipient = recipient
        self.from_account = from_account
        self.to_account = to_account
        self.anonymous = anonymous
        self.issuer = issuer
        self.notary = notary

    async def call(self) -> SignedTransaction:
        """The payment, final."""
        wanted = self._selection()
        payee, owner = await self._payee()
        self.set_step(SELECTING_COINS)
        coins = await self.service_hub.vault.select_coins(wanted)
        self.set_step(GENERATING_TX)
        spend = plan_spend(coins, self.amount)
        builder = payment(spend, owner)
        self.set_step(SIGNING_TX)
        keys = self.service_hub.our_keys(spend.owner_keys)
        stx = self.service_hub.sign_initial_transaction(builder, *keys)
        self.set_step(FINALISING_TX)
        sessions = () if payee == self.our_identity else (self.initiate_flow(payee),)
        return await self.sub_flow(FinalityFlow(stx, sessions))

    def _selection(self) -> CoinSelection:
        account = None
        if self.from_account is not None:
            account = find_our_account(self, self.from_account).identifier
        return CoinSelection(self.amount, account, self.issuer, notary=self.notary)

    async def _payee(self) -> tuple[Party, AbstractParty]:
        """Who gets the transaction, and whose key owns the coins."""
        if self.to_account is not None:
            account = self._target(self.to_account)
            key = await self.sub_flow(RequestKeyForAccount(str(account.identifier)))
            return account.host, key
        if self.recipient is None:
            raise IllegalArgumentError("A payment needs a recipient or to_account")
        if not self.anonymous:
            return self.recipient, self.recipient
        return self.recipient, await self._anonymous(self.recipient)

    def _target(self, text: str) -> Account:
        if self.recipient is not None and "@" not in text:
            text = self._with_host(text, self.recipient)
        account = find_account(self, text)
        if self.recipient not in (None, account.host):
            raise IllegalArgumentError(
                f"Account {account.name} is hosted by {account.host}, not by {self.recipient}"
            )
        return account

    @staticmethod
    def _with_host(text: str, host: Party) -> str:
        """A bare name belongs to the recipient; a UUID stands for itself."""
        address = AccountAddress.parse(text)
        return f"{address.name}@{host.name}" if address.identifier is None else text

    async def _anonymous(self, recipient: Party) -> AbstractParty:
        self.set_step(GENERATING_ID)
        if recipient == self.our_identity:
            return AnonymousParty(self.service_hub.fresh_key())
        return (await self.sub_flow(SwapIdentitiesInitiator(recipient))).theirs


def payment(spend: Spend, owner: AbstractParty) -> TransactionBuilder:
    """The transaction that pays what was planned to `owner`; change stays with the payer."""
    builder = TransactionBuilder(spend.notary)
    for coin in spend.coins:
        builder.add_input_state(coin)
    for kind in spend.kinds:
        if kind.taken.quantity:
            builder.add_output_state(kind.paid_to(owner))
        if kind.change is not None:
            builder.add_output_state(kind.change)
    return builder.add_command(Move(), *spend.owner_keys)


@initiated_by(CashPaymentFlow)
class CashPaymentResponder(FinalityResponder):
    """Receives a payment."""
