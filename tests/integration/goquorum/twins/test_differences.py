"""Where yui-ibc-solidity's handler, and so ours in Solidity, goes other ways than ibc-go's.

What isn't told here they do alike: `test_agreement` sees to that.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.acknowledgement import RawAcknowledgement
from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    MsgTimeoutOnClose,
    Packet,
    commit_acknowledgement,
)
from corda_sim.ibc.channel.receiving import write_acknowledgement
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.channel.types import Channel, ChannelCounterparty, ChannelState, Order
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Status
from corda_sim.ibc.client.types import MsgUpdateClient
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.connection.types import (
    ConnectionEnd,
    ConnectionState,
    Counterparty,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
)
from corda_sim.ibc.errors import ErrInvalidClient
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.endpoint.account import Sender
from tests.integration.goquorum.twins.client import consensus, proof
from tests.integration.goquorum.twins.pair import PORT, AnyChain, Outcome, Twins
from tests.integration.goquorum.twins.story import (
    CONSENSUS_HEIGHT,
    FULL,
    HEIGHT,
    NEVER,
    SELF_CONSENSUS,
    SELF_STATE,
    THEIR_CHANNEL,
    THEIR_CLIENT,
    THEIR_CONNECTION,
    Story,
)

pytestmark = pytest.mark.integration
ACCEPTED = Outcome(None)
OURS, CLIENT = "channel-0", "mock-client-0"
PACKET = Packet(1, "theirs", THEIR_CHANNEL, PORT, OURS, b"hello", NEVER)
ACK_PATH = paths.packet_acknowledgement(PORT, OURS, 1)


@pytest.fixture
def twins(fresh: Callable[[], Twins]) -> Twins:
    """With an open channel."""
    made = fresh()
    Story(made).begin(3)
    return made


def prove(path: str, value: bytes | None) -> bytes:
    return proof(HEIGHT, IBC_PREFIX.key_prefix, path, value)


def receiving(packet: Packet) -> MsgRecvPacket:
    path = paths.packet_commitment(packet.source_port, packet.source_channel, packet.sequence)
    return MsgRecvPacket(packet, prove(path, packet.commitment), HEIGHT)


def trying(
    at: Height = CONSENSUS_HEIGHT, delay: int = 0, client: str = THEIR_CLIENT
) -> MsgConnectionOpenTry:
    theirs = ConnectionEnd(
        client, (FULL,), ConnectionState.INIT, Counterparty(CLIENT, "", IBC_PREFIX), delay
    )
    return MsgConnectionOpenTry(
        CLIENT,
        SELF_STATE,
        Counterparty(client, THEIR_CONNECTION, IBC_PREFIX),
        (FULL,),
        HEIGHT,
        prove(paths.connection(THEIR_CONNECTION), theirs.encode()),
        prove(paths.client_state(client), SELF_STATE.encode()),
        prove(paths.consensus_state(client, at), SELF_CONSENSUS.encode()),
        at,
        delay_period=delay,
        host_consensus_state_proof=SELF_CONSENSUS.encode(),
    )


def sent(twins: Twins) -> Packet:
    made = twins.send(SendPacket(PORT, OURS, b"out", NEVER))
    assert made is not None
    return made


# --- what is stored ---


def test_the_evm_keeps_the_hash_of_a_value_under_the_hash_of_its_path(twins: Twins) -> None:
    path = paths.connection("connection-0")
    value = twins.store.get(path)
    assert value is not None
    assert twins.rig.stored(path.encode()) == keccak256(value)
    assert twins.rig.handler.view("getCommitment", keccak256(path.encode())) == (keccak256(value),)


def test_the_evm_commits_to_the_next_sequence_to_receive_alone(twins: Twins) -> None:
    sequences = (paths.next_sequence_send, paths.next_sequence_recv, paths.next_sequence_ack)
    ours = [twins.store.get(path(PORT, OURS)) for path in sequences]
    assert ours == [bytes(7) + b"\1"] * 3
    theirs = [twins.rig.stored(path(PORT, OURS).encode()) for path in sequences]
    assert theirs == [bytes(32), keccak256(bytes(7) + b"\1"), bytes(32)]


def test_a_client_that_is_updated_beside_the_handler_is_committed_to_when_it_is_told(
    twins: Twins,
) -> None:
    """Our handlers keep a client's states in the provable store itself."""
    newer = consensus(Height(0, 9), 2000)
    path = paths.consensus_state(CLIENT, Height(0, 9)).encode()
    rig = twins.rig
    rig.client.transact(rig.owner, "updateClient", CLIENT, newer.encode())
    assert rig.stored(path) == bytes(32)
    rig.handler.transact(rig.owner, "updateClientCommitments", CLIENT, [(0, 9)])
    assert rig.stored(path) == keccak256(newer.encode())


