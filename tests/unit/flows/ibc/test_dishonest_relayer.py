"""A relayer that lies to a Corda node: a typed error, and nothing on the ledger has changed.

What it can't show to an enclave at all is in tests/unit/ibc/test_bridge.py.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.acknowledgement import Acknowledgement
from corda_sim.ibc.channel.packet import MsgRecvPacket
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgUpdateClient
from corda_sim.ibc.errors import (
    ErrFailedPacketAckVerification,
    ErrFailedPacketCommitmentVerification,
)
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.lcp.errors import (
    AVRInvalid,
    LCPClientAVRInvalidSignature,
    LCPClientClientStateUnexpectedMrenclave,
    LCPClientEnclaveKeyNotExist,
    LCPClientUpdateStateUnexpectedPrevStateId,
)
from corda_sim.ibc.lightclients.lcp.messages import UpdateState
from corda_sim.ibc.lightclients.lcp.types import RegisterEnclaveKeyMessage
from corda_sim.ibc.protobuf import Message
from corda_sim.testing.mock_network import MockNetwork
from tests.unit.flows.ibc.host_side import HostBridge, opened_bridge
from tests.unit.ibc.chain import PORT
from tests.unit.ibc.enclave import (
    MRENCLAVE,
    NOBODY,
    Enclave,
    certificate,
    quote_body,
    registration,
    report,
)

ATTACKER = Enclave(keccak256(b"an attacker's enclave"))
ACK = Acknowledgement(result=b"\x01").encode()


@pytest.fixture(scope="module")
def bridge(module_network: MockNetwork) -> HostBridge:
    return opened_bridge(module_network)


@contextmanager
def unchanged(bridge: HostBridge) -> Iterator[None]:
    """The host's states, by key, are the same ones afterwards on every node."""
    names = ("PartyA", "PartyB", "Validator")
    nodes = [bridge.host.network[name].hub for name in names]
    service = type(bridge.host.service)
    before = [dict(hub.cordapp_service(service).index.host(None).refs) for hub in nodes]
    yield
    bridge.host.network.advance(timedelta(seconds=1))
    after = [dict(hub.cordapp_service(service).index.host(None).refs) for hub in nodes]
    assert before == after


def refused(bridge: HostBridge, message: Message, error: type[Exception]) -> None:
    with unchanged(bridge), pytest.raises(error) as caught:
        bridge.host.submit(message)
    assert type(caught.value) is error


# --- packets ---


def altered(message: MsgRecvPacket, _: HostBridge) -> MsgRecvPacket:
    return replace(message, packet=replace(message.packet, data=b"forged"))


def at_another_height(message: MsgRecvPacket, bridge: HostBridge) -> MsgRecvPacket:
    return replace(message, proof_height=bridge.qbft.tell(bridge.corda))


def at_an_unknown_height(message: MsgRecvPacket, _: HostBridge) -> MsgRecvPacket:
    return replace(message, proof_height=Height(0, 10**6))


def of_another_channel(message: MsgRecvPacket, bridge: HostBridge) -> MsgRecvPacket:
    packet = message.packet
    path = paths.packet_commitment(PORT, "channel-9", packet.sequence)
    bridge.qbft.store.set(path, packet.commitment)
    proof, height = bridge.proven(bridge.qbft, path)
    return replace(message, proof_commitment=proof, proof_height=height)


def by_another_enclave(message: MsgRecvPacket, bridge: HostBridge) -> MsgRecvPacket:
    packet, height = message.packet, message.proof_height
    path = paths.packet_commitment(PORT, packet.source_channel, packet.sequence)
    bridge.qbft.enclave = ATTACKER
    proof = bridge.qbft.prove(path, height, packet.commitment)
    bridge.qbft.enclave = bridge.enclave
    return replace(message, proof_commitment=proof)


LIES = (altered, at_another_height, at_an_unknown_height, of_another_channel, by_another_enclave)


