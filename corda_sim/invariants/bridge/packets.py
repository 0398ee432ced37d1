"""Invariants of packets: what one chain received, answered or gave up, the other says as well."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from corda_sim.ibc.channel.packet import Packet, commit_acknowledgement
from corda_sim.invariants.bridge.views import PacketView, Place
from corda_sim.invariants.violations import Violation, ViolationKind


def packets_agree(sender: PacketView, receiver: PacketView) -> Iterator[Violation]:
    """The packets of one way, at both of its ends."""
    for detail in (*_sent(sender), *_ended(sender, receiver)):
        yield Violation(ViolationKind.PACKET_MISMATCH, sender.name, detail)
    for detail in _received(sender, receiver):
        yield Violation(ViolationKind.PACKET_MISMATCH, receiver.name, detail)


def _sent(sender: PacketView) -> Iterator[str]:
    times = Counter(place for place, _ in sender.sent)
    yield from (f"{place} was sent {count} times" for place, count in times.items() if count > 1)


def _received(sender: PacketView, receiver: PacketView) -> Iterator[str]:
    sent = dict(sender.sent)
    times = Counter(map(Place.sent, receiver.received))
    yield from (f"{place} was received {n} times" for place, n in times.items() if n > 1)
    for packet in receiver.received:
        place = Place.sent(packet)
        if place not in sent:
            yield f"{place} was received, and never sent by {sender.name}"
        elif sent[place] != packet.commitment:
            yield f"{place} was received as another than {sender.name} sent"


def _ended(sender: PacketView, receiver: PacketView) -> Iterator[str]:
    sent, ends = dict(sender.sent), defaultdict[Place, list[str]](list)
    received = {Place.sent(one) for one in receiver.received}
    for packet, answer in sender.acknowledged:
        ends[Place.sent(packet)].append("acknowledged")
        if receiver.answers.get(Place.received(packet)) != commit_acknowledgement(answer):
            yield f"{Place.sent(packet)} is acknowledged with what {receiver.name} didn't answer"
    for packet in sender.timed_out:
        ends[Place.sent(packet)].append("timed out")
        if Place.sent(packet) in received:
            yield f"{Place.sent(packet)} timed out, and {receiver.name} has received it"
    for packet in _ends(sender):
        if sent.get(Place.sent(packet)) != packet.commitment:
            yield f"{Place.sent(packet)} ended as another than was sent"
    for place, told in ends.items():
        if len(told) > 1:
            yield f"{place} ended {len(told)} times: {', '.join(told)}"


def _ends(sender: PacketView) -> Iterator[Packet]:
    yield from (packet for packet, _ in sender.acknowledged)
    yield from sender.timed_out
