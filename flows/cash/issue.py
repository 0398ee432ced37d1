"""Issuing cash (net.corda.finance.flows.CashIssueFlow)."""

from datetime import timedelta
from typing import ClassVar

from corda_sim.core.contracts import Amount, Currency, Issued
from corda_sim.core.errors import IllegalArgumentError, IllegalStateError
from corda_sim.core.identity import AbstractParty, AnonymousParty, Party, PartyAndReference
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from flows.accounts.lookup import find_our_account
from flows.finality import FinalityFlow
from flows.validation import RequestValidationFlow
from states.cash import CashState, Issue

GENERATING_TX = "Generating transaction"
SIGNING_TX = "Signing transaction"
VALIDATING_TX = "Having the validator sign"
FINALISING_TX = "Finalising transaction"
WINDOW_TOLERANCE = timedelta(seconds=60)
"""Half the time window of a transaction that a validator signs."""


@startable_by_rpc
@flow_name("corda_sim.cash.CashIssueFlow")
class CashIssueFlow(FlowLogic[SignedTransaction]):
    """Issue cash to this node or, with `to_account`, to one of its accounts.

    With `validator` it is a stablecoin's: the validator signs too. `splits` is the number of coins;
    `notary` defaults to the network's first.

    Raises: ValidationRefusedException, NotaryException, IllegalArgumentError.
    """

    steps: ClassVar[tuple[str, ...]] = (GENERATING_TX, SIGNING_TX, VALIDATING_TX, FINALISING_TX)

    def __init__(
        self,
        amount: Amount[Currency],
        issuer_ref: bytes = b"\x01",
        notary: Party | None = None,
        splits: int = 1,
        validator: Party | None = None,
        to_account: str | None = None,
    ) -> None:
        self.amount = amount
        self.issuer_ref = issuer_ref
        self.notary = notary
        self.splits = splits
        self.validator = validator
        self.to_account = to_account

    async def call(self) -> SignedTransaction:
        """The issue, final."""
        self.set_step(GENERATING_TX)
        builder = self._build(self._owner())
        self.set_step(SIGNING_TX)
        stx = self.service_hub.sign_initial_transaction(builder)
        if self.validator is not None:
            self.set_step(VALIDATING_TX)
            stx = await self.sub_flow(RequestValidationFlow(stx, self.validator))
        self.set_step(FINALISING_TX)
        return await self.sub_flow(FinalityFlow(stx))

    def _owner(self) -> AbstractParty:
        if self.to_account is None:
            return self.our_identity
        account = find_our_account(self, self.to_account)
        return AnonymousParty(self.service_hub.fresh_key(account.identifier))

    def _build(self, owner: AbstractParty) -> TransactionBuilder:
        builder = TransactionBuilder(self._notary())
        validator_key = None if self.validator is None else self.validator.owning_key
        for amount in self._coins():
            builder.add_output_state(
                CashState(amount=amount, owner=owner, validator_key=validator_key)
            )
        signers = [self.our_identity.owning_key]
        if validator_key is not None:
            signers.append(validator_key)
            builder.set_time_window(self.service_hub.now(), WINDOW_TOLERANCE)
        return builder.add_command(Issue(), *signers)

    def _coins(self) -> list[Amount[Issued[Currency]]]:
        if not 1 <= self.splits <= self.amount.quantity:
            raise IllegalArgumentError(f"{self.amount} can't be split into {self.splits} coins")
        token = Issued(PartyAndReference(self.our_identity, self.issuer_ref), self.amount.token)
        return self.amount.with_token(token).split_evenly(self.splits)

    def _notary(self) -> Party:
        if self.notary is not None:
            return self.notary
        notaries = self.service_hub.notary_identities()
        if not notaries:
            raise IllegalStateError("The network has no notary")
        return notaries[0]
