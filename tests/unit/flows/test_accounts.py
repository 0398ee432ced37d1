from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from corda_sim.accounts.account_service import Account, AccountService
from corda_sim.accounts.address import AccountNotFoundException
from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import (
    IllegalArgumentError,
    IllegalStateError,
    SignatureException,
    TransactionResolutionException,
)
from corda_sim.core.identity import Party
from corda_sim.core.vault_query import StateStatus, VaultQueryCriteria
from corda_sim.flow import FlowException, FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.cordapp import CordApp
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.accounts.create import CreateAccount
from flows.accounts.keys import (
    RequestKey,
    RequestKeyForAccount,
    RequestKeyForAccountFlow,
    SignedKeyForAccount,
    VerifyKeyForAccount,
)
from flows.accounts.queries import (
    AccountInfoByKey,
    AccountInfoByName,
    AccountInfoByUUID,
    AccountsForHost,
    AllAccounts,
    Found,
    OurAccounts,
)
from flows.accounts.share import ShareAccountInfo, ShareAccountInfoHandlerFlow
from flows.accounts.states import ShareStateAndSyncAccounts, ShareStateWithAccount
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from flows.data_vending import SendTransactionFlow
from tests.unit.flows.conftest import NewNetwork

NOBODY = UUID(int=99)


@initiating_flow("test.GetKey")
class GetKey(FlowLogic[None]):
    """Asks `peer` for a key of an account that is said to be `host`'s."""

    def __init__(self, peer: Party, account: UUID, host: Party) -> None:
        self.peer, self.account, self.host = peer, account, host

    async def call(self) -> None:
        session = self.initiate_flow(self.peer)
        account = Account(self.account, "x", self.host, StateRef(SecureHash.sha256(b"x"), 0))
        await self.sub_flow(RequestKeyForAccountFlow(account, session))


@initiating_flow("test.CheckKey")
class CheckKey(FlowLogic[None]):
    """Has the peer prove a key, which the peer forges."""

    def __init__(self, peer: Party) -> None:
        self.peer = peer

    async def call(self) -> None:
        session = self.initiate_flow(self.peer)
        key = self.our_identity.owning_key
        await self.sub_flow(VerifyKeyForAccount(NOBODY, key, session))


