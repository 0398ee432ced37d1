"""What the events of GoQuorum's contracts say of packets and tokens."""

import pytest
from eth_abi.abi import encode

from corda_sim.cross.atomic.simple.types import PacketDataCall
from corda_sim.cross.packets.types import PacketData
from corda_sim.cross.tx.types import ResolvedContractTransaction
from corda_sim.ibc.channel.packet import Packet, commit_acknowledgement
from corda_sim.ibc.client.height import Height
from corda_sim.invariants.bridge.reading_goquorum import calls_in, read_event, transfers_of
from corda_sim.invariants.bridge.views import PacketView, Place, Token, Transfer
from goquorum.endpoint.abi import Decoded
from goquorum.endpoint.ibc_calls import packet_fields
from goquorum.endpoint.ibc_handler import Told

CONTRACT, SELLER, BUYER = b"\x0f" * 20, b"\x01" * 20, b"\x02" * 20
TOKEN = Token(CONTRACT, 7)
KINDS = ("address", "address", "address", "uint256")
INFO = encode(KINDS, (CONTRACT, SELLER, BUYER, 7))


def told(name: str, **arguments: object) -> Told:
    return Told(12, "0x1", Decoded(name, arguments))


def received(packet: Packet) -> Told:
    return told("RecvPacket", packet=packet_fields(packet))


def call(info: bytes = INFO, port: str = "cross") -> Packet:
    asked = PacketDataCall(b"\xaa" * 32, ResolvedContractTransaction(call_info=info))
    data = PacketData.of(asked).encode()
    return Packet(3, "cross", "channel-0", port, "channel-5", data, Height(0, 9), 11)


def test_packets() -> None:
    packet, view = call(), PacketView("goquorum")
    ends = {"sourcePort": "cross", "sourceChannel": "channel-0", "sequence": 3}
    limits = {"timeoutHeight": (0, 9), "timeoutTimestamp": 11}
    there = {"destinationPortId": "cross", "destinationChannel": "channel-5", "sequence": 3}

    for event in (
        told("SendPacket", **ends, **limits, data=packet.data),
        received(packet),
        told("WriteAcknowledgement", **there, acknowledgement=b"ok"),
        told("AcknowledgePacket", packet=packet_fields(packet), acknowledgement=b"no"),
        told("TimeoutPacket", packet=packet_fields(packet)),
        told("TimeoutOnClose", packet=packet_fields(packet)),
        told("Transfer"),
    ):
        read_event(event, view)

    assert view.sent == [(Place("cross", "channel-0", 3), packet.commitment)]
    assert view.received == [packet]
    assert view.answers == {Place("cross", "channel-5", 3): commit_acknowledgement(b"ok")}
    assert view.acknowledged == [(packet, b"no")]
    assert view.timed_out == [packet, packet]


def test_a_call_asks_for_a_transfer() -> None:
    (found,) = calls_in(received(call()))

    assert found.place == Place("cross", "channel-0", 3)
    assert found.wanted == Transfer("0x1", TOKEN, SELLER, BUYER)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(told("Transfer"), id="another event"),
        pytest.param(received(call(port="mock")), id="another port"),
        pytest.param(received(call(b"short")), id="another call"),
    ],
)
def test_what_is_no_call_for_a_token(event: Told) -> None:
    assert list(calls_in(event)) == []


def test_transfers() -> None:
    ends = {"from": "0x" + SELLER.hex(), "to": "0x" + BUYER.hex(), "tokenId": 7}
    history = [told("Approval"), told("Transfer", **ends)]

    assert list(transfers_of(CONTRACT, history)) == [Transfer("0x1", TOKEN, SELLER, BUYER)]
