"""Both light clients, LCP and the core together: what a relayer can do, and what it can't."""

from dataclasses import replace

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.acknowledgement import Acknowledgement
from corda_sim.ibc.channel.types import ChannelState
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.client.types import MsgUpdateClient
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.connection.types import ConnectionState
from corda_sim.ibc.errors import (
    ErrClientFrozen,
    ErrFailedConnectionStateVerification,
    ErrFailedPacketAckVerification,
    ErrFailedPacketCommitmentVerification,
    ErrFailedPacketReceiptVerification,
    ErrInvalidClient,
    ErrInvalidHeader,
    ErrInvalidProof,
    ErrTimeoutElapsed,
    ErrTimeoutNotReached,
    IbcError,
)
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.lcp.errors import (
    LCPClientEnclaveKeyNotExist,
    LCPClientUpdateStateUnexpectedPrevStateId,
)
from corda_sim.ibc.lightclients.lcp.types import ClientState as LcpClientState
from corda_sim.ibc.moment import NANOS_PER_SECOND
from corda_sim.ibc.router import ResultType
from tests.unit.ibc.bridge import BridgeOfTwo, open_bridge
from tests.unit.ibc.chain import PORT
from tests.unit.ibc.corda_ledger import VALIDATORS, keys
from tests.unit.ibc.enclave import Enclave
from tests.unit.ibc.qbft_chain import validators

ACK = Acknowledgement(result=b"\x01").encode()


@pytest.fixture
def bridge() -> BridgeOfTwo:
    return open_bridge()


# --- what works ---


def test_handshakes_open_both_ends(bridge: BridgeOfTwo) -> None:
    for side in (bridge.corda, bridge.qbft):
        connection = side.store.values[paths.connection(side.connection_id)]
        assert b"lcp-client-0" in connection
        assert connection.count(bytes((0x18, ConnectionState.OPEN))) == 1
        channel = side.store.values[paths.channel(PORT, side.channel_id)]
        assert channel[:2] == bytes((0x08, ChannelState.OPEN))


def test_packet_from_corda_and_back(bridge: BridgeOfTwo) -> None:
    packet = bridge.send(bridge.corda, b"lock")
    received = bridge.qbft.deliver(bridge.recv(packet, bridge.corda))
    acknowledged = bridge.corda.deliver(bridge.ack(packet, bridge.qbft, ACK))
    assert (received.result, acknowledged.result) == (ResultType.SUCCESS, ResultType.SUCCESS)
    assert bridge.corda.module.calls[-1] == ("acknowledged", 1, ACK)


def test_packet_from_the_chain_and_back(bridge: BridgeOfTwo) -> None:
    packet = bridge.send(bridge.qbft, b"sign")
    received = bridge.corda.deliver(bridge.recv(packet, bridge.qbft))
    acknowledged = bridge.qbft.deliver(bridge.ack(packet, bridge.corda, ACK))
    assert (received.result, acknowledged.result) == (ResultType.SUCCESS, ResultType.SUCCESS)
    assert bridge.qbft.module.calls[-1] == ("acknowledged", 1, ACK)


def test_packets_both_ways_in_any_order(bridge: BridgeOfTwo) -> None:
    out = [bridge.send(bridge.corda, b"out %d" % number) for number in range(3)]
    back = [bridge.send(bridge.qbft, b"back %d" % number) for number in range(3)]
    for packet in reversed(out):
        bridge.qbft.deliver(bridge.recv(packet, bridge.corda))
    for packet in reversed(back):
        bridge.corda.deliver(bridge.recv(packet, bridge.qbft))
    assert [call[1] for call in bridge.qbft.module.calls if call[0] == "recv"] == [3, 2, 1]
    assert [call[1] for call in bridge.corda.module.calls if call[0] == "recv"] == [3, 2, 1]


def test_an_old_proof_of_presence_stays_good(bridge: BridgeOfTwo) -> None:
    msg = bridge.recv(bridge.send(bridge.qbft, b"early"), bridge.qbft)
    for _ in range(3):
        bridge.qbft.tell(bridge.corda)
    assert bridge.corda.deliver(msg).result is ResultType.SUCCESS


