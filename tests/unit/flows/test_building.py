"""A flow that comes back builds the same transaction, whatever was installed meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.network import NetworkParameters
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.state import FlowStatus
from corda_sim.node.attachments import AttachmentStorage
from corda_sim.node.services import ServiceHub
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from states.accounts import ACCOUNT_CONTRACT
from states.cash import CASH_CONTRACT
from tests.unit.flow.scripted import only_flow
from tests.unit.flows.conftest import NewNetwork

TEN = Amount.parse("10 JPY")


@contextmanager
def waiting(network: MockNetwork) -> Iterator[MockNode]:
    """A payment that is built, signed and sent, and waits for its notary."""
    a = network["PartyA"]
    a.run_flow(CashIssueFlow(TEN))
    network["Notary"].kill()
    a.start_flow(CashPaymentFlow(TEN, network["PartyB"].party), client_id="paid")
    network.run_network()
    yield a


def paid(network: MockNetwork) -> SignedTransaction:
    a = network["PartyA"]
    assert only_flow(a).status is FlowStatus.RUNNABLE, only_flow(a).error
    network["Notary"].start()
    network.run_network()
    stx: SignedTransaction = a.stored_result("paid")
    return stx


def test_a_cordapp_that_was_upgraded(
    new_network: NewNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payment keeps the version that it was built with; a new one takes the new version."""
    network = new_network(reload=False)
    with waiting(network) as a:
        before = a.hub.contract_attachment_id(CASH_CONTRACT)
        newest = a.hub.contract_attachment_id(ACCOUNT_CONTRACT)
        monkeypatch.setattr(AttachmentStorage, "contract_attachment_id", lambda *_: newest)
        a.restart()
        stx = paid(network)
    assert before in stx.attachments
    assert newest not in stx.attachments


def test_parameters_that_were_changed(
    new_network: NewNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = new_network(reload=False)
    with waiting(network) as a:
        before = network.site.parameters
        after = replace(before, epoch=before.epoch + 1)
        known = {before.hash: before, after.hash: after}

        def by_hash(_: ServiceHub, wanted: SecureHash) -> NetworkParameters | None:
            return known.get(wanted)

        monkeypatch.setattr(ServiceHub, "network_parameters_by_hash", by_hash)
        a.site = replace(a.site, parameters=after)
        a.restart()
        assert a.hub.network_parameters.hash == after.hash
        assert paid(network).network_parameters_hash == before.hash


def test_parameters_that_are_forgotten_stop_the_flow(new_network: NewNetwork) -> None:
    network = new_network(reload=False)
    with waiting(network) as a:
        before = network.site.parameters
        a.site = replace(a.site, parameters=replace(before, epoch=before.epoch + 1))
        a.restart()
        flow = only_flow(a)
    assert flow.status is FlowStatus.HOSPITALIZED
    assert str(before.hash) in str(flow.error)