@pytest.mark.parametrize("lie", LIES)
def test_a_packet_that_was_not_sent_like_this(
    bridge: HostBridge, lie: Callable[[MsgRecvPacket, HostBridge], MsgRecvPacket]
) -> None:
    honest = bridge.recv(bridge.send(bridge.qbft, b"honest"), bridge.qbft)
    refused(bridge, lie(honest, bridge), ErrFailedPacketCommitmentVerification)
    assert bridge.host.submit(honest).results == ("SUCCESS",)


def test_a_replayed_packet(bridge: HostBridge) -> None:
    honest = bridge.recv(bridge.send(bridge.qbft, b"once"), bridge.qbft)
    bridge.host.submit(honest)
    with unchanged(bridge):
        assert bridge.host.submit(honest).results == ("NOOP",)


def test_an_acknowledgement_of_another_packet_or_made_up(bridge: HostBridge) -> None:
    first, second = (bridge.send_from_host(data) for data in (b"1", b"2"))
    bridge.qbft.module.answer = Acknowledgement.of_error(1)
    bridge.qbft.deliver(bridge.recv(first, bridge.corda))
    bridge.qbft.module.answer = Acknowledgement(result=b"\x01")
    bridge.qbft.deliver(bridge.recv(second, bridge.corda))
    good = bridge.ack(second, bridge.qbft, ACK)
    refused(bridge, replace(good, packet=first), ErrFailedPacketAckVerification)
    refused(bridge, replace(good, acknowledgement=b"forged"), ErrFailedPacketAckVerification)
    assert bridge.host.submit(good).results == ("SUCCESS",)


# --- the client ---


def update_of(bridge: HostBridge) -> UpdateState:
    """What an honest enclave says of a new block."""
    number = bridge.qbft.make_block()
    trusted = bridge.qbft.followed.store.latest_height.revision_height
    header = AnyMessage.pack(bridge.qbft.chain.header(number, trusted))
    update = bridge.qbft.followed.update(header, bridge.qbft.now)
    assert isinstance(update, UpdateState)
    return update


def test_an_update_by_a_key_that_isnt_registered(bridge: HostBridge) -> None:
    update = update_of(bridge)
    forged = MsgUpdateClient(bridge.host.client_id, ATTACKER.update(update))
    refused(bridge, forged, LCPClientEnclaveKeyNotExist)
    bridge.host.learn(update)


def test_an_update_of_another_client(bridge: HostBridge) -> None:
    update = update_of(bridge)
    foreign = replace(update, prev_state_id=keccak256(b"the state of another client"))
    wrong = MsgUpdateClient(bridge.host.client_id, bridge.enclave.update(foreign))
    refused(bridge, wrong, LCPClientUpdateStateUnexpectedPrevStateId)
    bridge.host.learn(update)


def attested(bridge: HostBridge, mrenclave: bytes) -> RegisterEnclaveKeyMessage:
    seconds = bridge.host.network.clock.now_ns // 10**9
    return registration(report(quote_body(ATTACKER.address, NOBODY, mrenclave=mrenclave), seconds))


def registering(bridge: HostBridge, message: RegisterEnclaveKeyMessage) -> MsgUpdateClient:
    return MsgUpdateClient(bridge.host.client_id, AnyMessage.pack(message))


def test_reports_that_are_altered_or_of_another_measurement(bridge: HostBridge) -> None:
    good = attested(bridge, MRENCLAVE)
    forged = replace(good, report=good.report.replace(b'"id":"1"', b'"id":"2"'))
    refused(bridge, registering(bridge, forged), LCPClientAVRInvalidSignature)
    other = attested(bridge, bytes((MRENCLAVE[0] ^ 1,)) + MRENCLAVE[1:])
    refused(bridge, registering(bridge, other), LCPClientClientStateUnexpectedMrenclave)
    strangers = replace(good, signing_cert=certificate("signer", "another root"))
    refused(bridge, registering(bridge, strangers), AVRInvalid)
