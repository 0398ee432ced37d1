"""Identities and a network map for two peers."""

from dataclasses import dataclass, field

import pytest

from corda_sim.core.crypto.crypto import generate_key_pair, sign
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.node.messaging.transport import PeerAddress

NETWORK = b"n" * 32
MAX_MESSAGE = 400_000


@dataclass(frozen=True)
class Member:
    party: Party
    keys: KeyPair

    @property
    def name(self) -> str:
        return str(self.party.name)

    def sign(self, data: bytes) -> bytes:
        return sign(self.keys.private, data)


@dataclass
class NetworkMap:
    members: dict[str, Member] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)

    def key_of(self, x500: str) -> PublicKey | None:
        member = self.members.get(x500)
        return member.party.owning_key if member else None

    def party_of(self, x500: str) -> Party | None:
        member = self.members.get(x500)
        return member.party if member else None

    def address_of(self, party: Party) -> PeerAddress | None:
        endpoint = self.endpoints.get(str(party.name))
        if endpoint is None:
            return None
        return PeerAddress(str(party.name), party.owning_key.to_string_short(), endpoint)


def member(organisation: str) -> Member:
    seed = organisation.encode().ljust(32, b"\0")
    keys = generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, seed)
    return Member(Party(CordaX500Name(organisation, "London", "GB"), keys.public), keys)


@pytest.fixture
def alice() -> Member:
    return member("PartyA")


@pytest.fixture
def bob() -> Member:
    return member("PartyB")


@pytest.fixture
def network(alice: Member, bob: Member) -> NetworkMap:
    return NetworkMap({m.name: m for m in (alice, bob)})
