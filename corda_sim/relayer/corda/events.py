"""Events of ICS-04, with ibc-go's types and attributes, as the relayer's."""

from collections.abc import Mapping
from typing import Final

from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.client.height import Height
from corda_sim.relayer.chain import AcknowledgementWritten, ChainEvent, PacketSent

_SENT: Final = "send_packet"
_ACKNOWLEDGED: Final = "write_acknowledgement"


def chain_event(type_: str, attributes: Mapping[str, str]) -> ChainEvent | None:
    """What the relayer follows, None for another event. Raises ErrInvalidHeight, KeyError."""
    if type_ == _SENT:
        return PacketSent(_packet(attributes))
    if type_ == _ACKNOWLEDGED:
        acknowledgement = bytes.fromhex(attributes["packet_ack_hex"])
        return AcknowledgementWritten(_packet(attributes), acknowledgement)
    return None


def _packet(attributes: Mapping[str, str]) -> Packet:
    return Packet(
        int(attributes["packet_sequence"]),
        attributes["packet_src_port"],
        attributes["packet_src_channel"],
        attributes["packet_dst_port"],
        attributes["packet_dst_channel"],
        bytes.fromhex(attributes["packet_data_hex"]),
        Height.parse(attributes["packet_timeout_height"]),
        int(attributes["packet_timeout_timestamp"]),
    )
