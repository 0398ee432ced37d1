"""Taking cash off the ledger (net.corda.finance.flows.CashExitFlow)."""

from typing import ClassVar

from corda_sim.core.contracts import Amount, Currency
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from corda_sim.flow.selection import CoinSelection
from flows.cash.issue import (
    FINALISING_TX,
    GENERATING_TX,
    SIGNING_TX,
    VALIDATING_TX,
    WINDOW_TOLERANCE,
)
from flows.cash.spend import Spend, plan_spend
from flows.finality import FinalityFlow
from flows.validation import RequestValidationFlow
from states.cash import Exit, Move


@startable_by_rpc
@flow_name("corda_sim.cash.CashExitFlow")
class CashExitFlow(FlowLogic[SignedTransaction]):
    """Exit cash that this node issued under `issuer_ref` and owns.

    A stablecoin's validator signs too.

    Raises: InsufficientBalanceException, ValidationRefusedException, NotaryException.
    """

    steps: ClassVar[tuple[str, ...]] = (GENERATING_TX, SIGNING_TX, VALIDATING_TX, FINALISING_TX)

    def __init__(self, amount: Amount[Currency], issuer_ref: bytes = b"\x01") -> None:
        self.amount = amount
        self.issuer_ref = issuer_ref

    async def call(self) -> SignedTransaction:
        """The exit, final."""
        self.set_step(GENERATING_TX)
        hub = self.service_hub
        selection = CoinSelection(self.amount, issuer=self.our_identity, issuer_ref=self.issuer_ref)
        spend = plan_spend(await hub.vault.select_coins(selection), self.amount)
        validators = self._validators(spend)
        builder = exit_of(spend, self.our_identity)
        if validators:
            builder.set_time_window(hub.now(), WINDOW_TOLERANCE)
        self.set_step(SIGNING_TX)
        keys = hub.our_keys((*spend.owner_keys, self.our_identity.owning_key))
        stx = hub.sign_initial_transaction(builder, *keys)
        for validator in validators:
            self.set_step(VALIDATING_TX)
            stx = await self.sub_flow(RequestValidationFlow(stx, validator))
        self.set_step(FINALISING_TX)
        return await self.sub_flow(FinalityFlow(stx))

    def _validators(self, spend: Spend) -> list[Party]:
        keys: dict[PublicKey, None] = {}
        for kind in spend.kinds:
            if kind.taken.quantity and kind.key.validator_key is not None:
                keys[kind.key.validator_key] = None
        validators = []
        for key in keys:
            party = self.service_hub.well_known_party_from_anonymous(key)
            if party is None:
                raise IllegalStateError(f"The validator with key {key} isn't known")
            validators.append(party)
        return validators


def exit_of(spend: Spend, issuer: Party) -> TransactionBuilder:
    """The transaction that exits what was planned; the rest stays with its owner."""
    builder = TransactionBuilder(spend.notary)
    for coin in spend.coins:
        builder.add_input_state(coin)
    builder.add_command(Move(), *spend.owner_keys)
    for kind in spend.kinds:
        if kind.change is not None:
            builder.add_output_state(kind.change)
        if kind.taken.quantity:
            signers = dict.fromkeys((*spend.owner_keys, issuer.owning_key))
            if kind.key.validator_key is not None:
                signers[kind.key.validator_key] = None
            builder.add_command(Exit(kind.taken, kind.key.validator_key), *signers)
    return builder