# --- what is done twice ---


def test_a_packet_received_again_reverts_there_and_is_a_no_op_here(twins: Twins) -> None:
    msg = receiving(PACKET)
    assert twins.deliver(msg)
    assert twins.outcomes(msg) == (
        Outcome("IBCChannelPacketReceiptAlreadyExists"),
        Outcome("NOOP"),
    )


def test_a_packet_that_is_done_reverts_there_and_is_a_no_op_here(twins: Twins) -> None:
    packet = sent(twins)
    path = paths.packet_acknowledgement("theirs", THEIR_CHANNEL, 1)
    acked = MsgAcknowledgement(packet, b"ok", prove(path, commit_acknowledgement(b"ok")), HEIGHT)
    assert twins.deliver(acked)
    late = packet.timeout_height
    absent = proof(
        late, IBC_PREFIX.key_prefix, paths.packet_receipt("theirs", THEIR_CHANNEL, 1), None
    )
    for msg in (acked, MsgTimeout(packet, absent, late)):
        assert twins.outcomes(msg) == (
            Outcome("IBCChannelPacketCommitmentNotFound"),
            Outcome("NOOP"),
        )


# --- what is judged ---


class KnowsItself(AnyChain):
    def validate(self, client_state: AnyMessage) -> None:
        raise ErrInvalidClient(f"{client_state.type_url} is no client of ours")


def test_the_evm_believes_what_it_is_told_of_itself(twins: Twins) -> None:
    twins.self_client = KnowsItself()
    assert twins.outcomes(trying()) == (ACCEPTED, Outcome("ErrInvalidClient"))


def test_the_evm_takes_a_state_of_itself_from_the_future(twins: Twins) -> None:
    future = Height(0, 10**9)
    assert twins.outcomes(trying(at=future)) == (ACCEPTED, Outcome("ErrInvalidHeight"))


def test_the_evm_leaves_a_connections_delay_to_the_light_client(twins: Twins) -> None:
    day = 86_400 * 10**9
    story = Story(twins)
    assert twins.deliver(trying(delay=day))
    story.connection_confirm(1, HEIGHT, honest=True)
    story.channel_try(PORT, 1, Order.UNORDERED, HEIGHT, honest=True)
    story.channel_confirm(1, HEIGHT, honest=True)
    packet = replace(PACKET, destination_channel="channel-1")
    assert twins.outcomes(receiving(packet)) == (ACCEPTED, Outcome("ErrDelayPeriodNotPassed"))


def test_the_evm_asks_for_an_active_client_when_a_packet_is_sent_alone(twins: Twins) -> None:
    frozen_there = 2
    rig, twins.client.told = twins.rig, Status.FROZEN
    rig.client.transact(rig.owner, "setStatus", CLIENT, frozen_there)
    for msg in (
        receiving(PACKET),
        trying(),
        MsgUpdateClient(CLIENT, consensus(Height(0, 9), 2000)),
        MsgConnectionOpenInit(CLIENT, Counterparty(THEIR_CLIENT, "", IBC_PREFIX)),
    ):
        assert twins.outcomes(msg) == (ACCEPTED, Outcome("ErrClientFrozen"))
    assert twins.send(SendPacket(PORT, OURS, b"out", NEVER)) is None


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"data": b""}, "ErrInvalidPacket"),
        ({"timeout_height": Height()}, "ErrInvalidPacket"),
    ],
)
def test_the_evm_takes_packets_that_no_chain_of_ibc_go_sends(
    twins: Twins, changes: dict[str, object], refusal: str
) -> None:
    packet = replace(PACKET, **changes)  # type: ignore[arg-type]
    assert twins.outcomes(receiving(packet)) == (ACCEPTED, Outcome(refusal))


