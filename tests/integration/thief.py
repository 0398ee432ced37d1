"""A CorDapp of a dishonest node: it asks for transactions that are none of its business."""

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic, startable_by_rpc
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.registry import initiating_flow
from flows.accounts.share import AccountQuery, RequestAccountInfo
from flows.fetching import DataType, FetchData


@startable_by_rpc
@initiating_flow("thief.AskForTransaction")
class AskForTransaction(FlowLogic[object]):
    """Ask for an account as anybody may, then for another transaction over the same session."""

    def __init__(self, host: Party, account: str, tx_id: SecureHash, kind: str) -> None:
        self.host = host
        self.account = account
        self.tx_id = tx_id
        self.kind = kind

    async def call(self) -> object:
        """What the host gave."""
        # The session-init claims to come from the library's flow, which the host answers.
        self._initiator = RequestAccountInfo
        session = self.initiate_flow(self.host)
        found = await session.send_and_receive(bool, AccountQuery(None, self.account))
        assert found.unwrap(bool)
        await session.receive(SignedTransaction)
        request = FetchData((self.tx_id,), DataType(self.kind))
        return (await session.send_and_receive(object, request)).unwrap(lambda value: value)


cordapp = CordApp(name="thief", flows=(AskForTransaction,))
