"""Minting tickets: one state for each packet to come, made ahead of it in batches.

Packets then run in parallel: each consumes a state of its own, and the notary's record of it is the
protection against replay. Only minting takes the channel's counters.
"""

import dataclasses
from typing import Annotated, ClassVar

from corda_sim.ibc.channel.ends import get_channel, refuse_ordered
from corda_sim.ibc.context import Context
from corda_sim.ibc.events import event
from corda_sim.ibc.host import paths
from corda_sim.ibc.protobuf import Field, Message
from states.ibc.errors import BridgeStateMissing, MessageWithoutEffect
from states.ibc.store import BridgeStore

MAX_BATCH = 1000
"""Tickets of one kind that one message may ask for."""


@dataclasses.dataclass(frozen=True, slots=True)
class MsgMintTickets(Message):
    """Make the next tickets of a channel, so many to send and so many to receive packets with."""

    TYPE_URL: ClassVar[str] = "/corda_sim.ibc.v1.MsgMintTickets"
    port_id: Annotated[str, Field(1)]
    channel_id: Annotated[str, Field(2)]
    sends: Annotated[int, Field(3, bits=32)] = 0
    receives: Annotated[int, Field(4, bits=32)] = 0


def mint_tickets(ctx: Context, store: BridgeStore, msg: MsgMintTickets) -> None:
    """Count the channel's counters on and make the tickets.

    Raises: ErrChannelNotFound, FeatureLater for an ORDERED channel, MessageWithoutEffect for no
    tickets or too many at once.
    """
    refuse_ordered(get_channel(ctx, msg.port_id, msg.channel_id).ordering)
    if not msg.sends + msg.receives > 0 or max(msg.sends, msg.receives) > MAX_BATCH:
        raise MessageWithoutEffect(f"from 1 to {MAX_BATCH} tickets are minted at once")
    place = (msg.port_id, msg.channel_id)
    for sequence in _drawn(store, paths.next_sequence_send(*place), msg.sends):
        store.mint(paths.packet_commitment(*place, sequence))
    for sequence in _drawn(store, paths.next_sequence_recv(*place), msg.receives):
        store.mint(paths.packet_receipt(*place, sequence))
    ctx.events.append(
        event(
            "mint_tickets",
            port_id=msg.port_id,
            channel_id=msg.channel_id,
            sends=msg.sends,
            receives=msg.receives,
        )
    )


def _drawn(store: BridgeStore, counter: str, count: int) -> range:
    first = store.counter(counter)
    if first is None:
        raise BridgeStateMissing(f"no counters of tickets at {counter}")
    if count:
        store.count(counter, first + count)
    return range(first, first + count)
