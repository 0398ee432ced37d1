"""What an enclave knows: light clients' states and enclave keys, by path."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import address_of, sign_digest
from corda_sim.lcp.errors import UnknownEnclaveKeyException

_KEYS = "enclaveKeys/"
_SECRET_SIZE = 32
_REPORT_DATA_VERSION = 1
_REPORT_DATA_SIZE = 64

Changes = Mapping[str, bytes | None]
"""What a request changed: values by path, None for what it removed."""


@dataclass(frozen=True, slots=True)
class EnclaveKey:
    """A secp256k1 key, and the operator that it signs for (zeros for none)."""

    secret: bytes = field(repr=False)
    operator: bytes

    @property
    def address(self) -> bytes:
        """The last 20 bytes of the public key's Keccak hash."""
        return address_of(self.secret)

    def sign(self, message: bytes) -> bytes:
        """65 bytes r, s, v over the message's Keccak hash (solidity_stack 4.3)."""
        return sign_digest(self.secret, keccak256(message))

    def report_data(self) -> bytes:
        """What a quote says of the key (solidity_stack 4.4)."""
        data = bytes((_REPORT_DATA_VERSION,)) + self.address + self.operator
        return data.ljust(_REPORT_DATA_SIZE, b"\0")


@dataclass(frozen=True, slots=True)
class EnclaveState:
    """All values; never shown, because keys are among them."""

    values: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def key(self, address: bytes) -> EnclaveKey:
        """A key by its address. Raises: UnknownEnclaveKeyException."""
        found = self.values.get(_KEYS + address.hex())
        if found is None:
            raise UnknownEnclaveKeyException(f"the enclave has no key {address.hex()}")
        return EnclaveKey(found[:_SECRET_SIZE], found[_SECRET_SIZE:])

    def addresses(self) -> tuple[bytes, ...]:
        """Addresses of all keys, the oldest first."""
        found = (path.removeprefix(_KEYS) for path in self.values if path.startswith(_KEYS))
        return tuple(map(bytes.fromhex, found))

    def changed(self, changes: Changes) -> "EnclaveState":
        """The state after a request."""
        values = {**self.values, **changes}
        kept = {path: value for path, value in values.items() if value is not None}
        return EnclaveState(kept)


def key_entry(key: EnclaveKey) -> Changes:
    """The change that adds a key."""
    return {_KEYS + key.address.hex(): key.secret + key.operator}


class Layer:
    """A store over a state, which collects what a request changes."""

    def __init__(self, state: EnclaveState) -> None:
        self._state = state
        self.changes: dict[str, bytes | None] = {}

    def get(self, path: str) -> bytes | None:
        """The changed value, else the state's."""
        return self.changes[path] if path in self.changes else self._state.values.get(path)

    def set(self, path: str, value: bytes) -> None:
        """Put a value, noted as a change."""
        self.changes[path] = value

    def delete(self, path: str) -> None:
        """Remove a value, noted as a change."""
        self.changes[path] = None

    def paths(self, prefix: str) -> Iterable[str]:
        """The paths that start with ``prefix`` and have a value."""
        known = dict.fromkeys((*self._state.values, *self.changes))
        return (path for path in known if path.startswith(prefix) and self.get(path) is not None)
