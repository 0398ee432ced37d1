"""Packets of a rig's channel, sent, received and acknowledged with proofs."""

from tests.integration.goquorum.channels import Opened
from tests.integration.goquorum.conftest import HEIGHT, membership, sha256

FAR = (0, 2**64 - 1)
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
