"""Creating an account (com.r3.corda.lib.accounts.workflows.flows.CreateAccount)."""

from typing import ClassVar
from uuid import UUID

from corda_sim.core.contracts import StateAndRef, UniqueIdentifier
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow import FlowException, FlowLogic, flow_name, startable_by_rpc
from flows.accounts.lookup import account_by_id, our_account_named
from flows.finality import FinalityFlow
from states.accounts import ACCOUNT_SCHEMA, AccountInfo, Create

CREATING = "Creating the account"
_CLAIM = (
    "INSERT INTO accounts (identifier, name, host, transaction_id, output_index) "
    "VALUES (:identifier, :name, :host, :transaction_id, 0)"
)


@startable_by_rpc
@flow_name("corda_sim.accounts.CreateAccount")
class CreateAccount(FlowLogic[StateAndRef[AccountInfo]]):
    """Create an account at this node; `identifier` is drawn when none is given.

    Raises: FlowException when the name (among this node's accounts) or the identifier is taken.
    """

    steps: ClassVar[tuple[str, ...]] = (CREATING,)

    def __init__(self, name: str, identifier: UUID | None = None) -> None:
        self.name = name
        self.identifier = identifier

    async def call(self) -> StateAndRef[AccountInfo]:
        """The account on the ledger."""
        self.set_step(CREATING)
        hub = self.service_hub
        if our_account_named(self, self.name) is not None:
            raise FlowException(
                f"There is already an account registered with the specified name {self.name}."
            )
        identifier = self.identifier or hub.random_uuid()
        if self.identifier is not None and account_by_id(self, identifier) is not None:
            raise FlowException(
                f"There is already an account registered with the specified identifier "
                f"{identifier}."
            )
        info = AccountInfo(
            linear_id=UniqueIdentifier(None, identifier), name=self.name, host=self.our_identity
        )
        return await self._finalise(info)

    def _claim(self, info: AccountInfo, signed: SignedTransaction) -> None:
        """Of two flows for one name the second one's step fails; it looks again and finds it."""
        row = info.generate_mapped_object(ACCOUNT_SCHEMA)
        self.execute(_CLAIM, **row, transaction_id=str(signed.id))

    async def _finalise(self, info: AccountInfo) -> StateAndRef[AccountInfo]:
        notaries = self.service_hub.notary_identities()
        if not notaries:
            raise IllegalStateError("The network has no notary")
        builder = TransactionBuilder(notaries[0])
        builder.add_output_state(info).add_command(Create(), self.our_identity.owning_key)
        signed = self.service_hub.sign_initial_transaction(builder)
        self._claim(info, signed)
        final = await self.sub_flow(FinalityFlow(signed))
        return final.out_ref(0)
