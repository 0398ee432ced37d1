"""A member of the network who writes what he likes, from docs/wire.md alone.

Nothing here imports the platform: its codec must not hide a mistake of its codec.
"""

import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

MAGIC = bytes.fromhex("6373696D0100")
SIGNED_PREFIX = b"corda-sim/pack/1\0"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
Message = tuple[str, bool, bytes]


def plain(value: object) -> bytes:
    """MessagePack, each value in its shortest form."""
    return msgspec.msgpack.encode(value)


def obj(name: str, *fields: object) -> msgspec.msgpack.Ext:
    """An object: extension type 1 around wire name and fields."""
    return msgspec.msgpack.Ext(1, plain([name, *fields]))


def blob(value: object) -> bytes:
    """What flows send."""
    return MAGIC + plain(value)


def base58(data: bytes) -> str:
    number, out = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        out = ALPHABET[digit] + out
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + out


@dataclass(frozen=True)
class Member:
    """A node as its directory shows it."""

    directory: Path

    @property
    def settings(self) -> dict[str, Any]:
        return tomllib.loads((self.directory / "node.toml").read_text())

    @property
    def name(self) -> str:
        return str(self.settings["myLegalName"])

    @property
    def socket(self) -> str:
        return str(self.settings["p2pAddress"]).removeprefix("unix:")

    @property
    def _pem(self) -> bytes:
        return (self.directory / "certificates/identity-private-key.pem").read_bytes()

    @property
    def key(self) -> Ed25519PrivateKey:
        password = str(self.settings["keyStorePassword"]).encode()
        made = load_pem_private_key(self._pem, password)
        assert isinstance(made, Ed25519PrivateKey)
        return made

    @property
    def spki(self) -> bytes:
        leaf = x509.load_pem_x509_certificates(self._pem)[0]
        return leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def service_spki(self) -> bytes:
        """Of a notary's service identity, leaf first in its file."""
        pem = (self.directory / "certificates/distributed-notary-private-key.pem").read_bytes()
        leaf = x509.load_pem_x509_certificates(pem)[0]
        return leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def network_id(self) -> bytes:
        """SHA-256 of the blob inside the signed parameters."""
        signed = (self.directory / "network-parameters").read_bytes()
        outer = msgspec.msgpack.decode(signed[len(MAGIC) :])
        return sha256(msgspec.msgpack.decode(outer.data)[1]).digest()


@dataclass(frozen=True)
class Envelope:
    """What the raw part of a pack says, true or not."""

    network_id: bytes
    sender: str
    sender_key_hash: bytes
    recipient_key_hash: bytes
    messages: Sequence[Message]

    def raw(self) -> bytes:
        head = [self.network_id, self.sender, self.sender_key_hash, self.recipient_key_hash]
        return plain([*head, time.time_ns(), [list(message) for message in self.messages]])


def sealed(raw: bytes, key: Ed25519PrivateKey) -> bytes:
    return plain([raw, key.sign(SIGNED_PREFIX + raw)])


def honest(sender: Member, recipient: Member, *messages: Message) -> Envelope:
    """An envelope in which everything is true."""
    hashes = (sha256(sender.spki).digest(), sha256(recipient.spki).digest())
    return Envelope(sender.network_id, sender.name, *hashes, messages)


def session_init(flow: str, payload: bytes | None, session: int = 7) -> Message:
    body = plain(["I", session, 11, flow, 1, "app", time.time_ns(), payload])
    return f"N-R-{session}-11-0-0", True, body


def session_data(session: int, payload: bytes, seq: int = 1) -> Message:
    return f"N-R-{session}-11-{seq}-0", False, plain(["X", session, seq, ["D", payload]])
