"""The handler's events as the relayer's."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.client.height import Height
from corda_sim.relayer.chain import AcknowledgementWritten, ChainEvent, PacketSent
from corda_sim.relayer.errors import NothingToProveException
from goquorum.endpoint.ibc_calls import read_packet
from goquorum.endpoint.ibc_handler import CHUNK_BLOCKS, IbcHandler, Told

Place = tuple[str, str, int]
"""Port, channel and number of a packet, where it arrived."""


class EventReader:
    """Reads blocks; it knows where to look up what an event leaves out."""

    def __init__(self, handler: IbcHandler, start_block: int) -> None:
        self._handler, self._start = handler, start_block
        self._ends: dict[tuple[str, str], Channel] = {}

    def read(self, first: int, last: int) -> tuple[ChainEvent, ...]:
        """What the relayer follows of blocks `first` to `last`."""
        told = list(self._handler.events(first, last))
        received = _received(told)
        found = (self._translate(one, received) for one in told)
        return tuple(event for event in found if event is not None)

    def named(self, name: str, address: bytes | None = None) -> Iterator[Mapping[str, Any]]:
        """The arguments of all events of one name, of the handler or of another contract.

        The oldest comes first.
        """
        told = self._handler.history(self._start, address)
        return (one.event.arguments for one in told if one.event.name == name)

    def _translate(self, told: Told, received: dict[Place, Packet]) -> ChainEvent | None:
        arguments = told.event.arguments
        if told.event.name == "SendPacket":
            return PacketSent(self._sent(arguments))
        if told.event.name == "WriteAcknowledgement":
            place = (
                arguments["destinationPortId"],
                arguments["destinationChannel"],
                arguments["sequence"],
            )
            packet = received.get(place) or self._look_up(place, told.block)
            return AcknowledgementWritten(packet, arguments["acknowledgement"])
        return None

    def _sent(self, arguments: Any) -> Packet:  # noqa: ANN401 - an event's arguments
        place = (arguments["sourcePort"], arguments["sourceChannel"])
        other = self._end(*place).counterparty
        return Packet(
            arguments["sequence"],
            *place,
            other.port_id,
            other.channel_id,
            arguments["data"],
            Height(*arguments["timeoutHeight"]),
            arguments["timeoutTimestamp"],
        )

    def _end(self, port_id: str, channel_id: str) -> Channel:
        found = self._ends.get((port_id, channel_id)) or self._handler.channel(port_id, channel_id)
        if found is None:
            raise NothingToProveException(f"no channel {channel_id} on port {port_id}")
        self._ends[port_id, channel_id] = found
        return found

    def _look_up(self, place: Place, block: int) -> Packet:
        """A packet that was received in a transaction before the one that acknowledges it."""
        for last in range(block, self._start - 1, -CHUNK_BLOCKS):
            first = max(self._start, last - CHUNK_BLOCKS + 1)
            found = _received(list(self._handler.events(first, last))).get(place)
            if found is not None:
                return found
        raise NothingToProveException(f"no packet was received at {place}")


def _received(told: Sequence[Told]) -> dict[Place, Packet]:
    events = (one.event for one in told if one.event.name == "RecvPacket")
    packets = (read_packet(event.arguments["packet"]) for event in events)
    return {(one.destination_port, one.destination_channel, one.sequence): one for one in packets}
