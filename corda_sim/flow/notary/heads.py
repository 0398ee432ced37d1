"""The hash chain of a worker's committed batches, and its signed heads.

`head_n = SHA-256(head_{n-1} ‖ sequence (8 bytes) ‖ batch digest)`. A worker commits a batch, makes
the signed head durable beside its key, and only then releases signatures; the head travels in
every response. So whoever holds a head can tell a database that no longer contains it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from corda_sim.core.crypto.crypto import verify_once
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import SignatureException
from corda_sim.core.serialization import serializable, serialize

_CHAIN_TAG = b"corda-sim notary chain\x00"
_HEAD_TAG = b"corda-sim notary head\x00"


@serializable("corda.NotaryHead")
@dataclass(frozen=True, slots=True)
class NotaryHead:
    """The state of one worker's chain; sequence 0 is the empty chain."""

    worker: str
    sequence: int
    hash: SecureHash

    def signed_bytes(self) -> bytes:
        """What the notary's key signs."""
        return _HEAD_TAG + serialize(self)


@serializable("corda.SignedNotaryHead")
@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head with the notary's signature."""

    head: NotaryHead
    by: PublicKey
    signature: bytes

    def verify(self, notary_key: PublicKey) -> None:
        """Check the signature.

        Raises:
            SignatureException: signed by another key, or not over this head.
        """
        if self.by not in notary_key.keys:
            raise SignatureException("The head isn't signed by the notary's key")
        verify_once(self.by, self.signature, self.head.signed_bytes())


@serializable("corda.NotaryAnchor")
@dataclass(frozen=True, slots=True)
class NotaryAnchor:
    """The content of the anchor file: the last head, and heads that an operator gave up."""

    head: SignedHead
    waived: tuple[SignedHead, ...] = ()


def empty_head(worker: str) -> NotaryHead:
    """The head of a worker that has committed nothing."""
    return NotaryHead(worker, 0, SecureHash.sha256(_CHAIN_TAG + worker.encode()))


def sign_head(head: NotaryHead, by: PublicKey, sign: Callable[[bytes], bytes]) -> SignedHead:
    """`head` signed by the notary's key, through `sign`."""
    return SignedHead(head, by, sign(head.signed_bytes()))


def next_head(previous: NotaryHead, batch_digest: SecureHash, floor: int = 0) -> NotaryHead:
    """The head after a batch; numbers up to `floor` were given away before and are skipped."""
    sequence = max(previous.sequence, floor) + 1
    link = bytes(previous.hash) + sequence.to_bytes(8, "big") + bytes(batch_digest)
    return NotaryHead(previous.worker, sequence, SecureHash.sha256(link))


def digest_batch(committed: Iterable[tuple[SecureHash, Sequence[bytes]]]) -> SecureHash:
    """SHA-256 over the batch's transactions in order, each with its consumed state refs."""
    parts: list[bytes] = []
    for transaction_id, refs in committed:
        parts += [bytes(transaction_id), len(refs).to_bytes(4, "big"), *map(_framed, refs)]
    return SecureHash.sha256(b"".join(parts))


def _framed(ref: bytes) -> bytes:
    return len(ref).to_bytes(2, "big") + ref
