"""Issuing cash and paying it at once (net.corda.finance.flows.CashIssueAndPaymentFlow)."""

from typing import ClassVar

from corda_sim.core.contracts import Amount, Currency
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

ISSUING = "Issuing the cash"
PAYING = "Paying the recipient"


@startable_by_rpc
@flow_name("corda_sim.cash.CashIssueAndPaymentFlow")
class CashIssueAndPaymentFlow(FlowLogic[SignedTransaction]):
    """Issue `amount` to this node, then pay as much of this node's own cash to `recipient`.

    Raises: what CashIssueFlow and CashPaymentFlow raise; after the issue the cash stays here.
    """

    steps: ClassVar[tuple[str, ...]] = (ISSUING, PAYING)

    def __init__(
        self,
        amount: Amount[Currency],
        recipient: Party,
        issuer_ref: bytes = b"\x01",
        notary: Party | None = None,
        validator: Party | None = None,
        anonymous: bool = False,
    ) -> None:
        self.amount = amount
        self.recipient = recipient
        self.issuer_ref = issuer_ref
        self.notary = notary
        self.validator = validator
        self.anonymous = anonymous

    async def call(self) -> SignedTransaction:
        """The payment, final."""
        self.set_step(ISSUING)
        issue = CashIssueFlow(self.amount, self.issuer_ref, self.notary, validator=self.validator)
        await self.sub_flow(issue)
        self.set_step(PAYING)
        return await self.sub_flow(
            CashPaymentFlow(
                self.amount,
                self.recipient,
                anonymous=self.anonymous,
                issuer=self.our_identity,
                notary=self.notary,
            )
        )
