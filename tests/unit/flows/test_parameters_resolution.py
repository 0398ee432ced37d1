"""Transactions under network parameters that the receiver doesn't know yet."""

import os
from dataclasses import dataclass, replace

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.crypto.crypto import load_private_key
from corda_sim.core.errors import TransactionNetworkParameterOrderingException
from corda_sim.core.network import NetworkParameters, SignedNetworkParameters
from corda_sim.core.transactions import SignedTransaction
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow import UnexpectedFlowEndException
from corda_sim.node.certificates import DevelopmentHierarchy
from corda_sim.node.network_parameters import stage_network_parameters
from corda_sim.node.parameters_storage import NodeParametersStorage
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow
from tests.unit.flows.conftest import NewNetwork

YEN = Amount.parse("100 JPY")


@dataclass
class Rig:
    network: MockNetwork
    root: DevelopmentHierarchy

    @property
    def a(self) -> MockNode:
        return self.network["PartyA"]

    @property
    def b(self) -> MockNode:
        return self.network["PartyB"]

    def signed(
        self, parameters: NetworkParameters, by: DevelopmentHierarchy | None = None
    ) -> SignedNetworkParameters:
        signer = (by or self.root).parameters
        path = tuple(reversed(signer.path))
        return SignedNetworkParameters.sign(parameters, load_private_key(signer.pkcs8), path)

    def adopt(self, node: MockNode, signed: SignedNetworkParameters) -> None:
        """The node has had these parameters since before the test."""
        parameters = signed.verified()
        old = node.hub.network_parameters
        node.hub.past_parameters[old.hash] = old
        node.hub.network_parameters = parameters
        batch = WriteBatch()
        stage_network_parameters(batch, signed)
        node.storage.commit([batch], epoch=None)

    def issue(self) -> SignedTransaction:
        return self.a.run_flow(CashIssueFlow(YEN))


@pytest.fixture
def rig(new_network: NewNetwork) -> Rig:
    network = new_network()
    now = network.parameters.modified_time
    root = DevelopmentHierarchy.create(now, os.urandom)
    for node in network.nodes.values():
        node.hub.cordapp_services[NodeParametersStorage] = NodeParametersStorage(
            node.storage, node.hub, root.trust_root, lambda: now
        )
    return Rig(network, root)


def newer(rig: Rig) -> NetworkParameters:
    return replace(rig.network.parameters, epoch=2)


def test_unknown_parameters_are_fetched_and_kept(rig: Rig) -> None:
    signed = rig.signed(newer(rig))
    for node in (rig.a, rig.network["Notary"]):
        rig.adopt(node, signed)
    issued = rig.issue()
    paid = rig.a.run_flow(CashPaymentFlow(YEN, rig.b.party))
    assert issued.network_parameters_hash == paid.network_parameters_hash == signed.hash
    assert rig.b.hub.is_verified(paid.id)
    assert rig.b.hub.network_parameters_by_hash(signed.hash) == newer(rig)
    storage = rig.b.hub.cordapp_service(NodeParametersStorage)
    assert storage.load_signed(signed.hash) == signed
    assert rig.b.hub.network_parameters == rig.network.parameters


def test_parameters_that_another_network_signed(rig: Rig) -> None:
    now = rig.network.parameters.modified_time
    foreign = rig.signed(newer(rig), DevelopmentHierarchy.create(now, os.urandom))
    for node in (rig.a, rig.network["Notary"]):
        rig.adopt(node, foreign)
    rig.issue()
    paying = rig.a.start_flow(CashPaymentFlow(YEN, rig.b.party))
    rig.network.run_network()
    assert rig.b.hub.network_parameters_by_hash(foreign.hash) is None
    assert rig.b.hub.vault.balances() == ()
    assert paying.ended is None or isinstance(paying.ended.error, UnexpectedFlowEndException)


def test_an_older_epoch_may_not_follow_a_newer_one(rig: Rig) -> None:
    signed = rig.signed(newer(rig))
    for node in (rig.a, rig.network["Notary"]):
        rig.adopt(node, signed)
    rig.issue()
    old, new = rig.network.parameters, rig.a.hub.network_parameters
    rig.a.hub.past_parameters[new.hash] = new
    rig.a.hub.network_parameters = old
    with pytest.raises(TransactionNetworkParameterOrderingException, match="older than the epoch"):
        rig.a.run_flow(CashPaymentFlow(YEN, rig.b.party))
