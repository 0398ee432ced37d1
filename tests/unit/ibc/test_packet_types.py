"""Packets, commitments and acknowledgements (04-channel/types)."""

from dataclasses import replace

import pytest

from corda_sim.ibc.channel.acknowledgement import Acknowledgement, RawAcknowledgement
from corda_sim.ibc.channel.packet import Packet, PacketState, commit_acknowledgement
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import ErrInvalidID, ErrInvalidPacket, IbcError
from corda_sim.ibc.protobuf import Message

PACKET = Packet(1, "transfer", "channel-0", "transfer", "channel-1", b"data", Height(0, 100), 100)


@pytest.mark.parametrize(
    ("packet", "commitment"),
    [
        (
            replace(
                PACKET,
                data=b"mock packet data",
                timeout_height=Height(0, 1000),
                timeout_timestamp=0,
            ),
            "72d54042c83a0d5ea45a014a2be8fd0e769b258638e713cfa89a5a8eefc6572f",
        ),
        (
            replace(PACKET, data=b"Hello, Bob! (1)", timeout_height=Height(), timeout_timestamp=0),
            "e3ae72cd7938c8f3a69cf6bc22579709fdc19182b87258d0dd0e75f164491673",
        ),
        (
            replace(
                PACKET,
                data=bytes.fromhex(
                    "0a0012c8010a282f63726f73732e636f72652e61746f6d69632e73696d706c652e5061636b65744461"
                    "746143616c6c129b010a201b5b9ccb3e8d006a5230de9bda23ff91edc794d4f56410560830b418528e"
                    "446c12770a310a1b2f63726f73732e636f72652e7863632e4368616e6e656c496e666f12120a056372"
                    "6f737312096368616e6e656c2d30123f0a067465737465721235080212310a1b2f63726f73732e636f"
                    "72652e7863632e4368616e6e656c496e666f12120a0563726f737312096368616e6e656c2d301a0101"
                ),
                timeout_height=Height(0, 2**64 - 1),
                timeout_timestamp=0,
            ),
            "3d6d064bcc253efa779e6b7a829bc0389935602ab353bbfd8a8bde15d1fb6df4",
        ),
    ],
)
def test_commit_packet_vectors(packet: Packet, commitment: str) -> None:
    assert packet.commitment.hex() == commitment


def test_commit_acknowledgement_vector() -> None:
    assert commit_acknowledgement(b'{"result":"AQ=="}').hex() == (
        "08f7557ed51826fe18d84512bf24ec75001edbaf2123a477df72a0a9f3640a7c"
    )


@pytest.mark.parametrize(
    "packet",
    [
        PACKET,
        replace(PACKET, timeout_height=Height()),
        replace(PACKET, timeout_timestamp=0),
        replace(PACKET, sequence=2**64 - 1),
    ],
)
def test_packet_validate_basic_accepts(packet: Packet) -> None:
    packet.validate()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"sequence": 0}, ErrInvalidPacket),
        ({"source_port": "x"}, ErrInvalidID),
        ({"source_port": "(invalidport)"}, ErrInvalidID),
        ({"source_channel": "channel"}, ErrInvalidID),
        ({"destination_port": "a/b"}, ErrInvalidID),
        ({"destination_channel": "(channel)"}, ErrInvalidID),
        ({"timeout_height": Height(), "timeout_timestamp": 0}, ErrInvalidPacket),
        ({"data": b""}, ErrInvalidPacket),
    ],
)
def test_packet_validate_basic_refuses(change: dict[str, object], error: type[IbcError]) -> None:
    with pytest.raises(error):
        replace(PACKET, **change).validate()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("timeout", "height", "timestamp", "elapsed"),
    [
        ((Height(2, 100), 0), Height(2, 99), 0, False),
        ((Height(2, 100), 0), Height(2, 100), 0, True),
        ((Height(2, 100), 0), Height(3, 1), 0, True),
        ((Height(2, 100), 0), Height(1, 10**9), 10**18, False),
        ((Height(), 100), Height(9, 9), 99, False),
        ((Height(), 100), Height(), 100, True),
        ((Height(), 100), Height(), 101, True),
        ((Height(2, 100), 100), Height(2, 99), 99, False),
        ((Height(2, 100), 100), Height(2, 100), 99, True),
        ((Height(2, 100), 100), Height(2, 99), 100, True),
        ((Height(), 0), Height(9, 9), 10**18, False),
    ],
)
def test_elapsed(
    timeout: tuple[Height, int], height: Height, timestamp: int, elapsed: bool
) -> None:
    packet = replace(PACKET, timeout_height=timeout[0], timeout_timestamp=timeout[1])
    assert packet.has_elapsed(height, timestamp) is elapsed


def test_packet_always_writes_its_height() -> None:
    packet = Packet(1, "", "", "", "", b"")
    assert packet.encode() == bytes.fromhex("08013a00")


def test_acknowledgement_bytes() -> None:
    assert Acknowledgement(result=b"success").encode() == b'{"result":"c3VjY2Vzcw=="}'
    assert Acknowledgement(result=b"\x01").encode() == b'{"result":"AQ=="}'
    assert Acknowledgement.of_error(7).encode() == (
        b'{"error":"ABCI code: 7: error handling packet: see events for details"}'
    )


def test_acknowledgement_escapes_as_go_does() -> None:
    ack = Acknowledgement(error='<a> & "b" \u2028é')
    assert ack.encode() == '{"error":"\\u003ca\\u003e \\u0026 \\"b\\" \\u2028é"}'.encode()


def test_acknowledgement_success() -> None:
    assert Acknowledgement(result=b"").success
    assert not Acknowledgement.of_error(1).success
    assert RawAcknowledgement(b"x").success
    assert not RawAcknowledgement(b"x", success=False).success


def test_packet_state_field_numbers() -> None:
    state: Message = PacketState("p", "c", 3, b"d")
    assert state.encode() == bytes.fromhex("0a0170120163180322") + b"\x01d"
