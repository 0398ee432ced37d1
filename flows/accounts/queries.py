"""Asking the node about accounts (AccountInfoByName, AccountsForHost, AllAccounts, …)."""

from abc import abstractmethod
from uuid import UUID

from corda_sim.accounts.account_service import Account
from corda_sim.core.contracts import StateAndRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from flows.accounts.lookup import account_by_id, account_of_key, account_service
from states.accounts import AccountInfo

Found = tuple[StateAndRef[AccountInfo], ...]


class _AccountsFlow(FlowLogic[Found]):
    """Base: the accounts that `look_up` gives, as they stand on the ledger."""

    @abstractmethod
    def look_up(self) -> tuple[Account, ...]:
        """The accounts wanted."""

    async def call(self) -> Found:
        """The accounts, in the service's order."""
        data = self.context.record("accounts", lambda: serialize(self.look_up()))
        found = deserialize(data, tuple[Account, ...])
        return tuple(self.service_hub.state_and_ref(one.ref) for one in found)


@startable_by_rpc
@flow_name("corda_sim.accounts.AllAccounts")
class AllAccounts(_AccountsFlow):
    """Every account that this node knows."""

    def look_up(self) -> tuple[Account, ...]:
        """By host and name."""
        return account_service(self).all_accounts()


@startable_by_rpc
@flow_name("corda_sim.accounts.OurAccounts")
class OurAccounts(_AccountsFlow):
    """The accounts that this node hosts."""

    def look_up(self) -> tuple[Account, ...]:
        """By name."""
        return account_service(self).accounts_for_host(self.our_identity)


@startable_by_rpc
@flow_name("corda_sim.accounts.AccountsForHost")
class AccountsForHost(_AccountsFlow):
    """The accounts of one host, as far as this node knows them."""

    def __init__(self, host: Party) -> None:
        self.host = host

    def look_up(self) -> tuple[Account, ...]:
        """By name."""
        return account_service(self).accounts_for_host(self.host)


@startable_by_rpc
@flow_name("corda_sim.accounts.AccountInfoByName")
class AccountInfoByName(_AccountsFlow):
    """The accounts of that name, at most one for each host."""

    def __init__(self, name: str) -> None:
        self.name = name

    def look_up(self) -> tuple[Account, ...]:
        """By host."""
        return account_service(self).accounts_by_name(self.name)


@startable_by_rpc
@flow_name("corda_sim.accounts.AccountInfoByUUID")
class AccountInfoByUUID(FlowLogic[StateAndRef[AccountInfo] | None]):
    """The account of that identifier; None when this node doesn't know it."""

    def __init__(self, identifier: UUID) -> None:
        self.identifier = identifier

    async def call(self) -> StateAndRef[AccountInfo] | None:
        """The account on the ledger."""
        found = account_by_id(self, self.identifier)
        return None if found is None else self.service_hub.state_and_ref(found.ref)


@flow_name("corda_sim.accounts.AccountInfoByKey")
class AccountInfoByKey(FlowLogic[StateAndRef[AccountInfo] | None]):
    """The account that a key belongs to; None when this node doesn't know."""

    def __init__(self, key: PublicKey) -> None:
        self.key = key

    async def call(self) -> StateAndRef[AccountInfo] | None:
        """The account on the ledger."""
        identifier = account_of_key(self, self.key)
        if identifier is None:
            return None
        return await self.sub_flow(AccountInfoByUUID(identifier))
