"""Which bridge state holds a path: every path belongs to exactly one state, named by its key.

Whatever changes independently is a state of its own, so that transactions don't wait for each
other: host counters, each client (with its enclave keys), each consensus state, each connection and
channel end, a channel's counters of tickets, each packet sent or received, each Cross transaction.
"""

from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import FeatureLater

CROSS_KEYS = "cross/"
"""What the keys of Cross's states start with."""
HOST_COUNTERS = "host"
"""Key of the state from which identifiers are drawn."""
_NEXT_IDENTIFIERS = ("nextClientSequence", "nextConnectionSequence", "nextChannelSequence")
_SENT, _RECEIVED, _COUNTERS = "commitments/", "receipts/", "nextSequenceSend/"


def state_key(path: str) -> str:
    """The key of the state that holds ``path``, mostly the first of the state's own paths.

    Raises: FeatureLater for a path that no state on Corda holds.
    """
    match path.split("/"):
        case [name] if name in _NEXT_IDENTIFIERS:
            return HOST_COUNTERS
        case ["clients", client, "consensusStates" | "processedTime", height]:
            return f"clients/{client}/consensusStates/{height}"
        case ["clients", client, _, *_]:
            return f"clients/{client}/clientState"
        case ["connections", _] | ["channelEnds" | "commitments", *_]:
            return path
        case ["nextSequenceSend" | "nextSequenceRecv" | "nextSequenceAck", *place]:
            return _COUNTERS + "/".join(place)
        case ["receipts" | "acks", *place]:
            return _RECEIVED + "/".join(place)
        case ["cross", "servedCalls", _, _, _]:
            return path
        case ["cross", _, tx_id]:
            return f"cross/{tx_id}"
        case _:
            raise FeatureLater(f"no state on Corda holds {path}")


def key_prefix(prefix: str) -> str:
    """What the keys of all states start with that may hold a path under ``prefix``."""
    head, slash, rest = prefix.partition("/")
    if head in ("clients", "cross") or not slash:
        return f"{head}/" if slash else ""
    return {"acks": _RECEIVED}.get(head, f"{head}/") + rest


def parent_key(key: str) -> str | None:
    """The state whose participants a new state takes; None where that is the host."""
    match key.split("/"):
        case ["clients", client, "consensusStates", _]:
            return f"clients/{client}/clientState"
        case ["nextSequenceSend" | "commitments" | "receipts", "ports", port, "channels", id_, *_]:
            return f"channelEnds/ports/{port}/channels/{id_}"
        case _:
            return None


def needs_ticket(key: str) -> bool:
    """Whether the state is of one packet, and only follows a ticket."""
    return key.startswith((_SENT, _RECEIVED))


def split_key(key: str) -> tuple[str, int]:
    """What the keys of like states start with, and the number that tells them apart.

    The number is a packet's sequence or a consensus state's height, 0 where there is none.
    """
    group, _, last = key.rpartition("/")
    if group.endswith("/consensusStates"):
        height = Height.parse(last)
        return f"{group}/", height.revision_number << 64 | height.revision_height
    return f"{group}/", int(last) if needs_ticket(key) else 0


def send_tickets(counter_path: str) -> str:
    """What the keys of a channel's send tickets start with, by its ``nextSequenceSend`` path."""
    return f"{_SENT}{counter_path.removeprefix(_COUNTERS)}/sequences/"


def is_send_counter(path: str) -> bool:
    """Whether this is the path that ``send_packet`` draws a sequence from."""
    return path.startswith(_COUNTERS)
