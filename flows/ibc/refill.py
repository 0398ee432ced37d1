"""Keeping tickets ahead of need: every so many packets, one of them mints as many more."""

from collections.abc import Iterable

from corda_sim.ibc.any import pack
from flows.ibc.draft import Told
from flows.ibc.plan import BATCH
from states.ibc import MsgMintTickets

EVERY = BATCH // 2
"""So that half a batch is left where nobody has been late."""
_SIDES = {"send_packet": "src", "recv_packet": "dst"}


def refills(events: Iterable[Told]) -> tuple[bytes, ...]:
    """The minting that is due after a transaction with these events."""
    due = []
    for event in events:
        side, values = _SIDES.get(event.type), dict(event.attributes)
        if side is None or int(values["packet_sequence"]) % EVERY:
            continue
        sends, receives = (EVERY, 0) if side == "src" else (0, EVERY)
        place = (values[f"packet_{side}_port"], values[f"packet_{side}_channel"])
        due.append(pack(MsgMintTickets(*place, sends, receives)))
    return tuple(due)
