"""Showing a state to others, with its history: to a party, or to one account of a party.

Source: the Accounts SDK's ShareStateAndSyncAccounts and ShareStateWithAccount.
"""

from dataclasses import dataclass
from uuid import UUID

from corda_sim.accounts.account_service import Account
from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError, TransactionResolutionException
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serializable
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    StatesToRecord,
    flow_name,
    initiated_by,
    initiating_flow,
    startable_by_rpc,
)
from flows.accounts.keys import ProveKeyForAccount, VerifyKeyForAccount
from flows.accounts.lookup import account_by_id, account_of_key, find_account
from flows.accounts.share import ShareAccountInfoFlow, ShareAccountInfoHandlerFlow
from flows.data_vending import SendTransactionFlow
from flows.resolution import ReceiveTransactionFlow

_ALLOW = (
    "INSERT INTO account_to_state_refs (external_id, transaction_id, output_index) "
    "VALUES (:external_id, :transaction_id, :output_index) "
    "ON CONFLICT (external_id, transaction_id, output_index) DO NOTHING"
)


@serializable("corda_sim.accounts.KeyOfAccount")
@dataclass(frozen=True, slots=True)
class KeyOfAccount:
    """A key that takes part in a state, and the account it belongs to."""

    key: PublicKey
    account: UUID


@serializable("corda_sim.accounts.SharedState")
@dataclass(frozen=True, slots=True)
class SharedState:
    """What is about to be shown; `keys` are those of the sender's accounts."""

    ref: StateRef
    keys: tuple[KeyOfAccount, ...] = ()

    @property
    def accounts(self) -> tuple[UUID, ...]:
        """The accounts of the keys, each once."""
        return tuple(dict.fromkeys(one.account for one in self.keys))


class _ReceiveState(ReceiveTransactionFlow):
    """Records the transaction of a state, all of its outputs."""

    def __init__(self, session: FlowSession, ref: StateRef) -> None:
        super().__init__(session, states_to_record=StatesToRecord.ALL_VISIBLE)
        self.ref = ref

    def check_before_recording(self, transaction: SignedTransaction) -> None:
        if transaction.id != self.ref.txhash or self.ref.index >= len(transaction.outputs):
            raise FlowException(f"Expected the transaction of {self.ref}, got {transaction.id}")


async def _send_state(flow: FlowLogic[None], session: FlowSession, ref: StateRef) -> None:
    transaction = flow.service_hub.get_transaction(ref.txhash)
    if transaction is None:
        raise TransactionResolutionException(
            ref.txhash, f"Can't find transaction with hash {ref.txhash}"
        )
    await flow.sub_flow(SendTransactionFlow(session, transaction))


@flow_name("corda_sim.accounts.ShareStateAndSyncAccountsFlow")
class ShareStateAndSyncAccountsFlow(FlowLogic[None]):
    """Send a state with our accounts that take part in it, and prove their keys."""

    def __init__(self, state: StateRef, session: FlowSession) -> None:
        self.state = state
        self.session = session

    async def call(self) -> None:
        """Announce, send the accounts, prove the keys, send the transaction."""
        shared = SharedState(self.state, self._our_keys())
        await self.session.send(shared)
        for identifier in shared.accounts:
            account = account_by_id(self, identifier)
            if account is None:
                raise FlowException(f"Account: {identifier} was not found on this node")
            await self.sub_flow(ShareAccountInfoFlow(account.ref, (self.session,)))
        for one in shared.keys:
            await self.sub_flow(ProveKeyForAccount(one.account, one.key, self.session))
        await _send_state(self, self.session, self.state)

    def _our_keys(self) -> tuple[KeyOfAccount, ...]:
        hub = self.service_hub
        keys = {one.owning_key for one in hub.state_and_ref(self.state).state.data.participants}
        pairs = ((key, account_of_key(self, key)) for key in hub.our_keys(keys))
        return tuple(KeyOfAccount(key, account) for key, account in pairs if account is not None)