def test_timeout_proven_by_absence(bridge: BridgeOfTwo) -> None:
    deadline = bridge.qbft.now.latest + 60 * NANOS_PER_SECOND
    packet = bridge.send(bridge.corda, b"call", deadline)
    with pytest.raises(ErrTimeoutNotReached):
        bridge.corda.deliver(bridge.timeout(packet, bridge.qbft, 59))
    done = bridge.corda.deliver(bridge.timeout(packet, bridge.qbft, 1))
    assert done.result is ResultType.SUCCESS
    assert bridge.corda.module.calls[-1] == ("timed_out", 1)
    late = bridge.recv(packet, bridge.corda)
    with pytest.raises((ErrTimeoutElapsed, ErrFailedPacketCommitmentVerification)):
        bridge.qbft.deliver(late)


def test_validators_may_change_in_between(bridge: BridgeOfTwo) -> None:
    bridge.qbft.chain.secrets = validators(0, 1, 2, 7)
    bridge.qbft.tell(bridge.corda)
    bridge.qbft.chain.secrets = validators(1, 2, 7, 8)
    packet = bridge.send(bridge.qbft, b"later")
    assert bridge.corda.deliver(bridge.recv(packet, bridge.qbft)).result is ResultType.SUCCESS


# --- a dishonest relayer ---


def unchanged(side_store: dict[str, bytes], before: dict[str, bytes]) -> bool:
    return side_store == before


def test_altered_packet(bridge: BridgeOfTwo) -> None:
    msg = bridge.recv(bridge.send(bridge.qbft, b"100"), bridge.qbft)
    before = dict(bridge.corda.store.values)
    for change in ({"data": b"999"}, {"sequence": 2}, {"timeout_timestamp": 10**19}):
        altered = replace(msg.packet, **change)
        with pytest.raises(ErrFailedPacketCommitmentVerification):
            bridge.corda.deliver(replace(msg, packet=altered))
    assert unchanged(bridge.corda.store.values, before)


def test_replayed_packet(bridge: BridgeOfTwo) -> None:
    msg = bridge.recv(bridge.send(bridge.qbft, b"once"), bridge.qbft)
    bridge.corda.deliver(msg)
    before = dict(bridge.corda.store.values)
    assert bridge.corda.deliver(msg).result is ResultType.NOOP
    assert unchanged(bridge.corda.store.values, before)


def test_acknowledgement_of_another_packet(bridge: BridgeOfTwo) -> None:
    first, second = (bridge.send(bridge.corda, data) for data in (b"1", b"2"))
    bridge.qbft.module.answer = Acknowledgement.of_error(1)
    bridge.qbft.deliver(bridge.recv(first, bridge.corda))
    bridge.qbft.module.answer = Acknowledgement(result=b"\x01")
    bridge.qbft.deliver(bridge.recv(second, bridge.corda))
    good = bridge.ack(second, bridge.qbft, ACK)
    with pytest.raises(ErrFailedPacketAckVerification):
        bridge.corda.deliver(replace(good, packet=first))


def test_forged_acknowledgement(bridge: BridgeOfTwo) -> None:
    packet = bridge.send(bridge.corda, b"call")
    bridge.qbft.deliver(bridge.recv(packet, bridge.corda))
    good = bridge.ack(packet, bridge.qbft, ACK)
    with pytest.raises(ErrFailedPacketAckVerification):
        bridge.corda.deliver(replace(good, acknowledgement=b"forged"))


def test_proof_at_another_height(bridge: BridgeOfTwo) -> None:
    packet = bridge.send(bridge.qbft, b"x")
    msg = bridge.recv(packet, bridge.qbft)
    later = bridge.qbft.tell(bridge.corda)
    for height in (later, Height(0, 1), Height(1, 1)):
        with pytest.raises(ErrFailedPacketCommitmentVerification):
            bridge.corda.deliver(replace(msg, proof_height=height))


def test_proof_of_another_channel(bridge: BridgeOfTwo) -> None:
    packet = bridge.send(bridge.qbft, b"x")
    path = paths.packet_commitment(PORT, "channel-9", packet.sequence)
    bridge.qbft.store.set(path, packet.commitment)
    proof, height = bridge.proven(bridge.qbft, path)
    msg = replace(bridge.recv(packet, bridge.qbft), proof_commitment=proof, proof_height=height)
    with pytest.raises(ErrFailedPacketCommitmentVerification):
        bridge.corda.deliver(msg)


