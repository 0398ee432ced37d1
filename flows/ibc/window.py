"""The time-window of a bridge transaction: a bridge's only clock."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from corda_sim.core.contracts import TimeWindow
from corda_sim.core.instants import instant_of_micros, micros_of
from corda_sim.cross.initiator.types import MsgInitiateTx
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import MsgRecvPacket, Packet

CLOCK_TOLERANCE = timedelta(milliseconds=500)
"""How far the notary's clock may be behind this node's: a window starts so long before now."""
LENGTH = timedelta(seconds=30)
"""How long signatures may take to collect."""
_MICROS_PER_SECOND, _MICROS_PER_MILLI, _NANOS_PER_MICRO = 1_000_000, 1000, 1000


def window_for(now: datetime, messages: Iterable[bytes], offers: Iterable[int] = ()) -> TimeWindow:
    """From a whole millisecond before now, until signatures should be there.

    It ends before any received packet's time-out and any offer's end, unless that is over: then the
    handler says so. ``offers`` are the ends, in seconds since 1970, of those that are signed for.
    """
    micros = micros_of(now - CLOCK_TOLERANCE)
    start = micros - micros % _MICROS_PER_MILLI
    end = min((micros_of(now + LENGTH), *_deadlines(messages), *map(_offer_end, offers)))
    if end <= start:
        end = micros_of(now + LENGTH)
    return TimeWindow.between(instant_of_micros(start), instant_of_micros(end))


def _deadlines(messages: Iterable[bytes]) -> Iterable[int]:
    for message in messages:
        packed = AnyMessage.decode_strict(message)
        if packed.type_url == MsgRecvPacket.TYPE_URL:
            yield from _deadlines_of(packed.unpack(MsgRecvPacket).packet)
        elif packed.type_url == MsgInitiateTx.TYPE_URL:
            seconds = packed.unpack(MsgInitiateTx).timeout_timestamp
            yield from (_offer_end(seconds),) if seconds else ()


def _offer_end(seconds: int) -> int:
    return seconds * _MICROS_PER_SECOND


def _deadlines_of(packet: Packet) -> Iterable[int]:
    """Microseconds since 1970 at which the packet is too late."""
    if packet.timeout_timestamp:
        yield packet.timeout_timestamp // _NANOS_PER_MICRO
    height = packet.timeout_height
    if height.revision_height and not height.revision_number:
        yield height.revision_height * _MICROS_PER_MILLI
