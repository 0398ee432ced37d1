"""Keeping tickets ahead of need: every so many packets, one of them mints as many more.

Each minting goes on from the one before, and a node that resolves a packet resolves them all. So
the more packets a channel has had, the more tickets are minted at once: 10,000 mint 20 times.
"""

from collections.abc import Iterable

from corda_sim.ibc.any import pack
from corda_sim.ibc.events import Event
from flows.ibc.plan import BATCH
from states.ibc import MsgMintTickets
from states.ibc.tickets import MAX_BATCH

EVERY = BATCH // 2
"""So that half a batch is left where nobody has been late."""
_SIDES = {"send_packet": "src", "recv_packet": "dst"}


def refills(events: Iterable[Event]) -> tuple[bytes, ...]:
    """The minting that is due after a transaction with these events."""
    due = []
    for event in events:
        side, values = _SIDES.get(event.type), dict(event.attributes)
        number = 0 if side is None else due_at(int(values["packet_sequence"]))
        if not number:
            continue
        sends, receives = (number, 0) if side == "src" else (0, number)
        place = (values[f"packet_{side}_port"], values[f"packet_{side}_channel"])
        due.append(pack(MsgMintTickets(*place, sends, receives)))
    return tuple(due)


def due_at(sequence: int) -> int:
    """How many tickets the packet of this number mints: those until the next packet that does."""
    step = EVERY
    while 4 * step <= sequence and 2 * step <= MAX_BATCH:
        step *= 2
    return 0 if sequence % step else step
