"""Packs: up to 32 session messages of one sender to one recipient under one signature.

A pack is what travels, whatever the transport, so that neither the transport nor whoever runs the
broker can speak for a peer, pass a pack on to a third party, or carry it into another network.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Protocol

import msgspec

from corda_sim.core.crypto.crypto import verify_strict
from corda_sim.core.crypto.hashes import sha256
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import DecodeError, SignatureException
from corda_sim.flow.wire_message import WireMessage
from corda_sim.node.messaging.errors import (
    MessageTooLargeException,
    PackSignatureException,
    UnknownSenderException,
    WrongNetworkException,
    WrongRecipientException,
)

MAX_MESSAGES = 32
MAX_PACK_BODY = 256 * 1024
"""Sum of the bodies of a pack's messages in bytes; a larger message travels alone."""
PACK_OVERHEAD = 4096
"""Upper bound in bytes of a pack without its messages' bodies: envelope, name, ids, signature."""
MESSAGE_HEADER = 1024
"""What a message's body may hold in bytes beside its payload (Corda's `JOURNAL_HEADER_SIZE`)."""
MAX_NAME_LENGTH = 512
MAX_SIGNATURE_LENGTH = 512
SIGNATURE_DOMAIN = b"corda-sim/pack/1\x00"
"""Prefix of what is signed: an identity key signs other things too, none of which starts so."""

Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Messages = Annotated[tuple[WireMessage, ...], msgspec.Meta(min_length=1, max_length=MAX_MESSAGES)]


class Pack(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The signed content.

    `network_id` is the hash that names the network, `sender` an X.500 name in its canonical form,
    the key hashes are SHA-256 of the encoded identity keys (what a key's short string shows),
    `time_ns` is the sender's clock at packing in nanoseconds since the epoch.
    """

    network_id: Hash
    sender: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
    sender_key_hash: Hash
    recipient_key_hash: Hash
    time_ns: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    messages: Messages


class SignedPack(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`raw` is an encoded `Pack`; `signature` is over `SIGNATURE_DOMAIN` followed by `raw`."""

    raw: bytes
    signature: Annotated[bytes, msgspec.Meta(min_length=1, max_length=MAX_SIGNATURE_LENGTH)]


class PeerKeys(Protocol):
    """The part of the network map that verification needs."""

    def key_of(self, x500: str) -> PublicKey | None:
        """The identity key published for that canonical X.500 name, or None."""


class PackSigner(Protocol):
    """Signs with the identity key; the key itself stays with its owner."""

    def sign(self, data: bytes) -> bytes:
        """The signature of the identity key over `data`."""


_encoder = msgspec.msgpack.Encoder()
_pack_decoder = msgspec.msgpack.Decoder(Pack)
_signed_decoder = msgspec.msgpack.Decoder(SignedPack)


def key_hash(key: PublicKey) -> bytes:
    """SHA-256 of the encoded key, 32 bytes: the part of Corda's `toStringShort` after `DL`."""
    return bytes(sha256(key.encoded))


def check_message_size(message: WireMessage, max_message_size: int) -> None:
    """Refuse at the sender what the receiver would not take.

    `max_message_size` (network parameter) is in bytes; `MESSAGE_HEADER` more are allowed.

    Raises:
        MessageTooLargeException: the body is larger.
    """
    if len(message.body) > max_message_size + MESSAGE_HEADER:
        raise MessageTooLargeException(len(message.body), max_message_size)


def max_pack_size(max_message_size: int) -> int:
    """The largest encoded pack in bytes that a node accepts."""
    return max(max_message_size + MESSAGE_HEADER, MAX_PACK_BODY) + PACK_OVERHEAD


def split(messages: Iterable[WireMessage]) -> Iterator[tuple[WireMessage, ...]]:
    """Cut messages into packs, in order: at most 32 and 256 KiB each, a larger message alone."""
    chunk: list[WireMessage] = []
    size = 0
    for message in messages:
        if chunk and (len(chunk) == MAX_MESSAGES or size + len(message.body) > MAX_PACK_BODY):
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(message)
        size += len(message.body)
    if chunk:
        yield tuple(chunk)


def sign_pack(pack: Pack, signer: PackSigner) -> bytes:
    """The encoded, signed pack."""
    raw = _encoder.encode(pack)
    return _encoder.encode(SignedPack(raw, signer.sign(SIGNATURE_DOMAIN + raw)))


def decode_pack(data: bytes, max_message_size: int) -> tuple[SignedPack, Pack]:
    """Decode without verifying. Raises DecodeError, nothing else, for whatever is not a pack."""
    if len(data) > max_pack_size(max_message_size):
        raise DecodeError(f"pack of {len(data)} bytes exceeds {max_pack_size(max_message_size)}")
    try:
        signed = _signed_decoder.decode(data)
        pack = _pack_decoder.decode(signed.raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"not a pack: {error}") from error
    if _encoder.encode(signed) != data or _encoder.encode(pack) != signed.raw:
        raise DecodeError("pack is not in canonical form")
    _check_sizes(pack, max_message_size)
    return signed, pack


def _check_sizes(pack: Pack, max_message_size: int) -> None:
    sizes = [len(message.body) for message in pack.messages]
    if max(sizes) > max_message_size + MESSAGE_HEADER:
        raise DecodeError(f"message of {max(sizes)} bytes exceeds {max_message_size} bytes")
    if len(sizes) > 1 and sum(sizes) > MAX_PACK_BODY:
        raise DecodeError(f"pack of {len(sizes)} messages exceeds {MAX_PACK_BODY} bytes")


def verify_pack(
    signed: SignedPack, pack: Pack, network_id: bytes, recipients: frozenset[bytes], peers: PeerKeys
) -> None:
    """Accept a decoded pack addressed to one of the key hashes `recipients`, or refuse it.

    Raises WrongNetworkException, WrongRecipientException, UnknownSenderException or
    PackSignatureException.
    """
    if pack.network_id != network_id:
        network = pack.network_id.hex().upper()
        raise WrongNetworkException(f"pack of network {network} from {pack.sender}")
    if pack.recipient_key_hash not in recipients:
        raise WrongRecipientException(f"pack from {pack.sender} is addressed to another identity")
    key = peers.key_of(pack.sender)
    if key is None or key_hash(key) != pack.sender_key_hash:
        raise UnknownSenderException(pack.sender)
    try:
        verify_strict(key, signed.signature, SIGNATURE_DOMAIN + signed.raw)
    except SignatureException as error:
        raise PackSignatureException(f"pack is not signed by {pack.sender}: {error}") from error
