"""Which enclave key signs: one that the other chain's client has registered, and that lasts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.lightclients.lcp.types import EnclaveKey, RegisterEnclaveKeyMessage
from corda_sim.lcp._pb.enclave_pb2 import IASEnclaveKeyInfo
from corda_sim.relayer.errors import EnclaveKeyException

DAY: Final = 86_400


class KeyService(Protocol):
    """A proxy's keys (`corda_sim.lcp.client.LcpConnection`)."""

    def enclave_keys(self) -> list[IASEnclaveKeyInfo]:
        """Attested keys, the newest first."""

    def attest(self) -> IASEnclaveKeyInfo:
        """A new key, attested."""


class KeyRegister(Protocol):
    """The other chain."""

    def enclave_key(self, client_id: str, address: bytes) -> EnclaveKey | None:
        """A registered key."""


@dataclass(frozen=True, slots=True)
class KeySettings:
    """Seconds: how long a key may sign after its attestation, and how long before to renew it."""

    expiration: int
    renewal: int


class SigningKey:
    """The key in use. `clock` gives seconds since 1970."""

    def __init__(
        self,
        service: KeyService,
        register: KeyRegister,
        settings: KeySettings,
        clock: Callable[[], float],
    ) -> None:
        self._service, self._register = service, register
        self._settings, self._clock = settings, clock
        self._address = b""
        self._ends = 0.0

    @property
    def address(self) -> bytes:
        """The key's address; before one was chosen, any that the enclave has.

        Raises: EnclaveKeyException.
        """
        return self._address or self._candidates()[0].enclave_key_address

    def forget(self) -> None:
        """Choose anew: whether the key is registered is in doubt."""
        self._address = b""

    @property
    def seconds_left(self) -> float:
        """Until the key ends."""
        return self._ends - self._clock()

    @property
    def is_good(self) -> bool:
        """Whether a key is chosen, and needn't be renewed yet."""
        return bool(self._address) and self.seconds_left > self._settings.renewal

    def to_register(self, client_id: str) -> AnyMessage | None:
        """Choose the key to sign with from now on; its registration, where that is missing.

        A renewed key is always a new one. Raises: EnclaveKeyException.
        """
        if self.is_good:
            return None
        for key in self._candidates():
            registered = self._register.enclave_key(client_id, key.enclave_key_address)
            ends = self._end_of(key) if registered is None else registered.expired_at
            if ends - self._clock() > self._settings.renewal:
                self._address, self._ends = key.enclave_key_address, ends
                return None if registered else AnyMessage.pack(_registration(key))
        raise EnclaveKeyException("the proxy offers no key that lasts beyond its renewal")

    def _candidates(self) -> list[IASEnclaveKeyInfo]:
        found = [key for key in self._service.enclave_keys() if self._lasts(key)]
        return found or [self._service.attest()]

    def _lasts(self, key: IASEnclaveKeyInfo) -> bool:
        return self._end_of(key) - self._clock() > self._settings.renewal

    def _end_of(self, key: IASEnclaveKeyInfo) -> int:
        return key.attestation_time + self._settings.expiration


def _registration(key: IASEnclaveKeyInfo) -> RegisterEnclaveKeyMessage:
    return RegisterEnclaveKeyMessage(key.report.encode(), key.signature, key.signing_cert)
