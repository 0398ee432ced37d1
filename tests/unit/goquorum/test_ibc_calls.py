"""Messages as calls: selectors of yui-ibc-solidity, and every field in its place."""

import pytest
from eth_abi.abi import decode, encode

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    MsgTimeoutOnClose,
    Packet,
)
from corda_sim.ibc.channel.types import (
    Channel,
    ChannelCounterparty,
    ChannelState,
    MsgChannelCloseInit,
    MsgChannelOpenAck,
    MsgChannelOpenConfirm,
    MsgChannelOpenInit,
    MsgChannelOpenTry,
    Order,
)
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.connection.types import (
    ConnectionEnd,
    ConnectionState,
    Counterparty,
    MsgConnectionOpenAck,
    MsgConnectionOpenConfirm,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
    Version,
)
from corda_sim.ibc.errors import ErrClientTypeNotFound, FeatureLater
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState
from corda_sim.ibc.lightclients.qbft.types import ClientState as QbftClientState
from corda_sim.ibc.protobuf import Message
from goquorum.artifacts import artifact
from goquorum.endpoint.abi import Interface, type_of
from goquorum.endpoint.ibc_calls import call_of, read_channel, read_connection

HANDLER = Interface(artifact("OwnableIBCHandler").abi)
AT, BEFORE = Height(0, 7), Height(0, 5)
ANY = AnyMessage("/type", b"state")
VERSION = Version("1", ("ORDER_ORDERED", "ORDER_UNORDERED"))
THEIRS = Counterparty("corda-host-0", "connection-4", IBC_PREFIX)
PACKET = Packet(3, "cross", "channel-1", "cross", "channel-2", b"data", Height(0, 9), 11)
FIELDS = (3, "cross", "channel-1", "cross", "channel-2", b"data", (0, 9), 11)
END = Channel(
    ChannelState.TRYOPEN,
    Order.UNORDERED,
    ChannelCounterparty("cross", "channel-5"),
    ("connection-0",),
    "cross-1",
)
END_FIELDS = (2, 1, ("cross", "channel-5"), ("connection-0",), "cross-1", 0)
THEIR_FIELDS = ("corda-host-0", "connection-4", (b"ibc",))
VERSION_FIELDS = ("1", ("ORDER_ORDERED", "ORDER_UNORDERED"))
LCP = AnyMessage.pack(ClientState(b"\x11" * 32, 60))
EMPTY = AnyMessage.pack(ConsensusState())

