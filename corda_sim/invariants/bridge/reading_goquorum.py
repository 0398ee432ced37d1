"""Reading a bridge out of GoQuorum: its handler's events, and the transfers of its tokens."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from corda_sim.core.errors import DecodeError
from corda_sim.cross.atomic.simple.types import PacketDataCall
from corda_sim.cross.packets.types import PacketData
from corda_sim.cross.ports import CROSS_PORT
from corda_sim.ibc.channel.packet import Packet, commit_acknowledgement
from corda_sim.ibc.client.height import Height
from corda_sim.invariants.bridge.views import PacketView, Place, QuorumView, Token, Transfer
from goquorum.bridge_file import BridgeFile
from goquorum.endpoint.ibc_calls import read_packet
from goquorum.endpoint.ibc_handler import IbcHandler, Told
from goquorum.endpoint.json_rpc import JsonRpc
from goquorum.nft import Nft

GOQUORUM: Final = "goquorum"
_NOBODY: Final = bytes(20)
_TRANSFER: Final = ("address", "address", "address", "uint256")


class Call(NamedTuple):
    """A call that arrived in a transaction: where it left, and the transfer that it asks for."""

    place: Place
    wanted: Transfer


def read_goquorum(rpc: JsonRpc, bridge: BridgeFile) -> QuorumView:
    """The bridge by all blocks until now. Raises: GoQuorumError."""
    handler = IbcHandler(rpc, bridge.handler)
    view, calls = QuorumView(PacketView(GOQUORUM)), list[Call]()
    for told in handler.history(bridge.block):
        read_event(told, view.packets)
        calls += calls_in(told)
    for contract in sorted({bridge.token, *(one.wanted.token.contract for one in calls)}):
        view.transfers += transfers_of(contract, handler.history(bridge.block, contract))
    view.owners = {
        token: Nft.at(rpc, token.contract).holding(token.number).owner
        for token, owner in {one.token: one.target for one in view.transfers}.items()
        if owner != _NOBODY
    }
    done = set(view.transfers)
    view.moved = [call.place for call in calls if call.wanted in done]
    return view


def read_event(told: Told, view: PacketView) -> None:
    """Note what an event of the handler says of a packet."""
    of = told.event.arguments
    match told.event.name:
        case "SendPacket":
            view.sent.append(_sent(of))
        case "RecvPacket":
            view.received.append(read_packet(of["packet"]))
        case "WriteAcknowledgement":
            place = Place(of["destinationPortId"], of["destinationChannel"], of["sequence"])
            view.answers[place] = commit_acknowledgement(of["acknowledgement"])
        case "AcknowledgePacket":
            view.acknowledged.append((read_packet(of["packet"]), of["acknowledgement"]))
        case "TimeoutPacket" | "TimeoutOnClose":
            view.timed_out.append(read_packet(of["packet"]))


def _sent(of: Mapping[str, Any]) -> tuple[Place, bytes]:
    place = Place(of["sourcePort"], of["sourceChannel"], of["sequence"])
    height, timestamp = Height(*of["timeoutHeight"]), of["timeoutTimestamp"]
    ends = (place.port, place.channel, "", "")
    return place, Packet(place.sequence, *ends, of["data"], height, timestamp).commitment


def calls_in(told: Told) -> Iterator[Call]:
    """The call that an event brings; nothing for another event, or for what is no transfer."""
    if told.event.name != "RecvPacket":
        return
    packet = read_packet(told.event.arguments["packet"])
    if packet.destination_port != CROSS_PORT:
        return
    try:
        asked = PacketData.decode(packet.data).payload.unpack(PacketDataCall)
        fields = decode(_TRANSFER, asked.tx.call_info)
    except (DecodeError, DecodingError):
        return
    contract, source, target = (bytes.fromhex(field[2:]) for field in fields[:3])
    token = Token(contract, fields[3])
    yield Call(Place.sent(packet), Transfer(told.transaction, token, source, target))


def transfers_of(contract: bytes, history: Iterable[Told]) -> Iterator[Transfer]:
    """The transfers among a contract's events."""
    for told in history:
        if told.event.name == "Transfer":
            source, target, number = told.event.arguments.values()
            ends = (bytes.fromhex(one[2:]) for one in (source, target))
            yield Transfer(told.transaction, Token(contract, number), *ends)
