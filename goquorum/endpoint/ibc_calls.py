"""Our messages as calls of the handler, and its tuples as our types (yui-ibc-solidity v0.3.40)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    MsgTimeoutOnClose,
    Packet,
)
from corda_sim.ibc.channel.types import (
    Channel,
    ChannelCounterparty,
    ChannelState,
    MsgChannelOpenAck,
    MsgChannelOpenConfirm,
    MsgChannelOpenInit,
    MsgChannelOpenTry,
    Order,
)
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.commitment.prefix import MerklePrefix
from corda_sim.ibc.connection.types import (
    ConnectionEnd,
    ConnectionState,
    Counterparty,
    MsgConnectionOpenAck,
    MsgConnectionOpenConfirm,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
    Version,
)
from corda_sim.ibc.errors import ErrClientTypeNotFound, FeatureLater
from corda_sim.ibc.lightclients.lcp.client import LcpClient
from corda_sim.ibc.protobuf import Message

_CLIENT_TYPES: Final = {LcpClient.client_state_url: LcpClient.client_type}
_NO_VERSION: Final = Version()

Call = tuple[str, tuple[object, ...]]
"""A function's name and its one argument, a struct."""


def call_of(message: Message) -> Call:
    """The call that a message is.

    Raises:
        FeatureLater: the handler has no such function.
        ErrClientTypeNotFound: a client of a type that the handler isn't known to have.
    """
    shape = _SHAPES.get(type(message))
    if shape is None:
        raise FeatureLater(f"GoQuorum takes no {type(message).__name__}")
    name, fields = shape
    return name, fields(message)


def height_fields(height: Height) -> tuple[int, int]:
    """A height as the handler takes it."""
    return height.revision_number, height.revision_height


def _version(version: Version) -> tuple[object, ...]:
    return version.identifier, list(version.features)


def _counterparty(end: Counterparty) -> tuple[object, ...]:
    return end.client_id, end.connection_id, (end.prefix.key_prefix,)


def _channel(end: Channel) -> tuple[object, ...]:
    other = (end.counterparty.port_id, end.counterparty.channel_id)
    hops = list(end.connection_hops)
    return int(end.state), int(end.ordering), other, hops, end.version, end.upgrade_sequence


def packet_fields(packet: Packet) -> tuple[object, ...]:
    """A packet as the handler's functions and events have it; `read_packet` reads it."""
    return (
        packet.sequence,
        packet.source_port,
        packet.source_channel,
        packet.destination_port,
        packet.destination_channel,
        packet.data,
        height_fields(packet.timeout_height),
        packet.timeout_timestamp,
    )


def _create_client(msg: MsgCreateClient) -> tuple[object, ...]:
    kind = _CLIENT_TYPES.get(msg.client_state.type_url)
    if kind is None:
        raise ErrClientTypeNotFound(f"no client of {msg.client_state.type_url!r} on GoQuorum")
    return kind, msg.client_state.encode(), msg.consensus_state.encode()


def _update_client(msg: MsgUpdateClient) -> tuple[object, ...]:
    return msg.client_id, msg.client_message.encode()


def _connection_init(msg: MsgConnectionOpenInit) -> tuple[object, ...]:
    version = _version(msg.version or _NO_VERSION)
    return msg.client_id, _counterparty(msg.counterparty), version, msg.delay_period


def _connection_try(msg: MsgConnectionOpenTry) -> tuple[object, ...]:
    return (
        _counterparty(msg.counterparty),
        msg.delay_period,
        msg.client_id,
        msg.client_state.encode(),
        [_version(one) for one in msg.counterparty_versions],
        msg.proof_init,
        msg.proof_client,
        msg.proof_consensus,
        height_fields(msg.proof_height),
        height_fields(msg.consensus_height),
        msg.host_consensus_state_proof,
    )


def _connection_ack(msg: MsgConnectionOpenAck) -> tuple[object, ...]:
    return (
        msg.connection_id,
        msg.client_state.encode(),
        _version(msg.version),
        msg.counterparty_connection_id,
        msg.proof_try,
        msg.proof_client,
        msg.proof_consensus,
        height_fields(msg.proof_height),
        height_fields(msg.consensus_height),
        msg.host_consensus_state_proof,
    )


