"""A stablecoin from issue to exit, with its validator there, away, and of another mind."""

from dataclasses import replace

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.errors import CordaError, IllegalArgumentError, IllegalStateError
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.selection import InsufficientBalanceException
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.accounts.create import CreateAccount
from flows.accounts.share import ShareAccountInfo
from flows.cash.exit import CashExitFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.issue_and_payment import CashIssueAndPaymentFlow
from flows.cash.payment import CashPaymentFlow
from flows.refusals import NotAllowedRefused
from tests.unit.flows.conftest import NewNetwork


def yen(quantity: int) -> Amount:  # type: ignore[type-arg] # of Currency
    return Amount.parse(f"{quantity} JPY")


def stable(network: MockNetwork, quantity: int) -> SignedTransaction:
    return network["PartyA"].run_flow(
        CashIssueFlow(yen(quantity), validator=network.party_of("Validator"))
    )


def signers(stx: SignedTransaction, network: MockNetwork) -> set[str]:
    keys = {one.by for one in stx.sigs}
    return {name for name in network.keys if network.party_of(name).owning_key in keys}


def balance(node: MockNode) -> int:
    return sum(amount.quantity for amount in node.hub.vault.balances())


def test_who_signs_what(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    assert signers(stable(network, 100), network) == {"PartyA", "Validator"}
    paid = a.run_flow(CashPaymentFlow(yen(40), b.party))
    assert signers(paid, network) == {"PartyA"}
    back = b.run_flow(CashPaymentFlow(yen(10), a.party))
    assert signers(back, network) == {"PartyB"}
    left = a.run_flow(CashExitFlow(yen(70)))
    assert signers(left, network) == {"PartyA", "Validator"}
    assert (balance(a), balance(b)) == (0, 30)


def test_payments_need_no_validator(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    stable(network, 100)
    network["Validator"].stop()
    a.run_flow(CashPaymentFlow(yen(40), b.party))
    waiting = a.start_flow(CashExitFlow(yen(10)))
    network.run_network()
    assert waiting.ended is None
    network["Validator"].start()
    network.run_network()
    assert signers(waiting.result(), network) == {"PartyA", "Validator"}
    assert (balance(a), balance(b)) == (50, 40)


def test_plain_and_stable_coins_leave_together(network: MockNetwork) -> None:
    a = network["PartyA"]
    stable(network, 30)
    a.run_flow(CashIssueFlow(yen(25)))
    left = a.run_flow(CashExitFlow(yen(50)))
    assert signers(left, network) == {"PartyA", "Validator"}
    assert balance(a) == 5
    (rest,) = left.outputs
    assert rest.data.amount.quantity == 5


def test_plain_coins_leave_without_a_validator(network: MockNetwork) -> None:
    a = network["PartyA"]
    a.run_flow(CashIssueFlow(yen(25)))
    left = a.run_flow(CashExitFlow(yen(25)))
    assert signers(left, network) == {"PartyA"}
    assert left.time_window is None


def test_a_refused_exit_leaves_the_coins_as_they_were(new_network: NewNetwork) -> None:
    network = new_network(allow=["corda_sim.cash.Cash:Issue"])
    a = network["PartyA"]
    stable(network, 100)
    with pytest.raises(NotAllowedRefused):
        a.run_flow(CashExitFlow(yen(10)))
    assert balance(a) == 100
    a.run_flow(CashPaymentFlow(yen(100), network.party_of("PartyB")))


def test_a_refused_issue_issues_nothing(new_network: NewNetwork) -> None:
    network = new_network(allow=["corda_sim.cash.Cash:Exit"])
    with pytest.raises(NotAllowedRefused):
        stable(network, 100)
    assert balance(network["PartyA"]) == 0


def test_issued_to_an_account_and_paid_on(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CreateAccount("alice"))
    bob = b.run_flow(CreateAccount("bob")).state.data.linear_id.id
    b.run_flow(ShareAccountInfo("bob", a.party))
    issue = CashIssueFlow(yen(100), validator=network.party_of("Validator"), to_account="alice")
    a.run_flow(issue)
    pay = CashPaymentFlow(yen(60), b.party, from_account="alice", to_account="bob")
    paid = a.run_flow(pay)
    assert {one.data.validator_key for one in paid.outputs} == {
        network.party_of("Validator").owning_key
    }
    assert b.hub.vault.balances(bob) == (yen(60),)
    with pytest.raises(InsufficientBalanceException):
        a.run_flow(CashExitFlow(yen(1)))


def test_issue_and_payment_with_a_validator(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    flow = CashIssueAndPaymentFlow(yen(9), b.party, validator=network.party_of("Validator"))
    paid = a.run_flow(flow)
    assert signers(paid, network) == {"PartyA"}
    assert paid.outputs[0].data.validator_key == network.party_of("Validator").owning_key
    assert (balance(a), balance(b)) == (0, 9)
    a.run_flow(CashIssueAndPaymentFlow(yen(5), b.party))
    assert (balance(a), balance(b)) == (0, 14)


def test_coins_of_two_references_leave_apart(network: MockNetwork) -> None:
    a = network["PartyA"]
    for reference in (b"\1", b"\2"):
        a.run_flow(CashIssueFlow(yen(10), issuer_ref=reference))
    with pytest.raises(InsufficientBalanceException, match="missing 1 JPY"):
        a.run_flow(CashExitFlow(yen(11), issuer_ref=b"\2"))
    a.run_flow(CashExitFlow(yen(10), issuer_ref=b"\2"))
    assert balance(a) == 10


def test_issues_that_make_no_sense(network: MockNetwork) -> None:
    a, b = network["PartyA"], network["PartyB"]
    b.run_flow(CreateAccount("bob"))
    b.run_flow(ShareAccountInfo("bob", a.party))
    with pytest.raises(IllegalArgumentError, match="hosted by"):
        a.run_flow(CashIssueFlow(yen(1), to_account="bob"))
    for splits in (0, -1, 6):
        with pytest.raises(IllegalArgumentError, match="can't be split"):
            a.run_flow(CashIssueFlow(yen(5), splits=splits))
    with pytest.raises(CordaError):
        a.run_flow(CashIssueFlow(yen(0)))
    a.hub.network_parameters = replace(a.hub.network_parameters, notaries=())
    with pytest.raises(IllegalStateError, match="no notary"):
        a.run_flow(CashIssueFlow(yen(1)))
    with pytest.raises(IllegalStateError, match="no notary"):
        a.run_flow(CreateAccount("alice"))
    assert balance(a) == 0
