"""The issuer's part in restoring a lock: it looks for itself whether its coins are burnt."""

from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic, FlowSession, initiated_by, initiating_flow
from flows.bridge.burning import RequireBurntFlow
from flows.validation import ask_signature, receive_to_judge


@initiating_flow("corda_sim.bridge.AskIssuerFlow")
class AskIssuerFlow(FlowLogic[SignedTransaction]):
    """Have the issuer of a burnt lock's coins sign its restoration.

    Raises: RestorationRefused, InvalidTransactionRefused, SignatureException for an answer that
    doesn't sign.
    """

    def __init__(self, transaction: SignedTransaction, issuer: Party) -> None:
        self.transaction, self.issuer = transaction, issuer

    async def call(self) -> SignedTransaction:
        """The transaction with the issuer's signature."""
        return await ask_signature(self, self.transaction, self.issuer)


@initiated_by(AskIssuerFlow)
class IssuerSignsFlow(FlowLogic[None]):
    """Verifies a restoration, asks notary and validators, signs.

    Raises: InvalidTransactionRefused, RestorationRefused.
    """

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer with one signature."""
        stx = await receive_to_judge(self, self.session)
        await self.sub_flow(RequireBurntFlow(stx, self.session.counterparty))
        key = self.our_identity.owning_key
        await self.session.send(self.service_hub.create_signature(stx.id, key))
