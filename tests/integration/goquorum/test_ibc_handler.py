"""Our IBC handler on an EVM: what it commits, what it accepts, and every refusal."""

import pytest

from goquorum.endpoint.abi import keccak256
from tests.integration.goquorum import channels
from tests.integration.goquorum.channels import CLOSED, Opened, open_channel, open_connection
from tests.integration.goquorum.conftest import (
    HEIGHT,
    PREFIX,
    Rig,
    absence,
    membership,
    refused,
    sha256,
    state,
)

pytestmark = pytest.mark.integration
FAR = (0, 2**64 - 1)


def packet(
    opened: Opened,
    sequence: int = 1,
    data: bytes = b"hello",
    *,
    to_us: bool = True,
    timeout: tuple[int, int] = FAR,
    timestamp: int = 0,
) -> tuple[object, ...]:
    ours, theirs = ("mock", opened.channel), (opened.their_port, opened.their_channel)
    source, target = (theirs, ours) if to_us else (ours, theirs)
    return (sequence, *source, *target, data, timeout, timestamp)


def commitment(packet_: tuple[object, ...]) -> bytes:
    data, timeout, timestamp = packet_[5:]
    parts = [timestamp, *timeout]
    return sha256(b"".join(part.to_bytes(8, "big") for part in parts) + sha256(data))


def path_of(kind: str, port: object, channel: object, sequence: object) -> bytes:
    return f"{kind}/ports/{port}/channels/{channel}/sequences/{sequence}".encode()


def receive(opened: Opened, packet_: tuple[object, ...], proof: bytes | None = None) -> None:
    path = path_of("commitments", packet_[1], packet_[2], packet_[0])
    made = membership(path, commitment(packet_)) if proof is None else proof
    opened.rig.do("recvPacket", (packet_, made, HEIGHT))


def send(
    opened: Opened, data: bytes = b"hello", timeout: tuple[int, int] = FAR, timestamp: int = 0
) -> None:
    rig = opened.rig
    rig.module.transact(
        rig.owner,
        "sendPacket",
        rig.handler.address,
        "mock",
        opened.channel,
        timeout,
        timestamp,
        data,
    )


def acknowledge(
    opened: Opened, packet_: tuple[object, ...], ack: bytes, proof: bytes | None = None
) -> None:
    path = path_of("acks", packet_[3], packet_[4], packet_[0])
    made = membership(path, sha256(ack)) if proof is None else proof
    opened.rig.do("acknowledgePacket", (packet_, ack, made, HEIGHT))


@pytest.fixture
def opened(rig: Rig) -> Opened:
    return open_channel(rig)


# --- clients ------------------------------------------------------------------------------------


def test_a_client_is_committed_as_it_came(rig: Rig) -> None:
    assert rig.stored(b"clients/mock-client-0/clientState") == keccak256(b"client state")
    assert rig.stored(b"clients/mock-client-0/consensusStates/0-5") == keccak256(state())


def test_an_update_commits_the_new_state_beside_the_old(rig: Rig) -> None:
    newer = state((0, 9), 2 * 10**18)
    rig.do("updateClient", (rig.client_id, newer))
    assert rig.stored(b"clients/mock-client-0/consensusStates/0-9") == keccak256(newer)
    assert rig.stored(b"clients/mock-client-0/consensusStates/0-5") == keccak256(state())


def test_a_second_state_for_a_committed_height_is_refused(rig: Rig) -> None:
    other = state(HEIGHT, 7)
    assert refused(lambda: rig.do("updateClient", (rig.client_id, other))) == (
        "IBCClientInconsistentConsensusStateCommitment"
    )


