"""Key pairs. A public key is its SubjectPublicKeyInfo; a private key never shows its material."""

from collections.abc import Iterable
from dataclasses import FrozenInstanceError, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from corda_sim.core.crypto import base58
from corda_sim.core.crypto.hashes import sha256
from corda_sim.core.crypto.schemes import SignatureScheme

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes


class PublicKey:
    """A public key, equal to any other with the same encoding.

    `encoded` is the DER SubjectPublicKeyInfo. Make one with `crypto.decode_public_key`, which
    refuses what isn't a key of a known scheme. `native` is what the cryptography library holds.
    """

    encoded: bytes
    scheme: SignatureScheme
    native: object
    _hash: int

    def __init__(self, encoded: bytes, scheme: SignatureScheme, native: object = None) -> None:
        vars(self).update(encoded=encoded, scheme=scheme, native=native, _hash=hash(encoded))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        # The library's key can't be copied or sent to a worker process; the encoding can.
        from corda_sim.core.crypto.crypto import decode_public_key  # noqa: PLC0415 - it needs this

        return decode_public_key, (self.encoded,)

    @cached_property
    def _short(self) -> str:
        return "DL" + base58.encode(sha256(self.encoded))

    def to_string_short(self) -> str:
        """`DL` and the Base58 of the SHA-256 of the encoding: Corda's name for a key."""
        return self._short

    @cached_property
    def keys(self) -> frozenset["PublicKey"]:
        """The leaf keys: this one, or those of a composite key."""
        return frozenset((self,))

    def is_fulfilled_by(self, keys: Iterable["PublicKey"]) -> bool:
        """Whether signatures by `keys` are enough for this key."""
        return self in keys

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.encoded == other.encoded

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return self._short

    def __repr__(self) -> str:
        return f"PublicKey({self._short})"


@dataclass(frozen=True, eq=False)
class PrivateKey:
    """A private key; its material appears in no representation."""

    scheme: SignatureScheme
    native: "PrivateKeyTypes" = field(repr=False)

    def __str__(self) -> str:
        return f"PrivateKey({self.scheme.name})"


@dataclass(frozen=True)
class KeyPair:
    """A private key with its public one."""

    public: PublicKey
    private: PrivateKey
