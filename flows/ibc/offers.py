"""Cross-chain transactions that received packets sign for, and when their time is over."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from corda_sim.core.errors import DecodeError
from corda_sim.cross import paths
from corda_sim.cross.auth.types import PacketDataIBCSignTx
from corda_sim.cross.initiator.types import InitiateTxState
from corda_sim.cross.packets.types import PacketData
from corda_sim.flow.services import NodeServices
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import MsgRecvPacket
from flows.ibc.index import HostStates


def signed_transactions(messages: Iterable[bytes]) -> Iterator[bytes]:
    """Their ids; a packet that says nothing of the kind is the handler's to judge."""
    for message in messages:
        packed = AnyMessage.decode_strict(message)
        if packed.type_url == MsgRecvPacket.TYPE_URL:
            data = packed.unpack(MsgRecvPacket).packet.data
            with suppress(DecodeError):
                payload = PacketData.decode(data).payload
                if payload.type_url == PacketDataIBCSignTx.TYPE_URL:
                    yield payload.unpack(PacketDataIBCSignTx).tx_id


def ends_of(
    services: NodeServices, states: HostStates, transactions: Iterable[bytes]
) -> tuple[int, ...]:
    """The ends in seconds since 1970 of those that are known and don't last for ever."""
    found = (_end_of(services, states, tx_id) for tx_id in transactions)
    return tuple(end for end in found if end)


def _end_of(services: NodeServices, states: HostStates, tx_id: bytes) -> int:
    value = states.find(services, paths.initiated(tx_id))
    return InitiateTxState.decode_strict(value).msg.timeout_timestamp if value else 0
