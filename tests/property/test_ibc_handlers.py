"""Packets in any order, delivered any number of times, by a relayer that may lie."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from corda_sim.ibc.channel.acknowledgement import Acknowledgement
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import IbcError
from corda_sim.ibc.router import ResultType
from tests.unit.ibc.chain import Chain, with_channel

ACK = Acknowledgement(result=b"\x01").encode()
SHORT, LONG = 30, 10**6

steps = st.lists(
    st.tuples(st.sampled_from(["send", "recv", "ack", "timeout", "forge"]), st.integers(0, 5)),
    max_size=30,
)


def outcomes(chain: Chain, name: str) -> list[object]:
    return [call[1] for call in chain.module.calls if call[0] == name]


def attempt(chain: Chain, msg: object) -> ResultType | None:
    try:
        return chain.deliver(msg).result  # type: ignore[arg-type]
    except IbcError:
        return None


def run(a: Chain, b: Chain, packets: list[Packet], step: str, number: int) -> None:
    if step == "send":
        packets.append(
            a.send(b"%d" % number, Height(0, b.height + (SHORT if number % 2 else LONG)))
        )
        return
    if not packets:
        return
    packet = packets[number % len(packets)]
    if step == "recv":
        attempt(b, b.msg_recv(packet))
    elif step == "ack":
        attempt(a, a.msg_ack(packet, ACK))
    elif step == "timeout":
        attempt(a, a.msg_timeout(packet))
    else:
        forged = replace(packet, data=packet.data + b"!")
        assert attempt(b, replace(b.msg_recv(packet), packet=forged)) is not ResultType.SUCCESS


@given(steps)
def test_each_packet_ends_at_most_once_and_alike_on_both_sides(
    plan: list[tuple[str, int]],
) -> None:
    a, b = with_channel()
    packets: list[Packet] = []
    for step, number in plan:
        run(a, b, packets, step, number)
    received = outcomes(b, "recv")
    acknowledged = outcomes(a, "acknowledged")
    timed_out = outcomes(a, "timed_out")
    assert len(received) == len(set(received))
    assert len(acknowledged + timed_out) == len({*acknowledged, *timed_out})
    assert set(acknowledged) <= set(received)
    assert not set(timed_out) & set(received)
    done = {*acknowledged, *timed_out}
    for packet in packets:
        assert (a.commitment(packet) is None) is (packet.sequence in done)
