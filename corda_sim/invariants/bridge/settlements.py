"""Invariants of settlements: coins are paid on Corda if and only if the token moved on GoQuorum."""

from collections import Counter
from collections.abc import Iterator

from corda_sim.invariants.bridge.views import CordaView, LockFacts, Place, QuorumView, Token
from corda_sim.invariants.violations import Violation, ViolationKind

NETWORK = "network"
_NOBODY = bytes(20)


def both_or_neither(corda: CordaView, quorum: QuorumView) -> Iterator[Violation]:
    """Each settlement happened on both chains or on neither, or its answer is on its way."""
    moved, locked = set(quorum.moved), {lock.packet for lock in corda.locks}
    for lock in corda.locks:
        detail = _half(lock, has_moved=lock.packet in moved)
        if detail:
            told = f"{lock.tx_id}: {detail}"
            yield Violation(ViolationKind.HALF_SETTLED, NETWORK, told)
    for packet in sorted(moved - locked):
        detail = f"the token of call {packet} moved, and no coins were locked for it"
        yield Violation(ViolationKind.HALF_SETTLED, NETWORK, detail)


def _half(lock: LockFacts, *, has_moved: bool) -> str:
    match lock.released_to:
        case None:
            return ""
        case "seller":
            return "" if has_moved else "the seller is paid, and the token didn't move"
        case "buyer":
            return "the buyer has his coins again, and the token moved" if has_moved else ""
        case other:
            return f"{other} has the coins"


def no_stranded_lock(corda: CordaView) -> Iterator[Violation]:
    """Coins are locked as long as the answer that decides about them may come, and no longer.

    They are released once: a lock that was burnt and restored is there twice.
    """
    sent, ended = {place for place, _ in corda.packets.sent}, corda.packets.ended
    releases = Counter((one.tx_id, one.packet) for one in corda.locks if one.released_to)
    for tx_id, packet in dict.fromkeys((one.tx_id, one.packet) for one in corda.locks):
        times = releases[tx_id, packet]
        detail = _stranded(packet, times, is_sent=packet in sent, is_ended=packet in ended)
        if detail:
            told = f"{tx_id}: {detail}"
            yield Violation(ViolationKind.STRANDED_LOCK, corda.packets.name, told)


def _stranded(packet: Place, releases: int, *, is_sent: bool, is_ended: bool) -> str:
    if not is_sent:
        return f"coins were locked for {packet}, which was never sent"
    if releases > 1:
        return f"coins were released {releases} times"
    if is_ended and not releases:
        return f"coins are locked, and {packet} has ended"
    if releases and not is_ended:
        return f"coins were released before {packet} ended"
    return ""


def one_owner(quorum: QuorumView) -> Iterator[Violation]:
    """A token leaves whoever has it, and is whose the last transfer made it."""
    owners = dict[Token, bytes]()
    for _, token, source, target in quorum.transfers:
        if owners.get(token, _NOBODY) != source:
            yield _mismatch(quorum, f"{token} left 0x{source.hex()}, who didn't have it")
        owners[token] = target
    for token in sorted(owners.keys() | quorum.owners.keys()):
        if owners.get(token) != quorum.owners.get(token):
            yield _mismatch(quorum, f"{token} has another owner than its transfers tell")


def _mismatch(quorum: QuorumView, detail: str) -> Violation:
    return Violation(ViolationKind.OWNER_MISMATCH, quorum.packets.name, detail)
