"""Our codec against Google's, over descriptors made here in a pool of their own."""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.commitment.prefix import MerklePrefix
from corda_sim.ibc.connection.types import ConnectionEnd, ConnectionState, Counterparty, Version

F = descriptor_pb2.FieldDescriptorProto
U64, STR, BYTES, MSG = F.TYPE_UINT64, F.TYPE_STRING, F.TYPE_BYTES, F.TYPE_MESSAGE
MESSAGES: dict[str, list[tuple[str, int, int, str]]] = {
    "Height": [("revision_number", 1, U64, ""), ("revision_height", 2, U64, "")],
    "MerklePrefix": [("key_prefix", 1, BYTES, "")],
    "Version": [("identifier", 1, STR, ""), ("features", 2, STR, "*")],
    "Counterparty": [
        ("client_id", 1, STR, ""),
        ("connection_id", 2, STR, ""),
        ("prefix", 3, MSG, "MerklePrefix"),
    ],
    "ConnectionEnd": [
        ("client_id", 1, STR, ""),
        ("versions", 2, MSG, "*Version"),
        ("state", 3, U64, ""),
        ("counterparty", 4, MSG, "Counterparty"),
        ("delay_period", 5, U64, ""),
    ],
    "Packet": [
        ("sequence", 1, U64, ""),
        ("source_port", 2, STR, ""),
        ("source_channel", 3, STR, ""),
        ("destination_port", 4, STR, ""),
        ("destination_channel", 5, STR, ""),
        ("data", 6, BYTES, ""),
        ("timeout_height", 7, MSG, "Height"),
        ("timeout_timestamp", 8, U64, ""),
    ],
}


def google_messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind, more in fields:
            label = F.LABEL_REPEATED if more.startswith("*") else F.LABEL_OPTIONAL
            field = message.field.add(name=field_name, number=number, label=label)
            field.type = kind  # type: ignore[assignment]
            if kind == MSG:
                field.type_name = f".t.{more.removeprefix('*')}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"t.{name}"))
        for name in MESSAGES
    }


GOOGLE = google_messages()
u64 = st.integers(0, 2**64 - 1)
text = st.text(max_size=12)
heights = st.builds(Height, u64, u64)
packets = st.builds(Packet, u64, text, text, text, text, st.binary(max_size=40), heights, u64)
versions = st.builds(Version, text, st.lists(text, max_size=3).map(tuple))
ends = st.builds(
    ConnectionEnd,
    text,
    st.lists(st.builds(Version, text, st.lists(text, max_size=3).map(tuple)), max_size=3).map(
        tuple
    ),
    st.sampled_from(ConnectionState),
    st.builds(Counterparty, text, text, st.builds(MerklePrefix, st.binary(max_size=5))),
    u64,
)


@given(packets)
def test_packets_agree(packet: Packet) -> None:
    theirs = GOOGLE["Packet"].FromString(packet.encode())
    assert theirs.SerializeToString(deterministic=True) == packet.encode()
    assert Packet.decode_strict(packet.encode()) == packet
    assert (theirs.sequence, theirs.data) == (packet.sequence, packet.data)
    assert theirs.timeout_height.revision_height == packet.timeout_height.revision_height


@given(ends)
def test_connection_ends_agree(end: ConnectionEnd) -> None:
    theirs = GOOGLE["ConnectionEnd"].FromString(end.encode())
    assert theirs.SerializeToString(deterministic=True) == end.encode()
    assert ConnectionEnd.decode_strict(end.encode()) == end
    assert [list(one.features) for one in theirs.versions] == [
        list(one.features) for one in end.versions
    ]


@given(st.binary(max_size=60))
def test_whatever_we_read_google_reads_alike(data: bytes) -> None:
    try:
        ours = Packet.decode(data)
    except DecodeError:
        return
    theirs = GOOGLE["Packet"].FromString(data)
    assert (theirs.sequence, theirs.source_port, theirs.data) == (
        ours.sequence,
        ours.source_port,
        ours.data,
    )


@given(packets, st.data())
def test_one_changed_byte_is_another_packet_or_none(packet: Packet, data: st.DataObject) -> None:
    raw = bytearray(packet.encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        changed = Packet.decode_strict(bytes(raw))
    except DecodeError:
        return
    assert changed != packet
