import pytest

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    MsgTimeoutOnClose,
    Packet,
)
from corda_sim.ibc.channel.sending import SendPacket
from corda_sim.ibc.channel.types import (
    Channel,
    MsgChannelCloseConfirm,
    MsgChannelCloseInit,
    MsgChannelOpenAck,
    MsgChannelOpenConfirm,
    MsgChannelOpenInit,
    MsgChannelOpenTry,
)
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.connection.types import (
    Counterparty,
    MsgConnectionOpenAck,
    MsgConnectionOpenConfirm,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
    Version,
)
from corda_sim.ibc.errors import FeatureLater
from corda_sim.ibc.protobuf import Message
from corda_sim.ibc.router import Delivery, ResultType, deliver, read_message
from tests.unit.ibc.chain import Chain

AT = Height(1, 2)
PACKET = Packet(1, "a", "b", "c", "d", b"x", AT, 3)
ANY = AnyMessage("/t", b"v")
MESSAGES: list[tuple[Message, str]] = [
    (MsgCreateClient(ANY, ANY, "s"), "0a070a022f7412017612070a022f741201761a0173"),
    (MsgUpdateClient("c", ANY, "s"), "0a016312070a022f741201761a0173"),
    (
        MsgConnectionOpenInit("c", Counterparty("d"), Version("1"), 5, "s"),
        "0a016312050a01641a001a030a013120052a0173",
    ),
    (MsgConnectionOpenConfirm("c", b"p", AT, "s"), "0a01631201701a0408011002220173"),
    (MsgChannelOpenInit("p", Channel(), "s"), "0a017012021a001a0173"),
    (
        MsgChannelOpenTry("p", Channel(), "v", b"q", AT, "", "s"),
        "0a01701a021a002201762a01713204080110023a0173",
    ),
    (
        MsgChannelOpenAck("p", "c", "d", "v", b"q", AT, "s"),
        "0a01701201631a01642201762a01713204080110023a0173",
    ),
    (
        MsgChannelOpenConfirm("p", "c", b"q", AT, "s"),
        "0a01701201631a01712204080110022a0173",
    ),
    (MsgChannelCloseInit("p", "c", "s"), "0a01701201631a0173"),
    (
        MsgChannelCloseConfirm("p", "c", b"q", AT, "s"),
        "0a01701201631a01712204080110022a0173",
    ),
]
P = PACKET.encode().hex()
P = f"0a{len(P) // 2:02x}" + P
MESSAGES += [
    (MsgRecvPacket(PACKET, b"q", AT, "s"), P + "1201711a0408011002220173"),
    (MsgAcknowledgement(PACKET, b"k", b"q", AT, "s"), P + "12016b1a01712204080110022a0173"),
    (MsgTimeout(PACKET, b"q", AT, 7, "s"), P + "1201711a040801100220072a0173"),
    (
        MsgTimeoutOnClose(PACKET, b"q", b"r", AT, 7, "s", 8),
        P + "1201711a017222040801100228073201733808",
    ),
]


@pytest.mark.parametrize(("message", "expected"), MESSAGES, ids=lambda one: type(one).__name__)
def test_field_numbers_are_ibc_gos(message: Message, expected: str) -> None:
    assert message.encode().hex() == expected


@pytest.mark.parametrize(("message", "_"), MESSAGES, ids=lambda one: type(one).__name__)
def test_messages_in_an_any(message: Message, _: str) -> None:
    packed = AnyMessage.pack(message)
    assert read_message(packed) == message
    with pytest.raises(DecodeError):
        read_message(AnyMessage(packed.type_url, packed.value + b"\xf8\x01\x01"))


def test_field_numbers_of_the_longer_handshake_messages() -> None:
    counterparty = Counterparty("d", "e")
    attempt = MsgConnectionOpenTry(
        "c", ANY, counterparty, (Version("1"),), AT, b"i", b"k", b"s", AT, 5, "", "z", b"h"
    )
    assert attempt.encode().hex() == (
        "0a01631a070a022f7412017622080a01641201651a00280532030a0131"
        "3a04080110024201694a016b5201735a040801100262017a6a0168"
    )
    ack = MsgConnectionOpenAck("c", "d", Version("1"), ANY, AT, b"t", b"k", b"s", AT, "z", b"h")
    assert ack.encode().hex() == (
        "0a01631201641a030a013122070a022f741201762a0408011002"
        "3201743a016b4201734a040801100252017a5a0168"
    )
    for message in (attempt, ack):
        assert read_message(AnyMessage.pack(message)) == message


def test_sending_has_a_message_but_no_handler(clients: tuple[Chain, Chain]) -> None:
    a, _ = clients
    msg = SendPacket("p", "c", b"x", AT, 9)
    assert SendPacket.decode_strict(msg.encode()) == msg
    with pytest.raises(FeatureLater):
        read_message(AnyMessage.pack(msg))
    with pytest.raises(FeatureLater):
        deliver(a.context, msg)


def test_a_noop_says_so() -> None:
    assert Delivery(ResultType.NOOP).value is None
    assert (ResultType.NOOP, ResultType.SUCCESS) == (1, 2)
