from datetime import timedelta
from typing import Any

import pytest

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.errors import CordaError, IllegalArgumentError
from corda_sim.core.identity import AnonymousParty
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic, FlowWaitTimeout, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.selection import InsufficientBalanceException
from corda_sim.flow.service_hub import SELECTION_WAIT
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.accounts.create import CreateAccount
from flows.accounts.share import RequestAccountInfo, ShareAccountInfo
from flows.cash.exit import CashExitFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.issue_and_payment import CashIssueAndPaymentFlow
from flows.cash.payment import CashPaymentFlow
from tests.unit.flows.conftest import NewNetwork


def yen(quantity: int) -> Amount:  # type: ignore[type-arg] # of Currency
    return Amount.parse(f"{quantity} JPY")


def issue(node: MockNode, quantity: int, **kwargs: object) -> SignedTransaction:
    return node.run_flow(CashIssueFlow(yen(quantity), **kwargs))  # type: ignore[arg-type]


def owned(stx: SignedTransaction) -> list[int]:
    return [output.data.amount.quantity for output in stx.outputs]


@pytest.mark.parametrize("validating", [True, False])
def test_issue_pay_and_exit(new_network: NewNetwork, validating: bool) -> None:
    network = new_network(validating=validating)
    a, b = network["PartyA"], network["PartyB"]
    assert owned(issue(a, 1000)) == [1000]
    paid = a.run_flow(CashPaymentFlow(yen(10), b.party))
    assert owned(paid) == [10, 990]
    assert b.hub.is_verified(paid.id)
    assert owned(b.run_flow(CashPaymentFlow(yen(4), a.party))) == [4, 6]
    assert owned(a.run_flow(CashExitFlow(yen(994)))) == []
    with pytest.raises(InsufficientBalanceException):
        a.run_flow(CashPaymentFlow(yen(1), b.party))


