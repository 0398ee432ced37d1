import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import AnonymousParty
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.selection import InsufficientBalanceException
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.accounts.create import CreateAccount
from flows.accounts.share import RequestAccountInfo, ShareAccountInfo
from flows.cash.exit import CashExitFlow
from flows.cash.issue import CashIssueFlow
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