@initiated_by(CheckKey)
class ForgeKey(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        request = (await self.session.receive(RequestKey)).unwrap(lambda value: value)
        key = self.session.counterparty.owning_key
        signature = self.service_hub.sign_bytes(request.challenge)
        await self.session.send(SignedKeyForAccount(key, b"c" * 32, signature))


@initiating_flow("test.ShareAnything")
class ShareAnything(FlowLogic[None]):
    """Sends a transaction of its choice where an account is expected."""

    def __init__(self, peer: Party, tx_id: SecureHash) -> None:
        self.peer, self.tx_id = peer, tx_id

    async def call(self) -> None:
        transaction = self.service_hub.get_transaction(self.tx_id)
        assert transaction is not None
        await self.sub_flow(SendTransactionFlow(self.initiate_flow(self.peer), transaction))


@initiated_by(ShareAnything)
class TakeAccount(FlowLogic[None]):
    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        await self.sub_flow(ShareAccountInfoHandlerFlow(self.session))


APP = CordApp("test", flows=(GetKey, CheckKey, ForgeKey, ShareAnything, TakeAccount))


@dataclass
class Rig:
    network: MockNetwork
    a: MockNode
    b: MockNode

    @property
    def validator(self) -> MockNode:
        return self.network["Validator"]


@pytest.fixture
def rig(new_network: NewNetwork) -> Rig:
    network = new_network(APP)
    return Rig(network, network["PartyA"], network["PartyB"])


def accounts(node: MockNode) -> AccountService:
    service: AccountService = node.hub.cordapp_service(AccountService)  # type: ignore[type-abstract]
    return service


def create(node: MockNode, name: str, *shared_with: MockNode) -> UUID:
    made: UUID = node.run_flow(CreateAccount(name)).state.data.linear_id.id
    for other in shared_with:
        node.run_flow(ShareAccountInfo(name, other.party))
    return made


def test_looking_accounts_up(rig: Rig) -> None:
    alice, bob = create(rig.a, "alice"), create(rig.b, "bob", rig.a)
    other = create(rig.b, "alice", rig.a)

    def ids(flow: FlowLogic[Found]) -> list[UUID]:
        return [one.state.data.linear_id.id for one in rig.a.run_flow(flow)]

    assert ids(AllAccounts()) == [alice, other, bob]
    assert ids(OurAccounts()) == [alice]
    assert ids(AccountsForHost(rig.b.party)) == [other, bob]
    assert ids(AccountInfoByName("alice")) == [alice, other]
    assert ids(AccountInfoByName("carol")) == []
    found = rig.a.run_flow(AccountInfoByUUID(bob))
    assert found is not None
    assert (found.state.data.name, found.state.data.host) == ("bob", rig.b.party)
    assert rig.a.run_flow(AccountInfoByUUID(NOBODY)) is None


def test_an_identifier_is_taken_once(rig: Rig) -> None:
    rig.a.run_flow(CreateAccount("alice", NOBODY))
    with pytest.raises(FlowException, match="specified identifier"):
        rig.a.run_flow(CreateAccount("other", NOBODY))


def test_of_two_flows_for_one_name_one_makes_the_account(rig: Rig) -> None:
    flows = [rig.a.start_flow(CreateAccount("alice")) for _ in range(2)]
    rig.network.run_network()
    rig.network.advance(timedelta(seconds=30))
    assert all(flow.ended is not None for flow in flows)
    (refused,) = [flow for flow in flows if flow.ended and flow.ended.error]
    with pytest.raises(FlowException, match="already an account registered"):
        refused.result()
    (alice,) = accounts(rig.a).all_accounts()
    everything = rig.a.hub.vault.query_page(VaultQueryCriteria(StateStatus.ALL))
    assert everything.refs == (alice.ref,)


def test_both_sides_know_whose_a_requested_key_is(rig: Rig) -> None:
    bob = create(rig.b, "bob", rig.a)
    keys = [rig.a.run_flow(RequestKeyForAccount("bob")).owning_key for _ in range(3)]
    assert len(set(keys)) == 3
    for node in (rig.a, rig.b):
        node.restart()
        assert set(accounts(node).account_keys(bob)) == set(keys)
        for key in keys:
            assert accounts(node).account_id_for_key(key) == bob
            assert node.hub.well_known_party(key) == rig.b.party
            info = node.run_flow(AccountInfoByKey(key))
            assert info is not None
            assert info.state.data.linear_id.id == bob
    assert [rig.b.hub.is_our_key(key) for key in keys] == [True] * 3
    assert not rig.a.hub.is_our_key(keys[0])
    assert rig.a.run_flow(AccountInfoByKey(rig.b.party.owning_key)) is None


def test_a_host_without_the_account_says_so(rig: Rig) -> None:
    with pytest.raises(AccountNotFoundException):
        rig.a.run_flow(RequestKeyForAccount("bob"))
    bob = create(rig.b, "bob", rig.a)
    with pytest.raises(IllegalStateError, match="must be the same as the account info host"):
        rig.a.run_flow(GetKey(rig.network.party_of("Validator"), bob, rig.b.party))


def test_a_forged_proof_of_a_key(rig: Rig) -> None:
    with pytest.raises(SignatureException):
        rig.a.run_flow(CheckKey(rig.b.party))
    assert accounts(rig.a).account_id_for_key(rig.a.party.owning_key) is None


def test_only_ones_own_account_can_be_shared(rig: Rig) -> None:
    create(rig.b, "bob", rig.a)
    with pytest.raises(IllegalArgumentError, match="hosted by"):
        rig.a.run_flow(ShareAccountInfo("bob", rig.validator.party))
    with pytest.raises(IllegalArgumentError, match="own host"):
        rig.b.run_flow(ShareAccountInfo("bob", rig.b.party))


def test_what_is_shared_must_be_an_account_of_the_sender(rig: Rig) -> None:
    issued = rig.a.run_flow(CashIssueFlow(Amount.parse("5 JPY")))
    create(rig.b, "bob", rig.a)
    (bobs,) = accounts(rig.a).accounts_by_name("bob")
    for tx_id in (issued.id, bobs.ref.txhash):
        rig.a.run_flow(ShareAnything(rig.validator.party, tx_id))
        assert rig.validator.hub.load_verified(tx_id) is None
    assert accounts(rig.validator).all_accounts() == ()


def test_vault_and_balance_by_account(rig: Rig) -> None:
    alice = create(rig.a, "alice")
    rig.a.run_flow(CashIssueFlow(Amount.parse("100 JPY"), to_account="alice"))
    rig.a.run_flow(CashIssueFlow(Amount.parse("7 JPY")))
    rig.a.run_flow(CashPaymentFlow(Amount.parse("30 JPY"), rig.b.party, from_account="alice"))
    vault = rig.a.hub.vault
    assert vault.balances(alice) == (Amount.parse("70 JPY"),)
    assert vault.balances() == (Amount.parse("77 JPY"),)
    assert len(vault.query_page(VaultQueryCriteria(external_ids=(alice,))).states) == 1
    every = VaultQueryCriteria(StateStatus.ALL, external_ids=(alice,))
    assert len(vault.query_page(every).states) == 2
    assert vault.query_page(VaultQueryCriteria(external_ids=(NOBODY,))).states == ()


def coin_of_alice(rig: Rig) -> tuple[UUID, StateRef]:
    alice = create(rig.a, "alice")
    issued = rig.a.run_flow(CashIssueFlow(Amount.parse("100 JPY"), to_account="alice"))
    paid = rig.a.run_flow(CashPaymentFlow(Amount.parse("1 JPY"), rig.a.party, from_account="alice"))
    assert paid.inputs == (StateRef(issued.id, 0),)
    return alice, StateRef(paid.id, 1)


def test_a_state_is_shared_with_its_history_and_accounts(rig: Rig) -> None:
    alice, ref = coin_of_alice(rig)
    rig.a.run_flow(ShareStateAndSyncAccounts(str(ref), rig.b.party))
    owner = rig.b.hub.state_and_ref(ref).state.data.owner.owning_key
    assert accounts(rig.b).account_id_for_key(owner) == alice
    (info,) = accounts(rig.b).accounts_by_name("alice")
    assert info.host == rig.a.party
    seen = rig.b.hub.vault.query_page(VaultQueryCriteria(external_ids=(alice,)))
    assert seen.refs == (ref,)
    assert rig.b.hub.vault.balances() == ()
    shared = rig.b.hub.load_verified(ref.txhash)
    assert shared is not None
    assert rig.b.hub.load_verified(shared.inputs[0].txhash) is not None


def test_sharing_what_there_is_not(rig: Rig) -> None:
    unknown = str(StateRef(SecureHash.sha256(b"unknown"), 0))
    with pytest.raises(TransactionResolutionException):
        rig.a.run_flow(ShareStateAndSyncAccounts(unknown, rig.b.party))
    with pytest.raises(IllegalArgumentError, match="own node"):
        rig.a.run_flow(ShareStateAndSyncAccounts(unknown, rig.a.party))
    with pytest.raises(IllegalArgumentError, match="form"):
        rig.a.run_flow(ShareStateAndSyncAccounts("nonsense", rig.b.party))


def test_a_state_is_shared_with_one_account(rig: Rig) -> None:
    _, ref = coin_of_alice(rig)
    bob, carol = create(rig.b, "bob", rig.a), create(rig.b, "carol")
    rig.a.run_flow(ShareStateWithAccount(str(ref), str(bob)))
    assert accounts(rig.b).observed_states(bob) == (ref,)
    assert accounts(rig.b).observed_states(carol) == ()
    assert rig.b.hub.vault.query_page(VaultQueryCriteria(state_refs=(ref,))).refs == (ref,)
    local = create(rig.a, "dora")
    rig.a.run_flow(ShareStateWithAccount(str(ref), "dora"))
    assert accounts(rig.a).observed_states(local) == (ref,)


def test_an_account_that_is_gone_at_its_host(rig: Rig) -> None:
    _, ref = coin_of_alice(rig)
    create(rig.b, "bob", rig.a)
    with rig.b.storage.writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM accounts")
    with pytest.raises(FlowException, match="Counterparty failed to permission state"):
        rig.a.run_flow(ShareStateWithAccount(str(ref), "bob"))
    with pytest.raises(IllegalStateError, match="not found status - contact them"):
        rig.a.run_flow(RequestKeyForAccount("bob"))
    assert rig.b.hub.load_transaction(ref.txhash) is None
