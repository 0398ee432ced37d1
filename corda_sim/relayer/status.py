"""What the chains say of packets: nothing is asked of a running relayer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from corda_sim.ibc.channel.packet import Packet
from corda_sim.relayer.chain import AcknowledgementWritten, Chain, PacketSent
from corda_sim.relayer.errors import UnknownPacketException
from corda_sim.relayer.service import Side
from corda_sim.relayer.work import (
    acknowledgement_path,
    commitment_path,
    key_of,
    receipt_path,
)

DONE: Final = "done"
ACKNOWLEDGED: Final = "acknowledged"
RECEIVED: Final = "received"
SENT: Final = "sent"
LATE: Final = "late"
_TOLD: Final = {
    DONE: "its sender has heard what became of it",
    ACKNOWLEDGED: "its acknowledgement is to be brought back",
    RECEIVED: "it was received; its acknowledgement isn't written yet",
    SENT: "it is to be received",
    LATE: "it can't be received any more; that is to be proven to its sender",
}


@dataclass(frozen=True, slots=True)
class PacketStatus:
    """A packet and where it is on its way; `acknowledgement` as it was written, if it was."""

    chain: str
    packet: Packet
    stage: str
    acknowledgement: bytes | None

    @property
    def name(self) -> str:
        """How the command line calls it."""
        return f"{self.chain}/{key_of(self.packet)}"

    def explain(self) -> dict[str, object]:
        """All of it, for people and programs."""
        packet = self.packet
        written = self.acknowledgement
        return {
            "packet": self.name,
            "stage": self.stage,
            "meaning": _TOLD[self.stage],
            "to": f"{packet.destination_port}/{packet.destination_channel}",
            "timeout_height": str(packet.timeout_height),
            "timeout_timestamp": packet.timeout_timestamp,
            "data": packet.data.hex(),
            "acknowledgement": None if written is None else written.hex(),
        }


def packets(source: Side, target: Side) -> list[PacketStatus]:
    """All packets that one side has sent by the channels, the oldest first."""
    sent = [
        event.packet
        for event in _all_events(source.chain)
        if isinstance(event, PacketSent) and source.sent(event.packet)
    ]
    written = {
        key_of(event.packet): event.acknowledgement
        for event in _all_events(target.chain)
        if isinstance(event, AcknowledgementWritten) and target.received(event.packet)
    }
    stages = _stages(sent, source.chain, target.chain)
    return [
        PacketStatus(source.chain.name, packet, stage, written.get(key_of(packet)))
        for packet, stage in zip(sent, stages, strict=True)
    ]


def find_packet(name: str, sides: tuple[Side, Side]) -> PacketStatus:
    """The packet of `CHAIN/PORT/CHANNEL/NUMBER`. Raises UnknownPacketException."""
    here, there = sides
    for source, target in ((here, there), (there, here)):
        for status in packets(source, target) if name.startswith(source.chain.name) else ():
            if status.name == name:
                return status
    raise UnknownPacketException(f"no packet {name}: CHAIN/PORT/CHANNEL/NUMBER is expected")


def _all_events(chain: Chain) -> Iterable[object]:
    cursor, is_newest = "", False
    while not is_newest:
        news = chain.follow(cursor, 0)
        yield from news.events
        cursor, is_newest = news.cursor, news.is_newest


def _stages(sent: Sequence[Packet], source: Chain, target: Chain) -> list[str]:
    height, timestamp = target.now()
    there = source.committed([commitment_path(one) for one in sent])
    got = target.committed([receipt_path(one) for one in sent])
    answered = target.committed([acknowledgement_path(one) for one in sent])
    late = [one.has_elapsed(height, timestamp) for one in sent]
    return [_stage(*facts) for facts in zip(there, got, answered, late, strict=True)]


def _stage(is_open: bool, is_received: bool, is_answered: bool, is_late: bool) -> str:
    if not is_open:
        return DONE
    if is_answered:
        return ACKNOWLEDGED
    if is_received:
        return RECEIVED
    return LATE if is_late else SENT
