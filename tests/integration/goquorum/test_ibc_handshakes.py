"""Our IBC handler on an EVM: clients, connections and channels; what it commits and refuses."""

import pytest

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from tests.integration.goquorum import channels
from tests.integration.goquorum.channels import open_channel, open_connection
from tests.integration.goquorum.conftest import HEIGHT, PREFIX, Rig, membership, refused, state

pytestmark = pytest.mark.integration


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


def test_the_open_end_has_the_bytes_of_the_original_handler(rig: Rig) -> None:
    """The end that an unmodified yui-ibc-solidity stored after a handshake."""
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


def test_an_open_channel_is_committed_with_its_first_sequence(rig: Rig) -> None:
    opened = open_channel(rig)
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