CASES: list[tuple[Message, str, tuple[object, ...]]] = [
    (
        MsgConnectionOpenInit("lcp-client-0", THEIRS, VERSION, 5),
        "d3c68ba0",
        ("lcp-client-0", THEIR_FIELDS, VERSION_FIELDS, 5),
    ),
    (
        MsgConnectionOpenInit("lcp-client-0", THEIRS),
        "d3c68ba0",
        ("lcp-client-0", THEIR_FIELDS, ("", ()), 0),
    ),
    (
        MsgConnectionOpenTry(
            "lcp-client-0",
            ANY,
            THEIRS,
            (VERSION,),
            AT,
            b"init",
            b"client",
            b"consensus",
            BEFORE,
            delay_period=5,
            host_consensus_state_proof=b"held",
        ),
        "314d55c3",
        (
            THEIR_FIELDS,
            5,
            "lcp-client-0",
            ANY.encode(),
            (VERSION_FIELDS,),
            b"init",
            b"client",
            b"consensus",
            (0, 7),
            (0, 5),
            b"held",
        ),
    ),
    (
        MsgConnectionOpenAck(
            "connection-0",
            "connection-4",
            VERSION,
            ANY,
            AT,
            b"try",
            b"client",
            b"consensus",
            BEFORE,
            host_consensus_state_proof=b"held",
        ),
        "8c145a93",
        (
            "connection-0",
            ANY.encode(),
            VERSION_FIELDS,
            "connection-4",
            b"try",
            b"client",
            b"consensus",
            (0, 7),
            (0, 5),
            b"held",
        ),
    ),
    (
        MsgConnectionOpenConfirm("connection-0", b"ack", AT),
        "6a728f2c",
        ("connection-0", b"ack", (0, 7)),
    ),
    (MsgChannelOpenInit("cross", END), "2d5386df", ("cross", END_FIELDS)),
    (
        MsgChannelOpenTry("cross", END, "cross-2", b"init", AT),
        "314c3c1c",
        ("cross", END_FIELDS, "cross-2", b"init", (0, 7)),
    ),
    (
        MsgChannelOpenAck("cross", "channel-0", "channel-9", "cross-2", b"try", AT),
        "256c4199",
        ("cross", "channel-0", "cross-2", "channel-9", b"try", (0, 7)),
    ),
    (
        MsgChannelOpenConfirm("cross", "channel-0", b"ack", AT),
        "5bd51b62",
        ("cross", "channel-0", b"ack", (0, 7)),
    ),
    (MsgRecvPacket(PACKET, b"proof", AT), "236ebd70", (FIELDS, b"proof", (0, 7))),
    (
        MsgAcknowledgement(PACKET, b"ack", b"proof", AT),
        "59f37976",
        (FIELDS, b"ack", b"proof", (0, 7)),
    ),
    (MsgTimeout(PACKET, b"absent", AT, 4), "aa18c8b1", (FIELDS, b"absent", (0, 7), 4)),
    (
        MsgTimeoutOnClose(PACKET, b"absent", b"closed", AT, 4, counterparty_upgrade_sequence=6),
        "2e5e6d74",
        (FIELDS, b"absent", b"closed", (0, 7), 4, 6),
    ),
]


def arguments(name: str, data: bytes) -> object:
    kinds = [type_of(part) for part in HANDLER.function(name)["inputs"]]
    (found,) = decode(kinds, data)
    return found


@pytest.mark.parametrize(
    ("message", "selector", "fields"), CASES, ids=lambda value: type(value).__name__
)
def test_a_message_is_the_originals_call(
    message: Message, selector: str, fields: tuple[object, ...]
) -> None:
    name, argument = call_of(message)
    data = HANDLER.call(name, argument)
    assert data[:4].hex() == selector
    assert arguments(name, data[4:]) == fields


def test_clients_are_made_and_updated_with_encoded_anys() -> None:
    name, argument = call_of(MsgCreateClient(LCP, EMPTY))
    assert (name, argument) == ("createClient", ("lcp-client", LCP.encode(), EMPTY.encode()))
    name, argument = call_of(MsgUpdateClient("lcp-client-0", ANY))
    assert (name, argument) == ("updateClient", ("lcp-client-0", ANY.encode()))
    assert HANDLER.call(name, argument)


def test_a_client_of_a_type_without_a_contract_is_refused() -> None:
    direct = AnyMessage(QbftClientState.TYPE_URL)
    with pytest.raises(ErrClientTypeNotFound, match="no client of"):
        call_of(MsgCreateClient(direct, EMPTY))


def test_a_message_without_a_function_is_refused() -> None:
    with pytest.raises(FeatureLater, match="MsgChannelCloseInit"):
        call_of(MsgChannelCloseInit("cross", "channel-0"))


def test_ends_are_read_as_they_are_answered() -> None:
    connection = ("lcp-client-0", (VERSION_FIELDS,), 3, THEIR_FIELDS, 5)
    kinds = [type_of(part) for part in HANDLER.function("getConnection")["outputs"]]
    (found, _) = decode(kinds, encode(kinds, [connection, True]))
    expected = ConnectionEnd("lcp-client-0", (VERSION,), ConnectionState.OPEN, THEIRS, 5)
    assert read_connection(found) == expected
    assert read_channel(END_FIELDS) == END