def test_absence_of_a_packet_that_was_received(bridge: BridgeOfTwo) -> None:
    deadline = bridge.qbft.now.latest + 60 * NANOS_PER_SECOND
    packet = bridge.send(bridge.corda, b"call", deadline)
    bridge.qbft.deliver(bridge.recv(packet, bridge.corda))
    with pytest.raises(ErrInvalidProof):
        bridge.timeout(packet, bridge.qbft, 100)


def test_absence_told_as_presence_and_the_reverse(bridge: BridgeOfTwo) -> None:
    packet = bridge.send(bridge.corda, b"call", bridge.qbft.now.latest + 2 * NANOS_PER_SECOND)
    bridge.qbft.deliver(bridge.recv(packet, bridge.corda))
    path = paths.packet_receipt(PORT, bridge.qbft.channel_id, packet.sequence)
    presence, height = bridge.proven(bridge.qbft, path)
    msg = bridge.timeout(replace(packet, sequence=9), bridge.qbft, 10)
    wrong = replace(msg, packet=packet, proof_unreceived=presence, proof_height=height)
    with pytest.raises((ErrFailedPacketReceiptVerification, ErrTimeoutNotReached)):
        bridge.corda.deliver(wrong)
    with pytest.raises(ErrFailedPacketReceiptVerification):
        bridge.corda.deliver(replace(msg, packet=packet))


def test_absence_from_an_older_transaction_than_the_height(bridge: BridgeOfTwo) -> None:
    path = paths.packet_receipt(PORT, bridge.corda.channel_id, 1)
    old = bridge.corda.show(path).tear_off().encode()
    height = bridge.corda.tell(bridge.qbft)
    proof = Proof(height, IBC_PREFIX.key_prefix, old)
    with pytest.raises(ErrInvalidProof):
        bridge.corda.followed.prove(proof, path, None, bridge.corda.now)


def test_unregistered_enclave(bridge: BridgeOfTwo) -> None:
    packet = bridge.send(bridge.qbft, b"x")
    bridge.qbft.enclave = Enclave(keccak256(b"an attacker's enclave"))
    with pytest.raises(ErrFailedPacketCommitmentVerification):
        bridge.corda.deliver(bridge.recv(packet, bridge.qbft))
    number = bridge.qbft.make_block()
    trusted = bridge.qbft.followed.store.latest_height.revision_height
    header = AnyMessage.pack(bridge.qbft.chain.header(number, trusted))
    update = bridge.qbft.followed.update(header, bridge.qbft.now)
    forged = MsgUpdateClient(bridge.corda.client_id, bridge.qbft.enclave.update(update))
    with pytest.raises(LCPClientEnclaveKeyNotExist):
        bridge.corda.deliver(forged)


def test_message_for_another_client(bridge: BridgeOfTwo) -> None:
    number = bridge.qbft.make_block()
    trusted = bridge.qbft.followed.store.latest_height.revision_height
    header = AnyMessage.pack(bridge.qbft.chain.header(number, trusted))
    update = bridge.qbft.followed.update(header, bridge.qbft.now)
    wrong = MsgUpdateClient(bridge.qbft.client_id, bridge.enclave.update(update))
    with pytest.raises(LCPClientUpdateStateUnexpectedPrevStateId):
        bridge.qbft.deliver(wrong)


@pytest.mark.parametrize("missing", [(2, 3), (0, 1, 2, 3)])
def test_header_with_too_few_seals_stops_at_the_enclave(
    bridge: BridgeOfTwo, missing: tuple[int, ...]
) -> None:
    number = bridge.qbft.make_block()
    trusted = bridge.qbft.followed.store.latest_height.revision_height
    header = bridge.qbft.chain.header(number, trusted, missing=missing)
    with pytest.raises(ErrInvalidHeader):
        bridge.qbft.followed.update(AnyMessage.pack(header), bridge.qbft.now)


