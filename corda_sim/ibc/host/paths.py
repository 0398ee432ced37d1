"""Paths of the provable store, without prefix (ICS-24; ibc-go modules/core/24-host)."""

NEXT_CLIENT_SEQUENCE = "nextClientSequence"
NEXT_CONNECTION_SEQUENCE = "nextConnectionSequence"
NEXT_CHANNEL_SEQUENCE = "nextChannelSequence"


def client(client_id: str) -> str:
    """The part of the store that is a client's own, with its final slash."""
    return f"clients/{client_id}/"


def client_state(client_id: str) -> str:
    """Where a client state is."""
    return f"clients/{client_id}/clientState"


def consensus_states(client_id: str) -> str:
    """What the paths of a client's consensus states start with."""
    return f"clients/{client_id}/consensusStates/"


def consensus_state(client_id: str, height: object) -> str:
    """Where a consensus state is; ``height`` is written as ``revision-number``."""
    return f"clients/{client_id}/consensusStates/{height}"


def processed_time(client_id: str, height: object) -> str:
    """When a consensus state was stored, in nanoseconds (ICS-07's processedTime)."""
    return f"clients/{client_id}/processedTime/{height}"


def connection(connection_id: str) -> str:
    """Where a connection end is."""
    return f"connections/{connection_id}"


def _channel(port_id: str, channel_id: str) -> str:
    return f"ports/{port_id}/channels/{channel_id}"


def channel(port_id: str, channel_id: str) -> str:
    """Where a channel end is."""
    return f"channelEnds/{_channel(port_id, channel_id)}"


def next_sequence_send(port_id: str, channel_id: str) -> str:
    """The number of the next packet to send."""
    return f"nextSequenceSend/{_channel(port_id, channel_id)}"


def next_sequence_recv(port_id: str, channel_id: str) -> str:
    """The number of the next packet to receive."""
    return f"nextSequenceRecv/{_channel(port_id, channel_id)}"


def next_sequence_ack(port_id: str, channel_id: str) -> str:
    """The number of the next acknowledgement."""
    return f"nextSequenceAck/{_channel(port_id, channel_id)}"


def packet_commitment(port_id: str, channel_id: str, sequence: int) -> str:
    """Where the sender keeps a packet's 32 bytes."""
    return f"commitments/{_channel(port_id, channel_id)}/sequences/{sequence}"


def packet_acknowledgement(port_id: str, channel_id: str, sequence: int) -> str:
    """Where the receiver keeps an acknowledgement's 32 bytes."""
    return f"acks/{_channel(port_id, channel_id)}/sequences/{sequence}"


def packet_receipt(port_id: str, channel_id: str, sequence: int) -> str:
    """Where the receiver notes that it has a packet."""
    return f"receipts/{_channel(port_id, channel_id)}/sequences/{sequence}"
