"""Packets over nodes that fail, and tickets that run out."""

from datetime import timedelta

import pytest

from corda_sim.ibc.channel.acknowledgement import Acknowledgement
from corda_sim.ibc.channel.packet import MsgAcknowledgement
from corda_sim.ibc.errors import BridgeHostUnknown
from corda_sim.testing.mock_network import MockNetwork
from flows.ibc.plan import BATCH
from flows.ibc.refill import EVERY
from flows.ibc.submit import IbcSubmitFlow
from tests.unit.flows.ibc.host_side import (
    HostBridge,
    opened_bridge,
    packets_of,
    run_all,
    send_message,
)
from tests.unit.ibc.chain import PORT

ACK = Acknowledgement(result=b"\x01").encode()


def test_a_missed_window_is_built_anew(bridge: HostBridge) -> None:
    host, network = bridge.host, bridge.host.network
    bridge.send_from_host(b"first")
    network["Validator"].kill()
    flow = host.node.start_flow(IbcSubmitFlow((send_message(b"late"),)))
    network.run_network()
    network.clock.advance(timedelta(minutes=2))
    network["Validator"].restart()
    network.run_network()
    for _ in range(10):
        network.advance(timedelta(milliseconds=200))
    (packet,) = packets_of(flow.result())
    assert packet.data == b"late"


def test_both_ends_survive_restarts(bridge: HostBridge) -> None:
    host, network = bridge.host, bridge.host.network
    first = bridge.send_from_host(b"before")
    before = host.service.paths(None, "")
    for name in ("PartyA", "PartyB", "Validator"):
        network[name].restart()
    assert host.service.paths(None, "") == before
    bridge.qbft.deliver(bridge.recv(first, host))
    acknowledged: MsgAcknowledgement = bridge.ack(first, bridge.qbft, ACK)
    assert host.submit(acknowledged).results == ("SUCCESS",)
    assert bridge.send_from_host(b"after").sequence == 2


def test_tickets_are_minted_ahead_by_every_fiftieth_packet(module_network: MockNetwork) -> None:
    bridge = opened_bridge(module_network)
    host = bridge.host
    bridge.send_from_host(b"mints the first batch")
    group = f"commitments/ports/{PORT}/channels/channel-0/sequences/"
    tickets = host.service.index.host(None).tickets[group]
    assert [number for number, _ in tickets] == list(range(2, BATCH + 1))
    run_all(
        host.network,
        [(host.node, IbcSubmitFlow((send_message(b"%d" % n),))) for n in range(EVERY - 1)],
    )
    assert [number for number, _ in tickets] == list(range(EVERY + 1, BATCH + EVERY + 1))


def test_a_node_without_a_host(network: MockNetwork) -> None:
    with pytest.raises(BridgeHostUnknown, match="no host on this node"):
        network["PartyA"].run_flow(IbcSubmitFlow((send_message(b"x"),)))
