"""Opens connections and channels of a rig, as the counterparty's relayer would."""

from dataclasses import dataclass, field

from tests.integration.goquorum.conftest import HEIGHT, PREFIX, Rig
from tests.integration.goquorum.wire import message, number, text

VERSION = ("1", ("ORDER_ORDERED", "ORDER_UNORDERED"))
NO_VERSION = ("", ())
INIT, TRYOPEN, OPEN, CLOSED = 1, 2, 3, 4
UNORDERED, ORDERED = 1, 2


def connection_end(client: str, state: int, counterparty: tuple[str, str], delay: int = 0) -> bytes:
    """ConnectionEnd as the counterparty commits it."""
    version = text(1, VERSION[0]) + b"".join(message(2, f.encode()) for f in VERSION[1])
    theirs = text(1, counterparty[0]) + text(2, counterparty[1]) + message(3, text(1, PREFIX))
    body = text(1, client) + message(2, version) + number(3, state) + message(4, theirs)
    return body + number(5, delay)


def channel_end(state: int, port: str, channel: str, hop: str, version: str = "v1") -> bytes:
    """Channel as the counterparty commits it."""
    theirs = text(1, port) + text(2, channel)
    body = number(1, state) + number(2, UNORDERED) + message(3, theirs) + message(4, hop.encode())
    return body + text(5, version)


@dataclass
class Opened:
    """A channel of the rig; its counterparty is `theirs-0` on port `theirs`."""

    rig: Rig
    connection: str = ""
    channel: str = ""
    their_port: str = "theirs"
    their_channel: str = "channel-9"
    heights: list[tuple[int, int]] = field(default_factory=list)


def open_connection(rig: Rig) -> str:
    """OpenTry and OpenConfirm with all proofs."""
    path = b"connections/connection-7"
    arguments = (
        ("corda-0", "connection-7", (PREFIX,)),
        0,
        rig.client_id,
        b"state of us",
        (VERSION,),
        rig.prove(path, connection_end("corda-0", INIT, (rig.client_id, ""))),
        rig.prove(b"clients/corda-0/clientState", b"state of us"),
        rig.prove(b"clients/corda-0/consensusStates/0-3", b"consensus of us"),
        HEIGHT,
        (0, 3),
        b"consensus of us",
    )
    made = str(rig.do("connectionOpenTry", arguments)["connectionId"])
    ours = connection_end("corda-0", OPEN, (rig.client_id, made))
    rig.do("connectionOpenConfirm", (made, rig.prove(path, ours), HEIGHT))
    return made


def open_channel(rig: Rig, port: str = "mock", version: str = "v1") -> Opened:
    """A connection, and on it a channel by OpenTry and OpenConfirm."""
    opened = Opened(rig, open_connection(rig))
    path = f"channelEnds/ports/{opened.their_port}/channels/{opened.their_channel}".encode()
    wanted = (
        TRYOPEN,
        UNORDERED,
        (opened.their_port, opened.their_channel),
        (opened.connection,),
        "",
        0,
    )
    init = channel_end(INIT, port, "", "connection-7", version)
    rig.do("channelOpenTry", (port, wanted, version, rig.prove(path, init), HEIGHT))
    channel = f"channel-{rig_channels(rig, port)}"
    ours = channel_end(OPEN, port, channel, "connection-7", version)
    rig.do("channelOpenConfirm", (port, channel, rig.prove(path, ours), HEIGHT))
    opened.channel = channel
    return opened


def rig_channels(rig: Rig, port: str) -> int:
    """The number of the newest channel of a port."""
    newest = -1
    for number_ in range(10):
        _, found = rig.handler.view("getChannel", port, f"channel-{number_}")
        newest = number_ if found else newest
    return newest
