"""Co-signing by a validator: a node that verifies everything before the notary is asked.

It resolves and verifies the whole chain as a party would, and signs only what its operator allows.
"""

from typing import ClassVar

from corda_sim.core.crypto.signatures import TransactionSignature
from corda_sim.core.errors import SignatureException
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic, FlowSession, initiated_by, initiating_flow
from flows.data_vending import SendTransactionFlow
from flows.judging import JudgeFlow
from flows.refusals import InvalidTransactionRefused
from flows.resolution import INVALID_TRANSACTION, ReceiveTransactionFlow

RESOLVING = "Resolving and verifying the transaction"


@initiating_flow("corda_sim.validator.RequestValidationFlow")
class RequestValidationFlow(FlowLogic[SignedTransaction]):
    """Have a validator sign a transaction that everyone else but the notary has signed.

    Raises: ValidationRefusedException, SignatureException for an answer that doesn't sign.
    """

    def __init__(self, transaction: SignedTransaction, validator: Party) -> None:
        self.transaction = transaction
        self.validator = validator

    async def call(self) -> SignedTransaction:
        """The transaction with the validator's signature."""
        return await ask_signature(self, self.transaction, self.validator)


async def ask_signature(
    flow: FlowLogic[SignedTransaction], stx: SignedTransaction, signer: Party
) -> SignedTransaction:
    """The transaction with the signature of a party that a flow sends it to.

    Raises: SignatureException for an answer that doesn't sign, and what the party refuses with.
    """
    session = flow.initiate_flow(signer)
    await flow.sub_flow(SendTransactionFlow(session, stx))
    received = await session.receive(TransactionSignature)
    signature = received.unwrap(lambda value: value)
    if signature.by != signer.owning_key:
        raise SignatureException(f"Signed by {signature.by}, not by {signer}")
    signature.verify(stx.id)
    return stx.with_additional_signature(signature)


async def receive_to_judge(flow: FlowLogic[None], session: FlowSession) -> SignedTransaction:
    """A transaction that isn't fully signed, verified with all that it depends on.

    Raises: InvalidTransactionRefused.
    """
    receiving = ReceiveTransactionFlow(session, check_sufficient_signatures=False)
    try:
        return await flow.sub_flow(receiving)
    except INVALID_TRANSACTION as error:
        raise InvalidTransactionRefused(str(error)) from error


@initiated_by(RequestValidationFlow)
class ValidatorFlow(FlowLogic[None]):
    """The validator's side: verify all, judge, log, sign. The transaction isn't recorded.

    Raises: ValidationRefusedException, which the requester gets.
    """

    steps: ClassVar[tuple[str, ...]] = (RESOLVING,)

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer with one signature. Its log rows commit before it leaves."""
        self.set_step(RESOLVING)
        stx = await receive_to_judge(self, self.session)
        signature = await self.sub_flow(JudgeFlow(stx, self.session.counterparty))
        await self.session.send(signature)
