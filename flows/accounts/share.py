"""Telling others about an account (ShareAccountInfo, RequestAccountInfo)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from corda_sim.core.contracts import StateRef
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
from flows.accounts.lookup import account_by_id, find_our_account, our_account_named
from flows.data_vending import SendTransactionFlow
from flows.resolution import ReceiveTransactionFlow
from states.accounts import AccountInfo


@flow_name("corda_sim.accounts.ShareAccountInfoFlow")
class ShareAccountInfoFlow(FlowLogic[None]):
    """Send the transaction of an account; the others run ShareAccountInfoHandlerFlow."""

    def __init__(self, account: StateRef, sessions: Iterable[FlowSession]) -> None:
        self.account = account
        self.sessions = tuple(sessions)

    async def call(self) -> None:
        """Send it, and what verifying it takes."""
        origin = self.account.txhash
        transaction = self.service_hub.get_transaction(origin)
        if transaction is None:
            raise TransactionResolutionException(
                origin, f"Can't find transaction with hash {origin}"
            )
        await self.sub_flow(SendTransactionFlow(self.sessions, transaction))


@flow_name("corda_sim.accounts.ShareAccountInfoHandlerFlow")
class ShareAccountInfoHandlerFlow(FlowLogic[AccountInfo]):
    """Receive an account of the other side's; it is recorded as a state of others.

    Raises: FlowException for anything but one account that the counterparty hosts.
    """

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> AccountInfo:
        """The account."""
        receiving = _ReceiveAccount(self.session, states_to_record=StatesToRecord.ALL_VISIBLE)
        return account_in(await self.sub_flow(receiving), self.session.counterparty)


class _ReceiveAccount(ReceiveTransactionFlow):
    def check_before_recording(self, transaction: SignedTransaction) -> None:
        account_in(transaction, self.session.counterparty)


def account_in(transaction: SignedTransaction, host: Party) -> AccountInfo:
    """The account that a transaction of `host` creates. Raises: FlowException."""
    states = [output.data for output in transaction.outputs]
    if len(states) != 1 or not isinstance(states[0], AccountInfo):
        raise FlowException("The transaction that was shared doesn't create an account")
    if states[0].host != host:
        raise FlowException("The session counterparty must be the same as the account info host.")
    return states[0]


@startable_by_rpc
@initiating_flow("corda_sim.accounts.ShareAccountInfo")
class ShareAccountInfo(FlowLogic[None]):
    """Tell a party about an account of this node (`name` or UUID)."""

    def __init__(self, account: str, recipient: Party) -> None:
        self.account = account
        self.recipient = recipient

    async def call(self) -> None:
        """Send it."""
        if self.recipient == self.our_identity:
            raise IllegalArgumentError("An account needn't be shared with its own host")
        account = find_our_account(self, self.account)
        session = self.initiate_flow(self.recipient)
        await self.sub_flow(ShareAccountInfoFlow(account.ref, (session,)))


@initiated_by(ShareAccountInfo)
class ShareAccountInfoResponder(FlowLogic[AccountInfo]):
    """The other side of ShareAccountInfo."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> AccountInfo:
        """Record it."""
        return await self.sub_flow(ShareAccountInfoHandlerFlow(self.session))


@serializable("corda_sim.accounts.AccountQuery")
@dataclass(frozen=True, slots=True)
class AccountQuery:
    """Which account is wanted: an identifier or a name."""

    identifier: UUID | None = None
    name: str = ""


@startable_by_rpc
@initiating_flow("corda_sim.accounts.RequestAccountInfo")
class RequestAccountInfo(FlowLogic[AccountInfo | None]):
    """Ask a host about one of its accounts (name or UUID); None when it has no such account."""

    def __init__(self, account: str, host: Party) -> None:
        self.account = account
        self.host = host

    async def call(self) -> AccountInfo | None:
        """The account, recorded."""
        session = self.initiate_flow(self.host)
        found = await session.send_and_receive(bool, _query(self.account))
        if not found.unwrap(bool):
            return None
        return await self.sub_flow(ShareAccountInfoHandlerFlow(session))


def _query(text: str) -> AccountQuery:
    try:
        return AccountQuery(UUID(text))
    except ValueError:
        return AccountQuery(None, text)


@initiated_by(RequestAccountInfo)
class RequestAccountInfoHandler(FlowLogic[None]):
    """Answers for the accounts that this node hosts, and for no others."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Say whether there is such an account, then send it."""
        query = (await self.session.receive(AccountQuery)).unwrap(lambda value: value)
        if query.identifier is not None:
            account = account_by_id(self, query.identifier)
        else:
            account = our_account_named(self, query.name)
        if account is None or account.host != self.our_identity:
            await self.session.send(False)
            return
        await self.session.send(True)
        await self.sub_flow(ShareAccountInfoFlow(account.ref, (self.session,)))
