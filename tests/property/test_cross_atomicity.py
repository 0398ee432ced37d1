"""Whatever a relayer does with packets, both chains of a transaction end alike."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from corda_sim.cross.atomic.simple.types import PacketDataCall
from corda_sim.cross.atomic.states import own_call, served_call
from corda_sim.cross.atomic.types import ContractTransactionStatus as Status
from corda_sim.cross.errors import CrossError
from corda_sim.cross.packets.types import PacketData
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.errors import IbcError
from tests.unit.cross.world import EXPIRES, FAILED, OK, CrossChain, World

CALLS = (b"put %s new", b"refuse")
STEPS = (
    "start",
    "signed",
    "signed",
    "sign",
    "receive",
    "receive",
    "acknowledge",
    "lie",
    "time out",
    "wait",
)
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11)), min_size=5, max_size=40)


class Relayer:
    """Takes steps at random; what is refused changes nothing."""

    def __init__(self) -> None:
        self.world = World()
        self.started: list[bytes] = []

    def take(self, step: str, number: int) -> None:
        packets = self.world.a.sent() + self.world.b.sent()
        try:
            if step == "start":
                self.start(number)
            elif step == "signed":
                self.start(number)
                self.world.receive(self.world.a, self.world.sign(self.started[-1]))
            elif step == "sign":
                self.sign(number)
            elif step == "wait":
                (self.world.a, self.world.b)[number % 2].advance(EXPIRES // 200 * number)
            elif packets:
                self.relay(step, packets[number % len(packets)])
        except (IbcError, CrossError):
            return

    def start(self, number: int) -> None:
        key = b"k%d" % (number // 4 % 2)
        own, other = (
            CALLS[bit] % key if bit == 0 else CALLS[1] for bit in (number & 1, number >> 1 & 1)
        )
        msg = replace(self.world.msg(own, other), nonce=len(self.started) + 1)
        self.world.a.do(msg)
        self.started.append(msg.tx_id)

    def sign(self, number: int) -> None:
        if self.started:
            self.world.sign(self.started[number % len(self.started)])

    def relay(self, step: str, packet: Packet) -> None:
        a, b = self.world.a, self.world.b
        source = a if packet in a.sent() else b
        if step == "receive":
            self.world.receive(b if source is a else a, packet)
        elif step == "acknowledge":
            self.world.acknowledge(source, packet, self.written(source, packet))
        elif step == "lie":
            written = self.written(source, packet)
            self.world.acknowledge(source, packet, OK if written == FAILED else FAILED)
        else:
            self.world.time_out(source, packet)

    def written(self, source: CrossChain, packet: Packet) -> bytes:
        target = self.world.b if source is self.world.a else self.world.a
        found = [e for e in target.events if e.type == "write_acknowledgement"]
        same = [e for e in found if e["packet_data_hex"] == packet.data.hex()]
        return bytes.fromhex(same[0]["packet_ack_hex"]) if same else OK

    def finish(self, *, lost: bool) -> None:
        """An honest relayer and time: every call is answered, or proven never to come."""
        for packet in self.world.a.sent():
            if not lost:
                self.take_safely("receive", packet)
            self.take_safely("acknowledge", packet)
        self.world.b.advance(EXPIRES)
        for packet in self.world.a.sent():
            self.take_safely("time out", packet)

    def take_safely(self, step: str, packet: Packet) -> None:
        try:
            self.relay(step, packet)
        except (IbcError, CrossError):
            return

    def ends(self, tx_id: bytes) -> tuple[Status | None, Status | None]:
        a, b = self.world.a, self.world.b
        own = own_call(a.store, tx_id)
        served = served_call(b.store, b.end(CROSS_PORT), tx_id)
        return own.status if own else None, served.status if served else None


ALLOWED = {
    (None, None),
    (Status.PREPARE, None),
    (Status.PREPARE, Status.COMMIT),
    (Status.PREPARE, Status.ABORT),
    (Status.COMMIT, Status.COMMIT),
    (Status.ABORT, Status.ABORT),
    (Status.ABORT, None),
}
FINAL = ALLOWED - {(Status.PREPARE, end) for end in (None, Status.COMMIT, Status.ABORT)}


@given(steps, st.booleans())
def test_no_chain_commits_what_the_other_aborts(plan: list[tuple[str, int]], lost: bool) -> None:
    relayer = Relayer()
    decided: dict[bytes, Status | None] = {}
    for step, number in plan:
        relayer.take(step, number)
        for tx_id in relayer.started:
            own, served = relayer.ends(tx_id)
            assert (own, served) in ALLOWED
            former = decided.get(tx_id)
            assert former in (None, Status.PREPARE, own)
            decided[tx_id] = own
    relayer.finish(lost=lost)
    assert {relayer.ends(tx_id) for tx_id in relayer.started} <= FINAL
    assert relayer.world.a.locks == []


@given(steps)
def test_a_call_leaves_once_and_only_when_all_have_signed(plan: list[tuple[str, int]]) -> None:
    relayer = Relayer()
    for step, number in plan:
        relayer.take(step, number)
    calls = [
        PacketData.decode(packet.data).payload.unpack(PacketDataCall).tx_id
        for packet in relayer.world.a.sent()
    ]
    assert len(calls) == len(set(calls))
    received = {
        event["packet_data_hex"]
        for event in relayer.world.a.events
        if event.type == "recv_packet" and event["packet_dst_port"] == AUTH_PORT
    }
    for tx_id in calls:
        assert any(tx_id.hex() in data for data in received)