def test_issue_and_payment(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    issue(b, 50)
    b.run_flow(CashPaymentFlow(yen(50), a.party))
    paid = a.run_flow(CashIssueAndPaymentFlow(yen(20), b.party, anonymous=True))
    (output,) = paid.outputs
    assert output.data.issuer == a.party
    assert b.hub.is_our_key(output.data.owner.owning_key)


def test_only_coins_of_the_issuer_asked_for(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    for node in (a, b):
        issue(node, 50)
    b.run_flow(CashPaymentFlow(yen(50), a.party))
    with pytest.raises(InsufficientBalanceException, match="missing 10 JPY"):
        a.run_flow(CashPaymentFlow(yen(60), b.party, issuer=b.party))
    paid = a.run_flow(CashPaymentFlow(yen(50), b.party, issuer=b.party))
    assert [output.data.issuer for output in paid.outputs] == [b.party]
    with pytest.raises(InsufficientBalanceException):
        a.run_flow(CashPaymentFlow(yen(1), b.party, notary=b.party))


def test_only_the_issuer_exits(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    issue(a, 50)
    a.run_flow(CashPaymentFlow(yen(50), b.party))
    with pytest.raises(InsufficientBalanceException, match="missing 50 JPY"):
        b.run_flow(CashExitFlow(yen(50)))
    with pytest.raises(InsufficientBalanceException):
        a.run_flow(CashExitFlow(yen(1)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"recipient": None}, "needs a recipient"),
        ({"to_account": "nobody"}, "was not found"),
        ({"from_account": "bob"}, "hosted by"),
        ({"to_account": "@"}, "is no account"),
    ],
)
def test_payments_that_make_no_sense(
    network: MockNetwork, wrong: dict[str, str], message: str
) -> None:
    a, b = network["PartyA"], network["PartyB"]
    issue(a, 10)
    b.run_flow(CreateAccount("bob"))
    b.run_flow(ShareAccountInfo("bob", a.party))
    given: dict[str, Any] = {"recipient": b.party, **wrong}
    with pytest.raises(CordaError, match=message):
        a.run_flow(CashPaymentFlow(yen(1), **given))
    assert a.hub.vault.balances() == (yen(10),)


@flow_name("test.Hold")
class Hold(FlowLogic[None]):
    """Holds a coin for some seconds."""

    def __init__(self, ref: StateRef, seconds: int) -> None:
        self.ref, self.seconds = ref, seconds

    async def call(self) -> None:
        self.service_hub.vault.soft_lock_reserve([self.ref])
        await self.sleep(timedelta(seconds=self.seconds))


def test_a_payment_waits_for_coins_in_use_and_no_longer(new_network: NewNetwork) -> None:
    network = new_network(CordApp("test", flows=(Hold,)))
    a, b = network["PartyA"], network["PartyB"]
    ref = issue(a, 10).tx.out_ref(0).ref
    a.start_flow(Hold(ref, 180))
    network.run_network()
    early = a.start_flow(CashPaymentFlow(yen(1), b.party))
    network.run_network()
    network.advance(SELECTION_WAIT - timedelta(seconds=1))
    assert early.ended is None
    late = a.start_flow(CashPaymentFlow(yen(1), b.party))
    network.advance(timedelta(seconds=1))
    with pytest.raises(FlowWaitTimeout, match=r"Gave up waiting for 1.* JPY: flow .* holds 10"):
        early.result()
    network.advance(timedelta(seconds=60))
    assert owned(late.result()) == [1, 9]


def test_splits(network: MockNetwork) -> None:
    assert owned(issue(network["PartyA"], 10, splits=3)) == [4, 3, 3]
    with pytest.raises(IllegalArgumentError, match="split"):
        issue(network["PartyA"], 2, splits=3)


def test_anonymous_payment_names_nobody(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    issue(a, 10)
    paid = a.run_flow(CashPaymentFlow(yen(10), b.party, anonymous=True))
    (output,) = paid.outputs
    assert type(output.data.owner) is AnonymousParty
    assert output.data.owner != b.party
    assert owned(b.run_flow(CashPaymentFlow(yen(10), a.party))) == [10]


def test_accounts(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CreateAccount("alice"))
    bob = b.run_flow(CreateAccount("bob"))
    b.run_flow(ShareAccountInfo("bob", a.party))
    issue(a, 100, to_account="alice")
    first = a.run_flow(
        CashPaymentFlow(yen(10), from_account="alice", to_account=f"bob@{b.party.name}")
    )
    second = a.run_flow(
        CashPaymentFlow(yen(20), from_account="alice", to_account=str(bob.state.data.linear_id.id))
    )
    assert first.outputs[0].data.owner != second.outputs[0].data.owner
    third = b.run_flow(CashPaymentFlow(yen(30), a.party, from_account="bob"))
    assert owned(third) == [30]


def test_an_account_name_is_unique_at_its_host(network: MockNetwork) -> None:
    network["PartyA"].run_flow(CreateAccount("alice"))
    network["PartyB"].run_flow(CreateAccount("alice"))
    with pytest.raises(Exception, match="already an account registered with the specified name"):
        network["PartyA"].run_flow(CreateAccount("alice"))


def test_request_account_info(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    info = a.run_flow(CreateAccount("alice")).state.data
    assert b.run_flow(RequestAccountInfo("alice", a.party)) == info
    assert b.run_flow(RequestAccountInfo(str(info.linear_id.id), a.party)) == info
    assert b.run_flow(RequestAccountInfo("nobody", a.party)) is None


def test_a_long_chain_of_payments_is_resolved(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    issue(a, 200)
    for _ in range(60):
        a.run_flow(CashPaymentFlow(yen(200), a.party))
    paid = a.run_flow(CashPaymentFlow(yen(200), b.party))
    assert owned(paid) == [200]
    origin, seen = paid, 0
    while origin.inputs:
        assert b.hub.is_verified(origin.id)
        found = b.hub.load_transaction(origin.inputs[0].txhash)
        assert found is not None
        origin, seen = found, seen + 1
    assert seen == 61