def test_states_updated_without_the_handler_can_be_committed_later(rig: Rig) -> None:
    newer = state((0, 9))
    rig.client.transact(rig.owner, "updateClient", rig.client_id, newer)
    assert rig.stored(b"clients/mock-client-0/consensusStates/0-9") == bytes(32)
    rig.do("updateClientCommitments", rig.client_id, ((0, 9),))
    assert rig.stored(b"clients/mock-client-0/consensusStates/0-9") == keccak256(newer)


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("createClient", (("no-such-client", b"", b""),), "IBCClientUnregisteredClientType"),
        ("updateClient", (("mock-client-7", b""),), "IBCClientClientNotFound"),
        (
            "updateClientCommitments",
            ("mock-client-0", ((0, 6),)),
            "IBCClientConsensusStateNotFound",
        ),
        ("registerClient", ("short", b"\1" * 20), "IBCHostInvalidClientType"),
        ("registerClient", ("-mock-client", b"\1" * 20), "IBCHostInvalidClientType"),
        ("registerClient", ("mock-client", b"\1" * 20), "IBCHostClientTypeAlreadyExists"),
        ("registerClient", ("other-client", bytes(20)), "IBCHostInvalidLightClientAddress"),
        ("bindPort", ("mock", b"\1" * 20), "IBCHostPortCapabilityAlreadyClaimed"),
        ("bindPort", ("a port", b"\1" * 20), "IBCHostInvalidPortIdentifier"),
        ("bindPort", ("other", bytes(20)), "IBCHostInvalidModuleAddress"),
        ("bindPort", ("other", b"\1" * 20), "IBCHostModuleDoesNotSupportERC165"),
    ],
)
def test_what_a_handler_refuses_to_register(
    rig: Rig, name: str, arguments: tuple[object, ...], error: str
) -> None:
    assert refused(lambda: rig.do(name, *arguments)) == error


# --- connections --------------------------------------------------------------------------------


def test_the_open_end_has_the_bytes_of_the_original_handler(rig: Rig) -> None:
    """The end that an unmodified yui-ibc-solidity stored after its handshake with `corda-client-0`."""
    expected = (
        "0a0c6c63702d636c69656e742d3012230a0131120d4f524445525f4f524445524544120f4f524445525f"
        "554e4f524445524544180322250a0e636f7264612d636c69656e742d30120c636f6e6e656374696f6e2d30"
        "1a050a03696263"
    )
    ours = channels.connection_end("lcp-client-0", 3, ("corda-client-0", "connection-0"))
    assert ours.hex() == expected
    made = open_connection(rig)
    committed = channels.connection_end("mock-client-0", 3, ("corda-0", "connection-7"))
    assert rig.stored(f"connections/{made}".encode()) == keccak256(committed)


def test_init_offers_every_version_and_waits_for_the_answer(rig: Rig) -> None:
    made = str(
        rig.do("connectionOpenInit", (rig.client_id, ("corda-0", "", (PREFIX,)), ("", ()), 0))[
            "connectionId"
        ]
    )
    path = b"connections/connection-7"
    theirs = channels.connection_end("corda-0", 2, (rig.client_id, made))
    proofs = (
        membership(path, theirs),
        membership(b"clients/corda-0/clientState", b"us"),
        membership(b"clients/corda-0/consensusStates/0-3", b"consensus"),
    )
    ack = (made, b"us", channels.VERSION, "connection-7", *proofs, HEIGHT, (0, 3), b"consensus")
    rig.do("connectionOpenAck", ack)
    end, _ = rig.handler.view("getConnection", made)
    assert (end[2], end[3][1]) == (3, "connection-7")
    assert (
        refused(lambda: rig.do("connectionOpenAck", ack))
        == "IBCConnectionUnexpectedConnectionState"
    )


def init(rig: Rig, **changes: object) -> tuple[object, ...]:
    parts = {"client": rig.client_id, "theirs": "", "version": ("", ()), **changes}
    return (parts["client"], ("corda-0", parts["theirs"], (PREFIX,)), parts["version"], 0)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client": "mock-client-7"}, "IBCClientClientNotFound"),
        ({"theirs": "connection-7"}, "IBCConnectionInvalidCounterpartyConnectionIdentifier"),
        ({"version": ("1", ())}, "IBCConnectionVersionIdentifierNotEmpty"),
        ({"version": ("2", ("ORDER_UNORDERED",))}, "IBCConnectionIBCVersionNotSupported"),
        ({"version": ("1", ("ORDER_DAG",))}, "IBCConnectionIBCVersionNotSupported"),
    ],
)
def test_inits_that_are_refused(rig: Rig, changes: dict[str, object], error: str) -> None:
    assert refused(lambda: rig.do("connectionOpenInit", init(rig, **changes))) == error


