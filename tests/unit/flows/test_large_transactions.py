"""A flow waits for the verification of a large transaction; all else is as with a small one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from corda_sim.core.contracts import Amount, CommandData, Issued
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import ContractRejection, CordaError
from corda_sim.core.identity import PartyAndReference
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.core.transactions.prepared import PreparedVerification
from corda_sim.flow import FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.errors import KilledFlowException
from corda_sim.flow.explain import explain
from corda_sim.flow.settings import LARGE_TRANSACTION
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from states.cash import CashState, Issue, Move
from tests.unit.flows.conftest import NewNetwork
from tests.unit.flows.test_finality import IssueTo, Receiver

YEN = Amount.parse("100 JPY")
LARGE, SMALL = 0, LARGE_TRANSACTION
"""Limits by which every transaction is large, or none of these."""


@flow_name("test.Verdict")
class Verdict(FlowLogic[str]):
    """Tells the verdict on a transaction, after a rest."""

    def __init__(self, transaction: SignedTransaction) -> None:
        self.transaction = transaction

    async def call(self) -> str:
        try:
            await self.service_hub.verify_transaction(self.transaction)
        except CordaError as error:
            verdict = f"{type(error).__name__}: {error}"
        else:
            verdict = "valid"
        await self.sleep(timedelta(seconds=10))
        return verdict


@pytest.fixture
def network(new_network: NewNetwork) -> MockNetwork:
    return new_network(CordApp("test", flows=(IssueTo, Receiver, Verdict)), reload=False)


def set_limit(network: MockNetwork, limit: int) -> None:
    for node in network.nodes.values():
        node.manager.settings = replace(node.manager.settings, large_transaction=limit)


def issuance(network: MockNetwork, command: CommandData, *signers: str) -> SignedTransaction:
    """PartyA issues to itself."""
    a = network["PartyA"]
    token = Issued(PartyAndReference(a.party, b"\1"), YEN.token)
    builder = TransactionBuilder(network.notary_party)
    builder.add_output_state(CashState(amount=YEN.with_token(token), owner=a.party))
    builder.add_command(command, a.party.owning_key)
    wire = builder.to_wire_transaction(a.hub, b"\1" * 32)
    keys = [network.keys[name] for name in signers]
    return SignedTransaction.of(wire, [sign_transaction_id(key, wire.id) for key in keys])


def verdict(network: MockNetwork, stx: SignedTransaction, limit: int) -> str:
    set_limit(network, limit)
    flow = network["PartyA"].start_flow(Verdict(stx))
    network.run_network()
    network.advance(timedelta(seconds=30))
    return str(flow.result())


@pytest.mark.parametrize(
    ("command", "signers", "expected"),
    [
        (Issue(), ("PartyA",), "valid"),
        (Issue(), ("PartyB",), "SignaturesMissingException: "),
        (Move(), ("PartyA",), "ContractRejection: "),
    ],
)
def test_the_verdict_is_the_same(
    network: MockNetwork, command: CommandData, signers: tuple[str, ...], expected: str
) -> None:
    stx = issuance(network, command, *signers)
    small, large = (verdict(network, stx, limit) for limit in (SMALL, LARGE))
    assert large == small
    assert large.startswith(expected)


def wait_for_verdict(network: MockNetwork, stx: SignedTransaction) -> tuple[MockNode, str]:
    """PartyA with its flow, suspended and committed, and nothing verified yet."""
    set_limit(network, LARGE)
    a = network["PartyA"]
    flow = a.start_flow(Verdict(stx), "once")
    a.pump()
    return a, flow.flow_id


def outcome(network: MockNetwork, node: MockNode) -> object:
    network.run_network()
    network.advance(timedelta(seconds=30))
    return node.stored_result("once")


def test_explain_names_the_transaction(network: MockNetwork) -> None:
    stx = issuance(network, Issue(), "PartyA")
    a, flow_id = wait_for_verdict(network, stx)
    found = explain(a.manager.flows[flow_id], a.hub.now_ns())
    assert found["waits_for"] == "the operation TransactionVerification"
    assert found["unblock"] == f"the verification of transaction {stx.id} must end"


@pytest.mark.parametrize("limit", [SMALL, LARGE])
def test_a_crash_before_the_verdict(network: MockNetwork, limit: int) -> None:
    """Whatever the setting is after it."""
    a, flow_id = wait_for_verdict(network, issuance(network, Move(), "PartyA"))
    a.restart()
    set_limit(network, limit)
    assert flow_id in a.manager.flows
    assert str(outcome(network, a)).startswith("ContractRejection: ")


@pytest.mark.parametrize("limit", [SMALL, LARGE])
def test_a_crash_after_the_verdict_does_not_verify_again(
    network: MockNetwork, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    stx = issuance(network, Move(), "PartyA")
    set_limit(network, limit)
    a = network["PartyA"]
    a.start_flow(Verdict(stx), "once")
    network.run_network()

    def never(_: PreparedVerification) -> None:
        raise AssertionError("verified again")

    monkeypatch.setattr(PreparedVerification, "run", never)
    a.restart()
    set_limit(network, LARGE if limit == SMALL else SMALL)
    assert str(outcome(network, a)).startswith(f"{ContractRejection.__name__}: ")


def test_a_flow_that_is_killed_meanwhile(network: MockNetwork) -> None:
    stx = issuance(network, Issue(), "PartyA")
    set_limit(network, LARGE)
    a = network["PartyA"]
    flow = a.start_flow(Verdict(stx))
    a.pump()
    a.manager.kill(flow.flow_id)
    network.run_network()
    with pytest.raises(KilledFlowException):
        flow.result()
    assert not a.manager.flows


@pytest.mark.parametrize("reload", [False, True])
def test_finality_of_large_transactions(new_network: NewNetwork, reload: bool) -> None:
    """Its issuer, its owner, an observer and a validating notary each wait for their verdict."""
    network = new_network(CordApp("test", flows=(IssueTo, Receiver)), reload=reload)
    set_limit(network, LARGE)
    a, b, v = (network[name] for name in ("PartyA", "PartyB", "Validator"))
    stx = a.run_flow(IssueTo(b.party, (b.party, v.party), b.party))
    assert all(node.hub.is_verified(stx.id) for node in (a, b))


def test_the_sender_waits_for_the_verdict(
    network: MockNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/decisions/0014: who has paid and is told so finds the payment in the payee's vault."""
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CashIssueFlow(YEN))
    set_limit(network, LARGE)
    with monkeypatch.context() as held:
        held.setattr(b, "_run_operations", lambda: None)
        payment = a.start_flow(CashPaymentFlow(YEN, b.party))
        network.run_network()
        assert payment.ended is None
        found = explain(a.manager.flows[payment.flow_id], a.hub.now_ns())
        assert (found["waits_for"], found["from"]) == ("a message", str(b.party))
    network.run_network()
    assert b.hub.is_verified(payment.result().id)


def test_a_chain_of_large_transactions_is_resolved(network: MockNetwork) -> None:
    set_limit(network, LARGE)
    a, b = network["PartyA"], network["PartyB"]
    a.run_flow(CashIssueFlow(YEN))
    paid = a.run_flow(CashPaymentFlow(YEN, b.party))
    (issued,) = {ref.txhash for ref in paid.inputs}
    assert b.hub.is_verified(issued)
    assert b.hub.is_verified(paid.id)