@flow_name("corda_sim.accounts.ReceiveStateAndSyncAccountsFlow")
class ReceiveStateAndSyncAccountsFlow(FlowLogic[SignedTransaction]):
    """The other side of ShareStateAndSyncAccountsFlow; all that comes is recorded.

    Raises: FlowException for other accounts or another state than announced, SignatureException for
    a key that isn't proven.
    """

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SignedTransaction:
        """The transaction of the state."""
        shared = (await self.session.receive(SharedState)).unwrap(lambda value: value)
        for identifier in shared.accounts:
            info = await self.sub_flow(ShareAccountInfoHandlerFlow(self.session))
            if info.linear_id.id != identifier:
                raise FlowException(f"Expected account {identifier}, got {info.linear_id.id}")
        for one in shared.keys:
            await self.sub_flow(VerifyKeyForAccount(one.account, one.key, self.session))
        return await self.sub_flow(_ReceiveState(self.session, shared.ref))


@startable_by_rpc
@initiating_flow("corda_sim.accounts.ShareStateAndSyncAccounts")
class ShareStateAndSyncAccounts(FlowLogic[None]):
    """Show a state (`HASH(index)`) and its history to a party, with our accounts in it."""

    def __init__(self, state: str, recipient: Party) -> None:
        self.state = state
        self.recipient = recipient

    async def call(self) -> None:
        """Send it."""
        if self.recipient == self.our_identity:
            raise IllegalArgumentError("A state needn't be shared with its own node")
        session = self.initiate_flow(self.recipient)
        await self.sub_flow(ShareStateAndSyncAccountsFlow(StateRef.parse(self.state), session))


@initiated_by(ShareStateAndSyncAccounts)
class ReceiveStateAndSyncAccounts(FlowLogic[SignedTransaction]):
    """The other side of ShareStateAndSyncAccounts."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SignedTransaction:
        """Record it."""
        return await self.sub_flow(ReceiveStateAndSyncAccountsFlow(self.session))


@serializable("corda_sim.accounts.StateForAccount")
@dataclass(frozen=True, slots=True)
class StateForAccount:
    """The account that may see the state."""

    account: UUID
    ref: StateRef


@flow_name("corda_sim.accounts.ShareStateWithAccountFlow")
class ShareStateWithAccountFlow(FlowLogic[None]):
    """Show a state to one account of the other side, which runs ReceiveStateForAccountFlow.

    Raises: FlowException when the other side doesn't host the account.
    """

    def __init__(self, account: Account, state: StateRef, session: FlowSession) -> None:
        self.account = account
        self.state = state
        self.session = session

    async def call(self) -> None:
        """Send it, and wait until the account may see it."""
        told = StateForAccount(self.account.identifier, self.state)
        accepted = await self.session.send_and_receive(bool, told)
        if not accepted.unwrap(bool):
            raise FlowException("Counterparty failed to permission state.")
        await _send_state(self, self.session, self.state)


@flow_name("corda_sim.accounts.ReceiveStateForAccountFlow")
class ReceiveStateForAccountFlow(FlowLogic[None]):
    """Records a state of others, and that an account of ours may see it."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Accept what is for an account of this node."""
        told = (await self.session.receive(StateForAccount)).unwrap(lambda value: value)
        account = account_by_id(self, told.account)
        hosted = account is not None and account.host == self.our_identity
        await self.session.send(hosted)
        if hosted:
            await self.sub_flow(_ReceiveState(self.session, told.ref))
            allow_to_see(self, told.account, told.ref)


def allow_to_see(flow: FlowLogic[None], account: UUID, ref: StateRef) -> None:
    """With this step, the account sees the state beside those that it takes part in."""
    flow.execute(
        _ALLOW,
        external_id=str(account),
        transaction_id=str(ref.txhash),
        output_index=ref.index,
    )


@startable_by_rpc
@initiating_flow("corda_sim.accounts.ShareStateWithAccount")
class ShareStateWithAccount(FlowLogic[None]):
    """Show a state (`HASH(index)`) to an account, of this node or of another."""

    def __init__(self, state: str, account: str) -> None:
        self.state = state
        self.account = account

    async def call(self) -> None:
        """Send it, or note it for an account of our own."""
        account, ref = find_account(self, self.account), StateRef.parse(self.state)
        if account.host == self.our_identity:
            self.service_hub.state_and_ref(ref)
            allow_to_see(self, account.identifier, ref)
            return
        session = self.initiate_flow(account.host)
        await self.sub_flow(ShareStateWithAccountFlow(account, ref, session))


@initiated_by(ShareStateWithAccount)
class ReceiveStateForAccount(FlowLogic[None]):
    """The other side of ShareStateWithAccount."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Record it."""
        await self.sub_flow(ReceiveStateForAccountFlow(self.session))