def open_try(rig: Rig, **changes: object) -> tuple[object, ...]:
    path = b"connections/connection-7"
    good = {
        "versions": (channels.VERSION,),
        "end": membership(path, channels.connection_end("corda-0", 1, (rig.client_id, ""))),
        "client": membership(b"clients/corda-0/clientState", b"us"),
        "consensus": membership(b"clients/corda-0/consensusStates/0-3", b"consensus"),
        "host": b"consensus",
    }
    parts = good | changes
    return (
        ("corda-0", "connection-7", (PREFIX,)),
        0,
        rig.client_id,
        b"us",
        parts["versions"],
        parts["end"],
        parts["client"],
        parts["consensus"],
        HEIGHT,
        (0, 3),
        parts["host"],
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"versions": ()}, "IBCConnectionEmptyConnectionCounterpartyVersions"),
        ({"versions": (("2", ("ORDER_UNORDERED",)),)}, "IBCConnectionNoMatchingVersionFound"),
        ({"end": b"?"}, "IBCConnectionFailedVerifyConnectionState"),
        ({"client": b"?"}, "IBCConnectionFailedVerifyClientState"),
        ({"consensus": b"?"}, "IBCConnectionFailedVerifyClientConsensusState"),
        ({"host": b""}, "IBCConnectionInvalidHostConsensusStateProof"),
        ({"host": b"another"}, "IBCConnectionFailedVerifyClientConsensusState"),
    ],
)
def test_tries_that_are_refused(rig: Rig, changes: dict[str, object], error: str) -> None:
    assert refused(lambda: rig.do("connectionOpenTry", open_try(rig, **changes))) == error


# --- channels -----------------------------------------------------------------------------------


def test_an_open_channel_is_committed_with_its_first_sequence(opened: Opened) -> None:
    rig = opened.rig
    end = channels.channel_end(3, "theirs", "channel-9", opened.connection)
    assert rig.stored(f"channelEnds/ports/mock/channels/{opened.channel}".encode()) == keccak256(
        end
    )
    path = f"nextSequenceRecv/ports/mock/channels/{opened.channel}".encode()
    assert rig.stored(path) == keccak256((1).to_bytes(8, "big"))


def test_a_channel_can_be_begun_from_here(rig: Rig) -> None:
    connection = open_connection(rig)
    wanted = (1, 1, ("theirs", ""), (connection,), "v1", 0)
    rig.do("channelOpenInit", ("mock", wanted))
    path = b"channelEnds/ports/theirs/channels/channel-9"
    theirs = channels.channel_end(2, "mock", "channel-0", "connection-7")
    ack = ("mock", "channel-0", "v1", "channel-9", membership(path, theirs), HEIGHT)
    rig.do("channelOpenAck", ack)
    channel, _ = rig.handler.view("getChannel", "mock", "channel-0")
    assert (channel[0], channel[2]) == (3, ("theirs", "channel-9"))
    assert refused(lambda: rig.do("channelOpenAck", ack)) == "IBCChannelUnexpectedChannelState"


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ((1, 1, ("theirs", ""), (), "v1", 0), "IBCChannelInvalidConnectionHopsLength"),
        (
            (1, 1, ("theirs", ""), ("connection-5",), "v1", 0),
            "IBCChannelConnectionMultipleVersionsFound",
        ),
        (
            (1, 2, ("theirs", ""), ("connection-0",), "v1", 0),
            "IBCChannelConnectionFeatureNotSupported",
        ),
        (
            (1, 0, ("theirs", ""), ("connection-0",), "v1", 0),
            "IBCChannelConnectionFeatureNotSupported",
        ),
        ((3, 1, ("theirs", ""), ("connection-0",), "v1", 0), "IBCChannelUnexpectedChannelState"),
        (
            (1, 1, ("theirs", "c"), ("connection-0",), "v1", 0),
            "IBCChannelCounterpartyChannelIdNotEmpty",
        ),
    ],
)
def test_channels_that_are_refused(rig: Rig, wanted: tuple[object, ...], error: str) -> None:
    open_connection(rig)
    assert refused(lambda: rig.do("channelOpenInit", ("mock", wanted))) == error


def test_a_channel_needs_a_bound_port_and_an_open_connection(rig: Rig) -> None:
    rig.do("connectionOpenInit", init(rig))
    wanted = (2, 1, ("theirs", "channel-9"), ("connection-0",), "", 0)
    attempt = ("mock", wanted, "v1", b"", HEIGHT)
    assert refused(lambda: rig.do("channelOpenTry", attempt)) == "IBCChannelConnectionNotOpened"
    begun = (1, 1, ("theirs", ""), ("connection-0",), "v1", 0)
    assert (
        refused(lambda: rig.do("channelOpenInit", ("nobody", begun))) == "IBCHostModulePortNotFound"
    )


def test_a_channel_closes_once(opened: Opened) -> None:
    rig = opened.rig
    rig.do("channelCloseInit", ("mock", opened.channel))
    again = lambda: rig.do("channelCloseInit", ("mock", opened.channel))  # noqa: E731
    assert refused(again) == "IBCChannelUnexpectedChannelState"
    assert refused(lambda: send(opened)) == "IBCChannelUnexpectedChannelState"
    assert refused(lambda: receive(opened, packet(opened))) == "IBCChannelUnexpectedChannelState"
    unknown = lambda: rig.do("channelCloseInit", ("mock", "channel-7"))  # noqa: E731
    assert refused(unknown) == "IBCChannelChannelNotFound"


