"""Packets of a rig's channel, sent, received and acknowledged with proofs."""

from tests.integration.goquorum.channels import Opened
from tests.integration.goquorum.conftest import HEIGHT, membership, sha256

FAR = (0, 2**64 - 1)
SAMPLE_CALL = bytes.fromhex(
    "0a0012c8010a282f63726f73732e636f72652e61746f6d69632e73696d706c652e5061636b65744461746143616c6c"
    "129b010a201b5b9ccb3e8d006a5230de9bda23ff91edc794d4f56410560830b418528e446c12770a310a1b2f63726f"
    "73732e636f72652e7863632e4368616e6e656c496e666f12120a0563726f737312096368616e6e656c2d30123f0a06"
    "7465737465721235080212310a1b2f63726f73732e636f72652e7863632e4368616e6e656c496e666f12120a056372"
    "6f737312096368616e6e656c2d301a0101"
)
"""A call that an unmodified Cross module accepts; its call info is 01, its signer `tester`."""
Packet = tuple[int, str, str, str, str, bytes, tuple[int, int], int]


def packet(
    opened: Opened,
    sequence: int = 1,
    data: bytes = b"hello",
    *,
    to_us: bool = True,
    timeout: tuple[int, int] = FAR,
    timestamp: int = 0,
) -> Packet:
    ours, theirs = ("mock", opened.channel), (opened.their_port, opened.their_channel)
    source, target = (theirs, ours) if to_us else (ours, theirs)
    return (sequence, *source, *target, data, timeout, timestamp)


def commitment(packet_: Packet) -> bytes:
    data, timeout, timestamp = packet_[5:]
    parts = [timestamp, *timeout]
    return sha256(b"".join(part.to_bytes(8, "big") for part in parts) + sha256(data))


def path_of(kind: str, port: str, channel: str, sequence: int) -> bytes:
    return f"{kind}/ports/{port}/channels/{channel}/sequences/{sequence}".encode()


def receive(opened: Opened, packet_: Packet, proof: bytes | None = None) -> None:
    path = path_of("commitments", packet_[1], packet_[2], packet_[0])
    made = membership(path, commitment(packet_)) if proof is None else proof
    opened.rig.do("recvPacket", (packet_, made, HEIGHT))


def send(
    opened: Opened, data: bytes = b"hello", timeout: tuple[int, int] = FAR, timestamp: int = 0
) -> None:
    rig = opened.rig
    rig.module.transact(
        rig.owner,
        "sendPacket",
        rig.handler.address,
        "mock",
        opened.channel,
        timeout,
        timestamp,
        data,
    )


def acknowledge(opened: Opened, packet_: Packet, ack: bytes, proof: bytes | None = None) -> None:
    path = path_of("acks", packet_[3], packet_[4], packet_[0])
    made = membership(path, sha256(ack)) if proof is None else proof
    opened.rig.do("acknowledgePacket", (packet_, ack, made, HEIGHT))
