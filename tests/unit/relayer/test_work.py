"""What is claimed of a packet, what is told, and what is still to do."""

import pytest

from corda_sim.core.crypto.hashes import sha256
from corda_sim.ibc.channel.packet import MsgAcknowledgement, MsgRecvPacket, MsgTimeout, Packet
from corda_sim.ibc.client.height import Height
from corda_sim.relayer.chain import Claim
from corda_sim.relayer.work import Kind, PacketKey, Work, key_of, still_to_do
from tests.unit.relayer.chains import MemoryCorda, MemoryQuorum

PACKET = Packet(3, "cross", "channel-1", "cross-auth", "channel-2", b"data", Height(0, 9), 11)
SENT = "commitments/ports/cross/channels/channel-1/sequences/3"
RECEIVED = "receipts/ports/cross-auth/channels/channel-2/sequences/3"
WRITTEN = "acks/ports/cross-auth/channels/channel-2/sequences/3"
AT = Height(0, 7)
RECEIVE, TIMEOUT = Work(Kind.RECEIVE, PACKET), Work(Kind.TIMEOUT, PACKET)
ACKNOWLEDGE = Work(Kind.ACKNOWLEDGE, PACKET, b"ack")


def test_a_packet_is_named_by_where_it_was_sent() -> None:
    assert key_of(PACKET) == PacketKey("cross", "channel-1", 3)
    assert str(key_of(PACKET)) == "cross/channel-1/3"
    assert len({RECEIVE.key, ACKNOWLEDGE.key, TIMEOUT.key}) == 3


@pytest.mark.parametrize(
    ("work", "claim"),
    [
        (RECEIVE, Claim(SENT, PACKET.commitment)),
        (ACKNOWLEDGE, Claim(WRITTEN, sha256(b"ack"))),
        (TIMEOUT, Claim(RECEIVED, None)),
    ],
)
def test_what_has_to_be_proven(work: Work, claim: Claim) -> None:
    assert work.claim == claim


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (RECEIVE, MsgRecvPacket(PACKET, b"proof", AT)),
        (ACKNOWLEDGE, MsgAcknowledgement(PACKET, b"ack", b"proof", AT)),
        (TIMEOUT, MsgTimeout(PACKET, b"proof", AT)),
    ],
)
def test_what_is_told(work: Work, message: object) -> None:
    assert work.message(b"proof", AT) == message


@pytest.mark.parametrize(
    ("work", "here", "there", "lacks"),
    [
        (RECEIVE, [SENT], [], True),
        (RECEIVE, [SENT], [RECEIVED], False),
        (RECEIVE, [], [], False),
        (ACKNOWLEDGE, [RECEIVED, WRITTEN], [SENT], True),
        (ACKNOWLEDGE, [RECEIVED, WRITTEN], [], False),
        (TIMEOUT, [], [SENT], True),
        (TIMEOUT, [], [], False),
    ],
)
def test_what_is_still_to_do(work: Work, here: list[str], there: list[str], lacks: bool) -> None:
    """`here` and `there` are what the chain that proves and the one that is told hold."""
    source, target = MemoryCorda(), MemoryQuorum()
    for chain, paths in ((source, here), (target, there)):
        for path in paths:
            chain.store.set(path, b"x")
    assert still_to_do([work], source, target) == ([work] if lacks else [])