# --- packets ------------------------------------------------------------------------------------


def test_a_packet_is_received_once_and_acknowledged(opened: Opened) -> None:
    rig, sent = opened.rig, packet(opened)
    receive(opened, sent)
    receipt = path_of("receipts", "mock", opened.channel, 1)
    assert rig.stored(receipt) == keccak256(b"\1")
    assert rig.stored(path_of("acks", "mock", opened.channel, 1)) == keccak256(sha256(b"hello"))
    assert rig.module.view("received") == (1,)
    assert refused(lambda: receive(opened, sent)) == "IBCChannelPacketReceiptAlreadyExists"
    assert rig.module.view("received") == (1,)


def test_a_module_that_reverts_leaves_nothing_behind(opened: Opened) -> None:
    failing = packet(opened, data=b"revert please")
    assert refused(lambda: receive(opened, failing)) == "MockReverted"
    assert opened.rig.stored(path_of("receipts", "mock", opened.channel, 1)) == bytes(32)


def test_an_acknowledgement_may_be_written_later_but_once(opened: Opened) -> None:
    rig = opened.rig
    receive(opened, packet(opened, data=b"later"))
    path = path_of("acks", "mock", opened.channel, 1)
    assert rig.stored(path) == bytes(32)

    def write(ack: bytes) -> None:
        rig.module.transact(
            rig.owner, "writeAcknowledgement", rig.handler.address, "mock", opened.channel, 1, ack
        )

    assert refused(lambda: write(b"")) == "IBCChannelEmptyAcknowledgement"
    write(b"done")
    assert rig.stored(path) == keccak256(sha256(b"done"))
    assert refused(lambda: write(b"again")) == "IBCChannelAcknowledgementAlreadyWritten"
    direct = lambda: rig.do("writeAcknowledgement", "mock", opened.channel, 2, b"x")  # noqa: E731
    assert refused(direct) == "IBCHostFailedAuthenticateChannelCapability"


@pytest.mark.parametrize("part", range(8))
def test_no_part_of_a_received_packet_can_be_changed(opened: Opened, part: int) -> None:
    """Each field of the packet is under the proof, or must be what the channel says."""
    true = packet(opened)
    others: list[object] = [
        2,
        "other",
        "channel-8",
        "mock",
        opened.channel,
        b"other",
        (0, 2**63),
        2**63,
    ]
    forged = (*true[:part], others[part], *true[part + 1 :])
    proof = membership(path_of("commitments", true[1], true[2], true[0]), commitment(true))
    if part in {3, 4}:
        forged = (*true[:part], "nowhere", *true[part + 1 :])
    expected = {
        1: "IBCChannelUnexpectedPacketSource",
        2: "IBCChannelUnexpectedPacketSource",
        3: "IBCChannelUnexpectedChannelState",
        4: "IBCChannelUnexpectedChannelState",
    }.get(part, "IBCChannelFailedVerifyPacketCommitment")
    assert refused(lambda: receive(opened, forged, proof)) == expected


def test_a_packet_past_its_time_out_isnt_received(opened: Opened) -> None:
    by_height = packet(opened, timeout=(0, 1))
    assert refused(lambda: receive(opened, by_height)) == "IBCChannelTimeoutPacketHeight"
    by_time = packet(opened, timeout=(0, 0), timestamp=10**18)
    assert refused(lambda: receive(opened, by_time)) == "IBCChannelTimeoutPacketTimestamp"


def test_sent_packets_are_committed_in_sequence(opened: Opened) -> None:
    for sequence in (1, 2):
        send(opened, b"data %d" % sequence)
        sent = packet(opened, sequence, b"data %d" % sequence, to_us=False)
        path = path_of("commitments", "mock", opened.channel, sequence)
        assert opened.rig.stored(path) == keccak256(commitment(sent))


@pytest.mark.parametrize(
    ("timeout", "timestamp", "error"),
    [
        ((0, 0), 0, "IBCChannelZeroPacketTimeout"),
        ((0, 5), 0, "IBCChannelPastPacketTimeoutHeight"),
        ((0, 0), 10**18, "IBCChannelPastPacketTimeoutTimestamp"),
    ],
)
def test_sends_that_are_refused(
    opened: Opened, timeout: tuple[int, int], timestamp: int, error: str
) -> None:
    assert refused(lambda: send(opened, timeout=timeout, timestamp=timestamp)) == error