def _connection_confirm(msg: MsgConnectionOpenConfirm) -> tuple[object, ...]:
    return msg.connection_id, msg.proof_ack, height_fields(msg.proof_height)


def _channel_init(msg: MsgChannelOpenInit) -> tuple[object, ...]:
    return msg.port_id, _channel(msg.channel)


def _channel_try(msg: MsgChannelOpenTry) -> tuple[object, ...]:
    proof = (msg.proof_init, height_fields(msg.proof_height))
    return msg.port_id, _channel(msg.channel), msg.counterparty_version, *proof


def _channel_ack(msg: MsgChannelOpenAck) -> tuple[object, ...]:
    theirs = (msg.counterparty_version, msg.counterparty_channel_id)
    proof = (msg.proof_try, height_fields(msg.proof_height))
    return msg.port_id, msg.channel_id, *theirs, *proof


def _channel_confirm(msg: MsgChannelOpenConfirm) -> tuple[object, ...]:
    return msg.port_id, msg.channel_id, msg.proof_ack, height_fields(msg.proof_height)


def _recv(msg: MsgRecvPacket) -> tuple[object, ...]:
    return packet_fields(msg.packet), msg.proof_commitment, height_fields(msg.proof_height)


def _acknowledge(msg: MsgAcknowledgement) -> tuple[object, ...]:
    proof = (msg.proof_acked, height_fields(msg.proof_height))
    return packet_fields(msg.packet), msg.acknowledgement, *proof


def _timeout(msg: MsgTimeout) -> tuple[object, ...]:
    proof = (msg.proof_unreceived, height_fields(msg.proof_height))
    return packet_fields(msg.packet), *proof, msg.next_sequence_recv


def _timeout_on_close(msg: MsgTimeoutOnClose) -> tuple[object, ...]:
    proof = (msg.proof_unreceived, msg.proof_close, height_fields(msg.proof_height))
    counters = (msg.next_sequence_recv, msg.counterparty_upgrade_sequence)
    return packet_fields(msg.packet), *proof, *counters


_SHAPES: Final[Mapping[type[Message], tuple[str, Callable[[Any], tuple[object, ...]]]]] = {
    MsgCreateClient: ("createClient", _create_client),
    MsgUpdateClient: ("updateClient", _update_client),
    MsgConnectionOpenInit: ("connectionOpenInit", _connection_init),
    MsgConnectionOpenTry: ("connectionOpenTry", _connection_try),
    MsgConnectionOpenAck: ("connectionOpenAck", _connection_ack),
    MsgConnectionOpenConfirm: ("connectionOpenConfirm", _connection_confirm),
    MsgChannelOpenInit: ("channelOpenInit", _channel_init),
    MsgChannelOpenTry: ("channelOpenTry", _channel_try),
    MsgChannelOpenAck: ("channelOpenAck", _channel_ack),
    MsgChannelOpenConfirm: ("channelOpenConfirm", _channel_confirm),
    MsgRecvPacket: ("recvPacket", _recv),
    MsgAcknowledgement: ("acknowledgePacket", _acknowledge),
    MsgTimeout: ("timeoutPacket", _timeout),
    MsgTimeoutOnClose: ("timeoutOnClose", _timeout_on_close),
}


def read_connection(fields: tuple[Any, ...]) -> ConnectionEnd:
    """A connection's end as the handler answers it."""
    client_id, versions, state, (their_client, their_id, (prefix,)), delay = fields
    return ConnectionEnd(
        client_id,
        tuple(Version(identifier, tuple(features)) for identifier, features in versions),
        ConnectionState(state),
        Counterparty(their_client, their_id, MerklePrefix(prefix)),
        delay,
    )


def read_channel(fields: tuple[Any, ...]) -> Channel:
    """A channel's end as the handler answers it."""
    state, ordering, (port, channel), hops, version, upgrade_sequence = fields
    return Channel(
        ChannelState(state),
        Order(ordering),
        ChannelCounterparty(port, channel),
        tuple(hops),
        version,
        upgrade_sequence,
    )


def read_packet(fields: tuple[Any, ...]) -> Packet:
    """A packet as the handler's events have it."""
    sequence, port, channel, their_port, their_channel, data, height, timestamp = fields
    sender, receiver = (port, channel), (their_port, their_channel)
    return Packet(sequence, *sender, *receiver, data, Height(*height), timestamp)
