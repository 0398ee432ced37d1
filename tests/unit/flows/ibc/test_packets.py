"""Packets in parallel, updates folded into them, and messages whose work is done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.ibc.any import AnyMessage, pack
from corda_sim.ibc.channel.acknowledgement import Acknowledgement
from corda_sim.ibc.channel.packet import MsgRecvPacket, Packet
from corda_sim.ibc.channel.sending import SendPacket
from corda_sim.ibc.channel.types import (
    Channel,
    ChannelCounterparty,
    ChannelState,
    MsgChannelOpenInit,
    Order,
)
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgUpdateClient
from corda_sim.ibc.errors import (
    BridgeHostUnknown,
    ErrFailedPacketCommitmentVerification,
    ErrInvalidPort,
    ErrTimeoutElapsed,
    FeatureLater,
)
from corda_sim.ibc.host import paths
from corda_sim.ibc.moment import NANOS_PER_SECOND
from corda_sim.testing.mock_network import MockNetwork
from flows.ibc.building import Submitted
from flows.ibc.minting import MintTicketsFlow
from flows.ibc.submit import IbcSubmitFlow
from tests.unit.flows.ibc.host_side import (
    HostBridge,
    HostSide,
    opened_bridge,
    packets_of,
    run_all,
    send_message,
)
from tests.unit.ibc.chain import PORT

ACK = Acknowledgement(result=b"\x01").encode()
NEVER = Height(0, 2**63)


@pytest.fixture(scope="module")
def bridge(module_network: MockNetwork) -> HostBridge:
    """One for all tests here, none of which leaves anything that another minds."""
    return opened_bridge(module_network)


def update_of(bridge: HostBridge) -> tuple[MsgUpdateClient, Height]:
    """The update that tells the host of a new block, not delivered yet."""
    told: list[MsgUpdateClient] = []
    host, learn = bridge.host, bridge.host.learn
    host.learn = lambda update: told.append(  # type: ignore[method-assign]
        MsgUpdateClient(host.client_id, host.enclave.update(update))
    )
    try:
        height = bridge.qbft.tell(host)
    finally:
        host.learn = learn  # type: ignore[method-assign]
    return told[0], height


def received(bridge: HostBridge, packet: Packet, height: Height) -> MsgRecvPacket:
    path = paths.packet_commitment(PORT, packet.source_channel, packet.sequence)
    proof = bridge.qbft.prove(path, height, bridge.qbft.store.values[path])
    return MsgRecvPacket(packet, proof, height)


def references_of(host: HostSide, told: Submitted) -> set[str]:
    stx = host.node.hub.load_verified(SecureHash.parse(told.transaction))
    assert stx is not None
    states = (host.node.hub.state_and_ref(ref).state.data for ref in stx.references)
    return {getattr(state, "key", "the host") for state in states}


def test_packets_run_in_parallel(bridge: HostBridge) -> None:
    host = bridge.host
    host.node.run_flow(MintTicketsFlow(PORT, host.channel_id, sends=8))
    messages = [IbcSubmitFlow((send_message(b"%d" % number),)) for number in range(8)]
    flows = [host.node.start_flow(one) for one in messages]
    host.network.run_network()
    told = [flow.result() for flow in flows]
    sent = [packets_of(one)[0] for one in told]
    first = min(packet.sequence for packet in sent)
    assert sorted(packet.sequence for packet in sent) == list(range(first, first + 8))
    assert len({one.transaction for one in told}) == 8
    assert {packet.data for packet in sent} == {b"%d" % number for number in range(8)}


def test_a_packet_refers_to_what_it_reads_and_takes_its_ticket_alone(bridge: HostBridge) -> None:
    host = bridge.host
    before = bridge.send_from_host(b"first").sequence
    told = host.submit(SendPacket(PORT, host.channel_id, b"second", NEVER))
    stx = host.node.hub.load_verified(SecureHash.parse(told.transaction))
    assert stx is not None
    inputs = [host.node.hub.state_and_ref(ref).state.data.key for ref in stx.inputs]
    assert inputs == [paths.packet_commitment(PORT, "channel-0", before + 1)]
    newest = paths.consensus_state(host.client_id, host.known)
    assert references_of(host, told) == {
        "the host",
        paths.channel(PORT, "channel-0"),
        paths.connection("connection-0"),
        paths.client_state("lcp-client-0"),
        newest,
    }


def test_two_nodes_that_deliver_one_packet_deliver_it_once(bridge: HostBridge) -> None:
    host, network = bridge.host, bridge.host.network
    packet = bridge.send(bridge.qbft, b"sign")
    recv = (pack(bridge.recv(packet, bridge.qbft)),)
    host.node.run_flow(MintTicketsFlow(PORT, host.channel_id, receives=2))
    nodes = (network["PartyA"], network["PartyB"])
    told = run_all(network, [(node, IbcSubmitFlow(recv)) for node in nodes])
    assert sorted(one.results for one in told) == [("NOOP",), ("SUCCESS",)]
    assert sorted(one.transaction == "" for one in told) == [False, True]


def test_an_update_is_folded_into_its_packets_transaction(bridge: HostBridge) -> None:
    host = bridge.host
    packet = bridge.send(bridge.qbft, b"sign")
    update, height = update_of(bridge)
    told = host.submit(update, received(bridge, packet, height))
    assert told.results == ("SUCCESS", "SUCCESS")
    kinds = [event.type for event in told.events]
    assert kinds == ["update_client", "recv_packet", "write_acknowledgement"]
    assert host.known == height
    again = host.submit(update, received(bridge, packet, height))
    assert again == Submitted("", 0, ("NOOP", "NOOP"), ())


def test_an_update_that_is_stored_is_left_out(bridge: HostBridge) -> None:
    host = bridge.host
    first, second = (bridge.send(bridge.qbft, data) for data in (b"one", b"two"))
    update, height = update_of(bridge)
    host.submit(update, received(bridge, first, height))
    told = host.submit(update, received(bridge, second, height))
    assert told.results == ("NOOP", "SUCCESS")
    assert [event.type for event in told.events] == ["recv_packet", "write_acknowledgement"]


def test_packets_received_in_any_order_and_acknowledged_once(bridge: HostBridge) -> None:
    host = bridge.host
    sent = [bridge.send(bridge.qbft, b"%d" % number) for number in range(3)]
    for packet in reversed(sent):
        assert host.submit(bridge.recv(packet, bridge.qbft)).results == ("SUCCESS",)
    packet = bridge.send_from_host(b"lock")
    path = paths.packet_commitment(PORT, host.channel_id, packet.sequence)
    assert path in host.service.paths(None, "commitments/")
    bridge.qbft.deliver(bridge.recv(packet, host))
    done = bridge.ack(packet, bridge.qbft, ACK)
    assert host.submit(done).results == ("SUCCESS",)
    assert host.submit(done).results == ("NOOP",)
    assert path not in host.service.paths(None, "commitments/")


def test_an_altered_packet_changes_nothing(bridge: HostBridge) -> None:
    host = bridge.host
    packet = bridge.send(bridge.qbft, b"sign")
    honest = bridge.recv(packet, bridge.qbft)
    altered = replace(packet, data=b"forged")
    forged = MsgRecvPacket(altered, honest.proof_commitment, honest.proof_height)
    before = host.service.paths(None, "")
    with pytest.raises(ErrFailedPacketCommitmentVerification):
        host.submit(forged)
    assert host.service.paths(None, "") == before
    assert host.submit(honest).results == ("SUCCESS",)


def test_a_packet_whose_time_is_over_isn_t_received(bridge: HostBridge) -> None:
    host = bridge.host
    deadline = host.network.clock.now_ns + 5 * NANOS_PER_SECOND
    packet = bridge.send(bridge.qbft, b"sign", deadline)
    late = bridge.recv(packet, bridge.qbft)
    host.network.advance(timedelta(seconds=5))
    with pytest.raises(ErrTimeoutElapsed):
        host.submit(late)


def test_a_windows_end_is_before_the_packets_time_out(bridge: HostBridge) -> None:
    host = bridge.host
    deadline = host.network.clock.now_ns + 9 * NANOS_PER_SECOND
    packet = bridge.send(bridge.qbft, b"sign", deadline)
    told = host.submit(bridge.recv(packet, bridge.qbft))
    stx = host.node.hub.load_verified(SecureHash.parse(told.transaction))
    assert stx is not None
    assert stx.time_window is not None
    assert stx.time_window.until_time is not None
    assert int(stx.time_window.until_time.timestamp()) == deadline // NANOS_PER_SECOND


def test_ordered_channels_are_refused(bridge: HostBridge) -> None:
    hops = (bridge.host.connection_id,)
    end = Channel(ChannelState.INIT, Order.ORDERED, ChannelCounterparty(PORT), hops, "1")
    with pytest.raises(FeatureLater, match="ORDERED"):
        bridge.host.submit(MsgChannelOpenInit(PORT, end))


def test_ports_that_the_host_doesnt_bind(bridge: HostBridge) -> None:
    hops = (bridge.host.connection_id,)
    end = Channel(ChannelState.INIT, Order.UNORDERED, ChannelCounterparty(PORT), hops, "1")
    with pytest.raises(ErrInvalidPort, match="transfer"):
        bridge.host.submit(MsgChannelOpenInit("transfer", end))


def test_unknown_messages_and_unknown_hosts(bridge: HostBridge) -> None:
    host = bridge.host
    upgrade = AnyMessage("/ibc.core.channel.v1.MsgChannelUpgradeInit", b"").encode()
    with pytest.raises(FeatureLater):
        host.node.run_flow(IbcSubmitFlow((upgrade,)))
    elsewhere = type(host.base_id)(SecureHash.sha256(b"elsewhere"), 0)
    with pytest.raises(BridgeHostUnknown):
        host.node.run_flow(IbcSubmitFlow((send_message(b"x"),), elsewhere))
