"""One signature for a whole batch.

The notary signs the root of a Merkle tree over the re-hashed transaction ids; each response holds
the signature with the partial tree of its own id (net.corda.core.crypto.TransactionSignature).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from corda_sim.core.crypto.crypto import sign
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.crypto.signatures import TransactionSignature, batch_sign


class NotarySigner(Protocol):
    """Signs with the notary's service identity."""

    @property
    def public_key(self) -> PublicKey:
        """The notary's key."""
        ...

    def sign_batch(self, ids: Iterable[SecureHash]) -> Mapping[SecureHash, TransactionSignature]:
        """A signature for each distinct id."""
        ...

    def sign_bytes(self, data: bytes) -> bytes:
        """A plain signature."""
        ...


@dataclass(frozen=True, slots=True)
class KeyPairSigner:
    """Signs with a key pair in memory; `platform_version` goes into the signature's metadata."""

    key_pair: KeyPair
    platform_version: int

    @property
    def public_key(self) -> PublicKey:
        """The notary's key."""
        return self.key_pair.public

    def sign_batch(self, ids: Iterable[SecureHash]) -> Mapping[SecureHash, TransactionSignature]:
        """One private-key operation for all distinct ids."""
        distinct = list(dict.fromkeys(ids))
        return batch_sign(self.key_pair, distinct, self.platform_version) if distinct else {}

    def sign_bytes(self, data: bytes) -> bytes:
        """A plain signature, for heads."""
        return sign(self.key_pair.private, data)
