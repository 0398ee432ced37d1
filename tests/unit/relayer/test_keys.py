"""Which enclave key signs, and when another is made."""

from dataclasses import dataclass, field

import pytest

from corda_sim.ibc.lightclients.lcp.types import EnclaveKey, RegisterEnclaveKeyMessage
from corda_sim.lcp._pb.enclave_pb2 import IASEnclaveKeyInfo
from corda_sim.relayer.errors import EnclaveKeyException
from corda_sim.relayer.lcp.keys import KeySettings, SigningKey

EXPIRATION, RENEWAL, NOW = 1000, 100, 1_000_000


@dataclass
class Proxy:
    """Keys, the newest first, and a chain's register of them."""

    keys: list[IASEnclaveKeyInfo] = field(default_factory=list)
    registered: dict[bytes, int] = field(default_factory=dict)
    now: int = NOW
    made_at: int | None = None
    asked: int = 0

    def offer(self, name: int, attested: int) -> bytes:
        address = bytes([name]) * 20
        key = IASEnclaveKeyInfo(
            enclave_key_address=address,
            report=f"report {name}",
            attestation_time=attested,
            signature=b"s",
            signing_cert=b"c",
        )
        self.keys.insert(0, key)
        return address

    def enclave_keys(self) -> list[IASEnclaveKeyInfo]:
        return self.keys

    def attest(self) -> IASEnclaveKeyInfo:
        self.offer(99, self.now if self.made_at is None else self.made_at)
        return self.keys[0]

    def enclave_key(self, client_id: str, address: bytes) -> EnclaveKey | None:
        assert client_id == "lcp-client-0"
        self.asked += 1
        found = self.registered.get(address)
        return None if found is None else EnclaveKey(found, b"")

    def signing(self) -> SigningKey:
        return SigningKey(self, self, KeySettings(EXPIRATION, RENEWAL), lambda: self.now)


def registered_by(key: SigningKey) -> bytes | None:
    found = key.to_register("lcp-client-0")
    return None if found is None else found.unpack(RegisterEnclaveKeyMessage).report


def test_a_registered_key_is_used_as_it_is() -> None:
    proxy = Proxy()
    address = proxy.offer(1, NOW)
    proxy.registered[address] = NOW + EXPIRATION
    key = proxy.signing()
    assert registered_by(key) is None
    assert (key.address, key.seconds_left) == (address, EXPIRATION)


def test_a_key_that_is_not_registered_comes_with_its_report() -> None:
    proxy = Proxy()
    proxy.offer(1, NOW)
    key = proxy.signing()
    assert registered_by(key) == b"report 1"
    assert registered_by(key) is None


def test_the_newest_key_is_preferred() -> None:
    proxy = Proxy()
    proxy.registered[proxy.offer(1, NOW - 10)] = NOW + 990
    newest = proxy.offer(2, NOW)
    key = proxy.signing()
    assert registered_by(key) == b"report 2"
    assert key.address == newest


def test_the_chain_is_asked_once_as_long_as_the_key_lasts() -> None:
    proxy = Proxy()
    proxy.offer(1, NOW)
    key = proxy.signing()
    for _ in range(5):
        key.to_register("lcp-client-0")
    assert proxy.asked == 1
    key.forget()
    assert registered_by(key) == b"report 1"


@pytest.mark.parametrize(("age", "renewed"), [(899, False), (900, True), (2000, True)])
def test_a_key_is_renewed_ahead_of_its_end_by_a_new_one(age: int, renewed: bool) -> None:
    proxy = Proxy()
    old = proxy.offer(1, NOW)
    key = proxy.signing()
    key.to_register("lcp-client-0")
    proxy.registered[old] = NOW + EXPIRATION
    proxy.now = NOW + age
    assert registered_by(key) == (b"report 99" if renewed else None)
    assert (key.address != old) is renewed


def test_the_registers_own_end_counts() -> None:
    """A chain may have registered the key under a shorter life than the settings say."""
    proxy = Proxy()
    proxy.registered[proxy.offer(1, NOW)] = NOW + 50
    second = proxy.offer(2, NOW - 500)
    proxy.keys.reverse()
    key = proxy.signing()
    assert registered_by(key) == b"report 2"
    assert key.address == second


def test_a_proxy_without_a_lasting_key_is_told() -> None:
    proxy = Proxy(made_at=NOW - EXPIRATION)
    with pytest.raises(EnclaveKeyException, match="no key that lasts"):
        proxy.signing().to_register("lcp-client-0")


def test_an_address_is_there_before_a_key_was_chosen() -> None:
    proxy = Proxy()
    assert proxy.signing().address == bytes([99]) * 20
