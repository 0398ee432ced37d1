"""A whole handshake, and packets both ways, between a Corda network and another chain."""

from corda_sim.ibc.channel.acknowledgement import Acknowledgement
from corda_sim.ibc.router import ResultType
from corda_sim.testing.mock_network import MockNetwork
from flows.ibc.service import BridgeService
from tests.unit.flows.ibc.host_side import HostBridge, make_host

ACK = Acknowledgement(result=b"\x01").encode()


def test_a_host_is_known_to_all_its_participants(network: MockNetwork) -> None:
    make_host(network)
    infos = [
        network[name].hub.cordapp_service(BridgeService).host(None)
        for name in ("PartyA", "PartyB", "Validator")
    ]
    assert infos[0] == infos[1] == infos[2]
    assert infos[0].height > 0


def test_packets_both_ways(bridge: HostBridge) -> None:
    packet = bridge.send_from_host(b"lock")
    assert packet.sequence == 1
    received = bridge.qbft.deliver(bridge.recv(packet, bridge.corda))
    acknowledged = bridge.corda.deliver(bridge.ack(packet, bridge.qbft, ACK))
    assert (received.result, acknowledged.result) == (ResultType.SUCCESS, ResultType.SUCCESS)
    back = bridge.send(bridge.qbft, b"sign")
    received = bridge.corda.deliver(bridge.recv(back, bridge.qbft))
    acknowledged = bridge.qbft.deliver(bridge.ack(back, bridge.corda, ACK))
    assert (received.result, acknowledged.result) == (ResultType.SUCCESS, ResultType.SUCCESS)
    assert bridge.qbft.module.calls[-1] == ("acknowledged", 1, ACK)
