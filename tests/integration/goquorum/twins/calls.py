"""A message of our handlers as the call of the Solidity handler that means the same."""

from collections.abc import Callable
from typing import Any

from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    MsgTimeoutOnClose,
    Packet,
)
from corda_sim.ibc.channel.types import (
    Channel,
    MsgChannelCloseConfirm,
    MsgChannelCloseInit,
    MsgChannelOpenAck,
    MsgChannelOpenConfirm,
    MsgChannelOpenInit,
    MsgChannelOpenTry,
)
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.ibc.connection.types import (
    Counterparty,
    MsgConnectionOpenAck,
    MsgConnectionOpenConfirm,
    MsgConnectionOpenInit,
    MsgConnectionOpenTry,
    Version,
)
from corda_sim.ibc.protobuf import Message

Call = tuple[str, tuple[Any, ...]]


def _height(height: Height) -> tuple[int, int]:
    return (height.revision_number, height.revision_height)


def _version(version: Version | None) -> tuple[str, tuple[str, ...]]:
    return ("", ()) if version is None else (version.identifier, version.features)


def _counterparty(one: Counterparty) -> tuple[str, str, tuple[bytes]]:
    return (one.client_id, one.connection_id, (one.prefix.key_prefix,))


def _channel(end: Channel) -> tuple[Any, ...]:
    other = (end.counterparty.port_id, end.counterparty.channel_id)
    hops = end.connection_hops
    return (int(end.state), int(end.ordering), other, hops, end.version, end.upgrade_sequence)


def packet_tuple(packet: Packet) -> tuple[Any, ...]:
    """A packet in the handler's ABI."""
    source = (packet.source_port, packet.source_channel)
    target = (packet.destination_port, packet.destination_channel)
    timeouts = (_height(packet.timeout_height), packet.timeout_timestamp)
    return (packet.sequence, *source, *target, packet.data, *timeouts)


def _self_proofs(msg: MsgConnectionOpenTry | MsgConnectionOpenAck) -> tuple[Any, ...]:
    proofs = (msg.proof_client, msg.proof_consensus)
    heights = (_height(msg.proof_height), _height(msg.consensus_height))
    return (*proofs, *heights, msg.host_consensus_state_proof)


def _connection_try(msg: MsgConnectionOpenTry) -> tuple[Any, ...]:
    versions = tuple(map(_version, msg.counterparty_versions))
    first = (_counterparty(msg.counterparty), msg.delay_period, msg.client_id)
    return (*first, msg.client_state.encode(), versions, msg.proof_init, *_self_proofs(msg))


def _connection_ack(msg: MsgConnectionOpenAck) -> tuple[Any, ...]:
    first = (msg.connection_id, msg.client_state.encode(), _version(msg.version))
    return (*first, msg.counterparty_connection_id, msg.proof_try, *_self_proofs(msg))


def _timeout_on_close(msg: MsgTimeoutOnClose) -> tuple[Any, ...]:
    proofs = (msg.proof_unreceived, msg.proof_close, _height(msg.proof_height))
    numbers = (msg.next_sequence_recv, msg.counterparty_upgrade_sequence)
    return (packet_tuple(msg.packet), *proofs, *numbers)


_CALLS: dict[type[Message], tuple[str, Callable[[Any], tuple[Any, ...]]]] = {
    MsgCreateClient: (
        "createClient",
        lambda m: ("mock-client", m.client_state.encode(), m.consensus_state.encode()),
    ),
    MsgUpdateClient: ("updateClient", lambda m: (m.client_id, m.client_message.encode())),
    MsgConnectionOpenInit: (
        "connectionOpenInit",
        lambda m: (m.client_id, _counterparty(m.counterparty), _version(m.version), m.delay_period),
    ),
    MsgConnectionOpenTry: ("connectionOpenTry", _connection_try),
    MsgConnectionOpenAck: ("connectionOpenAck", _connection_ack),
    MsgConnectionOpenConfirm: (
        "connectionOpenConfirm",
        lambda m: (m.connection_id, m.proof_ack, _height(m.proof_height)),
    ),
    MsgChannelOpenInit: ("channelOpenInit", lambda m: (m.port_id, _channel(m.channel))),
    MsgChannelOpenTry: (
        "channelOpenTry",
        lambda m: (
            m.port_id,
            _channel(m.channel),
            m.counterparty_version,
            m.proof_init,
            _height(m.proof_height),
        ),
    ),
    MsgChannelOpenAck: (
        "channelOpenAck",
        lambda m: (
            m.port_id,
            m.channel_id,
            m.counterparty_version,
            m.counterparty_channel_id,
            m.proof_try,
            _height(m.proof_height),
        ),
    ),
    MsgChannelOpenConfirm: (
        "channelOpenConfirm",
        lambda m: (m.port_id, m.channel_id, m.proof_ack, _height(m.proof_height)),
    ),
    MsgChannelCloseInit: ("channelCloseInit", lambda m: (m.port_id, m.channel_id)),
    MsgChannelCloseConfirm: (
        "channelCloseConfirm",
        lambda m: (m.port_id, m.channel_id, m.proof_init, _height(m.proof_height)),
    ),
    MsgRecvPacket: (
        "recvPacket",
        lambda m: (packet_tuple(m.packet), m.proof_commitment, _height(m.proof_height)),
    ),
    MsgAcknowledgement: (
        "acknowledgePacket",
        lambda m: (
            packet_tuple(m.packet),
            m.acknowledgement,
            m.proof_acked,
            _height(m.proof_height),
        ),
    ),
    MsgTimeout: (
        "timeoutPacket",
        lambda m: (
            packet_tuple(m.packet),
            m.proof_unreceived,
            _height(m.proof_height),
            m.next_sequence_recv,
        ),
    ),
    MsgTimeoutOnClose: ("timeoutOnClose", _timeout_on_close),
}


def call_of(msg: Message) -> Call:
    """The handler's function, and the tuple that it takes."""
    name, arguments = _CALLS[type(msg)]
    return name, arguments(msg)
