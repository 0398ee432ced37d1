"""Each invariant of a bridge: what is planted into a sound pair of views is found, and named."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from corda_sim.ibc.channel.packet import Packet, commit_acknowledgement
from corda_sim.invariants import ViolationKind as Kind
from corda_sim.invariants.bridge.check import check_sides
from corda_sim.invariants.bridge.views import (
    CordaView,
    LockFacts,
    PacketView,
    Place,
    QuorumView,
    Token,
    Transfer,
)

NOBODY, SELLER, BUYER, THIEF = bytes(20), b"\x01" * 20, b"\x02" * 20, b"\x03" * 20
SEVEN, EIGHT = (Token(b"\x0f" * 20, number) for number in (7, 8))
OK, OTHER = b"done", b"something else"


def call(sequence: int, data: bytes = b"call") -> Packet:
    return Packet(sequence, "cross", "channel-0", "cross", "channel-5", data, timeout_timestamp=9)


SIGNED = Packet(1, "cross-auth", "channel-6", "cross-auth", "channel-1", b"sign")
PAID, LATE, WAITING = call(1), call(2), call(3)
Sides = tuple[CordaView, QuorumView]


def sound() -> Sides:
    """One settlement that is done, one given up, and one whose call is under way."""
    corda, quorum = PacketView("corda"), PacketView("goquorum")
    corda.sent = [(Place.sent(one), one.commitment) for one in (PAID, LATE, WAITING)]
    corda.received, quorum.received = [SIGNED], [PAID]
    corda.answers = {Place.received(SIGNED): commit_acknowledgement(OK)}
    corda.acknowledged, corda.timed_out = [(PAID, OK)], [LATE]
    quorum.sent = [(Place.sent(SIGNED), SIGNED.commitment)]
    quorum.answers = {Place.received(PAID): commit_acknowledgement(OK)}
    quorum.acknowledged = [(SIGNED, OK)]
    released = {PAID: "seller", LATE: "buyer", WAITING: None}
    locks = [
        LockFacts(f"tx {n}", Place.sent(one), to) for n, (one, to) in enumerate(released.items())
    ]
    minted = [Transfer("0x0", token, NOBODY, SELLER) for token in (SEVEN, EIGHT)]
    transfers = [*minted, Transfer("0x1", SEVEN, SELLER, BUYER)]
    owners = {SEVEN: BUYER, EIGHT: SELLER}
    return CordaView(corda, locks), QuorumView(quorum, [Place.sent(PAID)], transfers, owners)


def found(sides: Sides) -> set[tuple[Kind, str]]:
    return {(one.kind, one.node) for one in check_sides(*sides)}


def test_a_sound_bridge_has_no_violations() -> None:
    assert check_sides(*sound()) == []


def release(corda: CordaView, packet: Packet, to: str | None) -> None:
    place = Place.sent(packet)
    corda.locks = [
        replace(one, released_to=to) if one.packet == place else one for one in corda.locks
    ]


PACKETS_OF_CORDA, PACKETS_OF_GOQUORUM = (
    (Kind.PACKET_MISMATCH, "corda"),
    (Kind.PACKET_MISMATCH, "goquorum"),
)
HALF, STRANDED = (Kind.HALF_SETTLED, "network"), (Kind.STRANDED_LOCK, "corda")
OWNER = (Kind.OWNER_MISMATCH, "goquorum")
PLANTED: dict[str, tuple[Callable[[CordaView, QuorumView], object], set[tuple[Kind, str]]]] = {
    "a packet sent twice": (
        lambda corda, _: corda.packets.sent.append((Place.sent(PAID), call(1, OTHER).commitment)),
        {PACKETS_OF_CORDA, PACKETS_OF_GOQUORUM},
    ),
    "a packet received twice": (
        lambda _, quorum: quorum.packets.received.append(PAID),
        {PACKETS_OF_GOQUORUM},
    ),
    "a packet received that nobody sent": (
        lambda corda, _: corda.packets.received.append(replace(SIGNED, sequence=2)),
        {PACKETS_OF_CORDA},
    ),
    "a packet received as another": (
        lambda _, quorum: quorum.packets.received.append(call(3, OTHER)),
        {PACKETS_OF_GOQUORUM},
    ),
    "an acknowledgement that nobody gave": (
        lambda _, quorum: quorum.packets.acknowledged.__setitem__(0, (SIGNED, OTHER)),
        {PACKETS_OF_GOQUORUM},
    ),
    "an acknowledgement of what never arrived": (
        lambda corda, _: corda.packets.acknowledged.append((WAITING, OK)),
        {PACKETS_OF_CORDA, STRANDED},
    ),
    "a packet that timed out and was received": (
        lambda _, quorum: quorum.packets.received.append(LATE),
        {PACKETS_OF_CORDA},
    ),
    "a packet with two ends": (
        lambda corda, _: corda.packets.acknowledged.append((PAID, OK)),
        {PACKETS_OF_CORDA},
    ),
    "a packet that ended as another": (
        lambda corda, _: corda.packets.timed_out.__setitem__(0, call(2, OTHER)),
        {PACKETS_OF_CORDA},
    ),
    "coins paid for a token that didn't move": (lambda _, quorum: quorum.moved.clear(), {HALF}),
    "coins given back for a token that moved": (
        lambda corda, _: release(corda, PAID, "buyer"),
        {HALF},
    ),
    "coins that went to somebody else": (
        lambda corda, _: release(corda, LATE, "somebody else"),
        {HALF},
    ),
    "a token that moved with no coins locked": (
        lambda corda, _: corda.locks.pop(0),
        {HALF},
    ),
    "a lock whose packet has ended": (lambda corda, _: release(corda, PAID, None), {STRANDED}),
    "a lock released before its packet has ended": (
        lambda corda, _: release(corda, WAITING, "buyer"),
        {STRANDED},
    ),
    "coins released twice": (
        lambda corda, _: corda.locks.append(corda.locks[0]),
        {STRANDED},
    ),
    "a lock whose packet was never sent": (
        lambda corda, _: corda.packets.sent.pop(),
        {STRANDED},
    ),
    "a token that left somebody who didn't have it": (
        lambda _, quorum: quorum.transfers.append(Transfer("0x2", SEVEN, SELLER, BUYER)),
        {OWNER},
    ),
    "a token with another owner": (
        lambda _, quorum: quorum.owners.update({EIGHT: THIEF}),
        {OWNER},
    ),
    "a token that nobody has": (lambda _, quorum: quorum.owners.pop(EIGHT), {OWNER}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(name: str) -> None:
    plant, expected = PLANTED[name]
    sides = sound()
    plant(*sides)
    assert found(sides) == expected


def test_a_lock_that_was_burnt_and_restored_is_released_once() -> None:
    corda, quorum = sound()
    corda.locks.append(replace(corda.locks[0], released_to=None))
    assert check_sides(corda, quorum) == []


def test_a_violation_names_the_settlement() -> None:
    corda, quorum = sound()
    quorum.moved.clear()
    (only,) = check_sides(corda, quorum)
    assert str(only) == (
        "half_settled at network: tx 0: the seller is paid, and the token didn't move"
    )