def test_header_judged_by_an_old_state_stops_at_the_enclave(bridge: BridgeOfTwo) -> None:
    header = AnyMessage.pack(bridge.qbft.chain.header(bridge.qbft.make_block(), 1))
    with pytest.raises(ErrInvalidHeader):
        bridge.qbft.followed.update(header, bridge.qbft.now)


# --- a dishonest Corda party ---


@pytest.mark.parametrize("signers", [VALIDATORS, (keys(0), VALIDATORS[0]), (keys(0),)])
def test_tear_off_without_notary_or_validators_stops_at_the_enclave(
    bridge: BridgeOfTwo, signers: tuple[object, ...]
) -> None:
    shown = replace(bridge.corda.show("any/path"), signers=signers)  # type: ignore[arg-type]
    height = bridge.corda.followed.store.latest_height
    proof = Proof(height, IBC_PREFIX.key_prefix, shown.tear_off().encode())
    with pytest.raises(ErrInvalidProof):
        bridge.corda.followed.prove(proof, "any/path", None, bridge.corda.now)


@pytest.mark.parametrize(
    "change", [{"contract": "evil.Contract"}, {"notary": keys(9)}, {"output_notary": keys(9)}]
)
def test_tear_off_of_something_else_stops_at_the_enclave(
    bridge: BridgeOfTwo, change: dict[str, object]
) -> None:
    shown = replace(bridge.corda.show("any/path"), **change)  # type: ignore[arg-type]
    proof = Proof(bridge.corda.followed.store.latest_height, b"ibc", shown.tear_off().encode())
    with pytest.raises(ErrInvalidProof):
        bridge.corda.followed.prove(proof, "any/path", None, bridge.corda.now)


# --- clients of itself ---


def unconnected() -> BridgeOfTwo:
    bridge = BridgeOfTwo()
    bridge.connect()
    return bridge


@pytest.mark.parametrize("change", [{"mrenclave": b"\x12" * 32}, {"frozen": True}])
def test_corda_refuses_a_client_that_trusts_another_enclave(change: dict[str, object]) -> None:
    bridge = unconnected()
    msg = bridge.conn_ack()
    path = paths.connection(bridge.corda.connection_id)
    # as if the connection were still in INIT
    opened = bridge.corda.store.values[path]
    bridge.corda.store.set(path, opened.replace(b"\x18\x03", b"\x18\x01"))
    state = bridge.qbft.client_any.unpack(LcpClientState)
    wrong = AnyMessage.pack(replace(state, **change))  # type: ignore[arg-type]
    with pytest.raises(ErrInvalidClient):
        bridge.corda.deliver(replace(msg, client_state=wrong))


def test_corda_refuses_a_claim_about_its_past(bridge: BridgeOfTwo) -> None:
    msg = bridge.conn_ack()
    path = paths.connection(bridge.corda.connection_id)
    opened = bridge.corda.store.values[path]
    bridge.corda.store.set(path, opened.replace(b"\x18\x03", b"\x18\x01"))
    with pytest.raises(IbcError):
        bridge.corda.deliver(replace(msg, host_consensus_state_proof=b"another"))


def test_connection_try_needs_the_other_end(bridge: BridgeOfTwo) -> None:
    with pytest.raises(ErrFailedConnectionStateVerification):
        bridge.qbft.deliver(bridge.conn_try())


# --- misbehaviour ---


def test_two_blocks_at_one_height_freeze_the_client_on_corda(bridge: BridgeOfTwo) -> None:
    update_height = bridge.qbft.tell(bridge.corda)
    store = ClientStore(bridge.corda.store, bridge.corda.client_id)
    known = store.consensus_state(update_height)
    told = bridge.qbft.followed.told
    number = bridge.qbft.make_block()
    trusted = bridge.qbft.followed.store.latest_height.revision_height
    header = AnyMessage.pack(bridge.qbft.chain.header(number, trusted))
    update = bridge.qbft.followed.update(header, bridge.qbft.now)
    # an enclave that was told of a fork says another thing of a height that is stored
    forked = replace(update, prev_height=told, post_height=update_height)
    bridge.corda.learn(forked)
    assert store.consensus_state(update_height) == known
    packet = bridge.send(bridge.qbft, b"x")
    with pytest.raises(ErrClientFrozen):
        bridge.corda.deliver(bridge.recv(packet, bridge.qbft))
