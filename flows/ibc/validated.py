"""Having a host's validators sign."""

from collections.abc import Iterable

from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic
from flows.judging import JudgeFlow
from flows.validation import RequestValidationFlow


class ValidatedFlow(FlowLogic[SignedTransaction]):
    """Ask each validator; a node that is one of them itself judges, and logs, as for any other.

    The node has signed.

    Raises: ValidationRefusedException.
    """

    def __init__(self, transaction: SignedTransaction, validators: Iterable[Party]) -> None:
        self.transaction, self.validators = transaction, tuple(validators)

    async def call(self) -> SignedTransaction:
        """The transaction with their signatures."""
        stx = self.transaction
        for validator in self.validators:
            if validator == self.our_identity:
                # it has signed as the one who submits; a proof shows each signer once
                await self.sub_flow(JudgeFlow(stx, validator))
            else:
                stx = await self.sub_flow(RequestValidationFlow(stx, validator))
        return stx