def test_nobody_sends_on_anothers_channel_or_over_a_client_that_isnt_active(opened: Opened) -> None:
    rig = opened.rig
    direct = lambda: rig.do("sendPacket", "mock", opened.channel, FAR, 0, b"x")  # noqa: E731
    assert refused(direct) == "IBCHostFailedAuthenticateChannelCapability"
    rig.client.transact(rig.owner, "setStatus", rig.client_id, 2)
    assert refused(lambda: send(opened)) == "IBCClientNotActiveClient"


def test_an_acknowledgement_clears_the_commitment_once(opened: Opened) -> None:
    send(opened)
    sent = packet(opened, to_us=False)
    acknowledge(opened, sent, b"fine")
    assert opened.rig.stored(path_of("commitments", "mock", opened.channel, 1)) == bytes(32)
    assert opened.rig.module.view("acknowledged") == (1,)
    again = lambda: acknowledge(opened, sent, b"fine")  # noqa: E731
    assert refused(again) == "IBCChannelPacketCommitmentNotFound"


def test_acknowledgements_that_are_refused(opened: Opened) -> None:
    send(opened)
    sent = packet(opened, to_us=False)
    proof = membership(path_of("acks", sent[3], sent[4], 1), sha256(b"fine"))
    altered = lambda: acknowledge(opened, sent, b"other", proof)  # noqa: E731
    assert refused(altered) == "IBCChannelFailedVerifyPacketAcknowledgement"
    other = packet(opened, data=b"other", to_us=False)
    assert (
        refused(lambda: acknowledge(opened, other, b"fine")) == "IBCChannelPacketCommitmentMismatch"
    )
    elsewhere = (*sent[:4], "channel-8", *sent[5:])
    wrong = lambda: acknowledge(opened, elsewhere, b"fine")  # noqa: E731
    assert refused(wrong) == "IBCChannelUnexpectedPacketDestination"


def test_a_time_out_needs_time_and_proven_absence(opened: Opened) -> None:
    send(opened, timeout=(0, 100))
    sent = packet(opened, to_us=False, timeout=(0, 100))
    path = path_of("receipts", opened.their_port, opened.their_channel, 1)

    def time_out(height: tuple[int, int], proof: bytes) -> None:
        opened.rig.do("timeoutPacket", (sent, proof, height, 0))

    assert (
        refused(lambda: time_out((0, 99), absence(path, (0, 99)))) == "IBCChannelTimeoutNotReached"
    )
    unproven = lambda: time_out((0, 100), b"?")  # noqa: E731
    assert refused(unproven) == "IBCChannelFailedVerifyPacketReceiptAbsence"
    time_out((0, 100), absence(path, (0, 100)))
    assert opened.rig.module.view("timedOut") == (1,)
    again = lambda: time_out((0, 100), absence(path, (0, 100)))  # noqa: E731
    assert refused(again) == "IBCChannelPacketCommitmentNotFound"


def test_a_time_out_by_the_clients_clock(opened: Opened) -> None:
    send(opened, timeout=(0, 0), timestamp=2 * 10**18)
    sent = packet(opened, to_us=False, timeout=(0, 0), timestamp=2 * 10**18)
    path = path_of("receipts", opened.their_port, opened.their_channel, 1)
    early = lambda: opened.rig.do("timeoutPacket", (sent, absence(path), HEIGHT, 0))  # noqa: E731
    assert refused(early) == "IBCChannelTimeoutNotReached"
    opened.rig.do("updateClient", (opened.rig.client_id, state((0, 6), 2 * 10**18)))
    opened.rig.do("timeoutPacket", (sent, absence(path, (0, 6)), (0, 6), 0))
    assert opened.rig.module.view("timedOut") == (1,)


def test_a_packet_to_a_closed_channel_times_out_before_its_time(opened: Opened) -> None:
    send(opened)
    sent = packet(opened, to_us=False)
    path = path_of("receipts", opened.their_port, opened.their_channel, 1)
    end = channels.channel_end(CLOSED, "mock", opened.channel, "connection-7")
    closed = membership(b"channelEnds/ports/theirs/channels/channel-9", end)

    def time_out(proof: bytes) -> None:
        opened.rig.do("timeoutOnClose", (sent, absence(path), proof, HEIGHT, 0, 0))

    assert refused(lambda: time_out(b"?")) == "IBCChannelFailedVerifyChannelState"
    time_out(closed)
    assert opened.rig.module.view("timedOut") == (1,)
