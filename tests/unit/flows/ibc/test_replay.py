"""A packet is received once: whoever tries again meets the contract, the validator, the notary."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import ContractRejection
from corda_sim.core.instants import instant
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow.notary.errors import Conflict, NotaryException
from corda_sim.ibc.host import paths
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.ibc.window import window_for
from flows.notarise import NotaryFlow
from flows.refusals import AlreadySignedRefused
from flows.validation import RequestValidationFlow
from tests.unit.flows.ibc.host_side import HostBridge, opened_bridge
from tests.unit.ibc.chain import PORT

SALT = bytes(range(32))


@pytest.fixture(scope="module")
def bridge(module_network: MockNetwork) -> HostBridge:
    return opened_bridge(module_network)


@pytest.fixture
def received(bridge: HostBridge) -> SignedTransaction:
    """The transaction that received a packet."""
    packet = bridge.send(bridge.qbft, b"once")
    told = bridge.host.submit(bridge.recv(packet, bridge.qbft))
    stx = bridge.host.node.hub.load_verified(SecureHash.parse(told.transaction))
    assert stx is not None
    return stx


def again(
    node: MockNode,
    stx: SignedTransaction,
    inputs: Iterable[StateRef],
    references: Iterable[StateRef] = (),
) -> SignedTransaction:
    """The same messages over other states, signed by the node."""
    hub = node.hub
    builder = TransactionBuilder(stx.notary)
    for ref in inputs:
        builder.add_input_state(hub.state_and_ref(ref))
    for ref in (*stx.references, *references):
        builder.add_reference_state(hub.state_and_ref(ref))
    for output in stx.outputs:
        builder.add_output_state(output)
    for command in stx.commands:
        builder.add_command(command)
    builder.set_time_window(window_for(instant(node.network.clock.now_ns), ()))
    wire = builder.to_wire_transaction(hub, SALT)
    pair = node.network.keys["PartyA"]
    return SignedTransaction.of(wire, [sign_transaction_id(pair, wire.id)])


def test_a_used_ticket_is_a_double_spend(bridge: HostBridge, received: SignedTransaction) -> None:
    node, network = bridge.host.node, bridge.host.network
    validator = network.party_of("Validator")
    copy = again(node, received, received.inputs)
    with pytest.raises(AlreadySignedRefused):
        node.run_flow(RequestValidationFlow(copy, validator))
    network.advance(timedelta(minutes=1))
    copy = again(node, received, received.inputs)
    signed = node.run_flow(RequestValidationFlow(copy, validator))
    with pytest.raises(NotaryException) as refused:
        node.run_flow(NotaryFlow(signed))
    assert isinstance(refused.value.error, Conflict)
    assert [one.ref for one in refused.value.error.consumed_states] == list(received.inputs)


def test_a_receipt_is_no_ticket(bridge: HostBridge, received: SignedTransaction) -> None:
    node = bridge.host.node
    receipt = next(
        one.ref for one in received.tx.out_refs() if one.state.data.key.startswith("receipts/")
    )
    for attempt in (
        again(node, received, (receipt,)),
        again(node, received, (), (receipt,)),
    ):
        with pytest.raises(ContractRejection, match="work was done before"):
            attempt.verify(node.hub, check_sufficient_signatures=False)


def test_another_packets_ticket(bridge: HostBridge, received: SignedTransaction) -> None:
    node = bridge.host.node
    states = bridge.host.service.index.host(None)
    later = states.refs[paths.packet_receipt(PORT, "channel-0", 77)]
    attempt = again(node, received, (later,))
    with pytest.raises(ContractRejection, match="no ticket for receipts/"):
        attempt.verify(node.hub, check_sufficient_signatures=False)


def test_a_ticket_is_consumed_not_referred_to(
    bridge: HostBridge, received: SignedTransaction
) -> None:
    node = bridge.host.node
    attempt = again(node, received, (), received.inputs)
    with pytest.raises(ContractRejection, match="what changes is consumed"):
        attempt.verify(node.hub, check_sufficient_signatures=False)