def test_the_evm_sends_packets_without_data(twins: Twins) -> None:
    arguments = (PORT, OURS, (0, 2**64 - 1), 0, b"")
    assert twins.solidity(lambda: twins.by_module("sendPacket", arguments)) == ACCEPTED
    msg = SendPacket(PORT, OURS, b"", NEVER)
    python = twins.python(lambda: twins.attempt(lambda ctx: send_packet(ctx, msg)))
    assert python == Outcome("ErrInvalidPacket")


@pytest.mark.parametrize("client", ["short", "has/slash-0", "x" * 65])
def test_the_evm_takes_identifiers_of_the_counterparty_as_they_are(
    twins: Twins, client: str
) -> None:
    assert twins.outcomes(trying(client=client)) == (ACCEPTED, Outcome("ErrInvalidID"))


# --- what modules may do ---


def test_a_modules_error_is_an_acknowledgement_here_and_a_revert_there(twins: Twins) -> None:
    """In Solidity a refusal undoes the receipt, too: the packet times out at its sender."""
    twins.module.fails = True
    msg = receiving(replace(PACKET, data=b"revert this"))
    assert twins.outcomes(msg) == (Outcome("MockReverted"), ACCEPTED)
    assert twins.store.get(ACK_PATH) == commit_acknowledgement(b"failed")
    receipt = paths.packet_receipt(PORT, OURS, 1)
    assert twins.rig.stored(ACK_PATH.encode()) == twins.rig.stored(receipt.encode()) == bytes(32)


def test_a_module_of_the_evm_may_acknowledge_what_never_came(twins: Twins) -> None:
    arguments = (PORT, OURS, 1, b"early")
    assert twins.solidity(lambda: twins.by_module("writeAcknowledgement", arguments)) == ACCEPTED
    early = RawAcknowledgement(b"early")
    python = twins.python(
        lambda: twins.attempt(lambda ctx: write_acknowledgement(ctx, PACKET, early))
    )
    assert python == Outcome("ErrInvalidPacket")


def test_ports_are_bound_by_the_handlers_owner_there_and_by_the_host_here(twins: Twins) -> None:
    rig = twins.rig
    stranger = Sender(rig.rpc, b"\x07" * 32)
    bound = twins.solidity(
        lambda: rig.handler.transact(stranger, "bindPort", "other", rig.module.address)
    )
    assert bound == Outcome("OwnableUnauthorizedAccount")
    Story(twins).channel_try("other", 0, Order.UNORDERED, HEIGHT, honest=True)
    twins.assert_same_commitments()


def test_the_evm_takes_the_counterpartys_count_of_upgrades_from_the_message(twins: Twins) -> None:
    """Our handlers know no upgrades: the other end that they expect has had none."""
    packet = sent(twins)
    theirs = Channel(
        ChannelState.CLOSED,
        Order.UNORDERED,
        ChannelCounterparty(PORT, OURS),
        (THEIR_CONNECTION,),
        "v1",
        upgrade_sequence=2,
    )
    msg = MsgTimeoutOnClose(
        packet,
        prove(paths.packet_receipt("theirs", THEIR_CHANNEL, 1), None),
        prove(paths.channel("theirs", THEIR_CHANNEL), theirs.encode()),
        HEIGHT,
        counterparty_upgrade_sequence=2,
    )
    assert twins.outcomes(msg) == (ACCEPTED, Outcome("ErrFailedChannelStateVerification"))
