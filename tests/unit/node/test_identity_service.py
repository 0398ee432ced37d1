from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

import pytest

from corda_sim.core.crypto.crypto import generate_key_pair
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.errors import DecodeError, InvalidNameError
from corda_sim.core.identity import AnonymousParty, CordaX500Name, Party
from corda_sim.core.write_batch import InsertIgnore, Row, Upsert, WriteBatch
from corda_sim.node.identity_service import (
    AmbiguousPartyException,
    IdentityConflictException,
    IdentityService,
    KeyRegistrationException,
    UnknownPartyException,
)

ACCOUNT = UUID("11111111-2222-3333-4444-555555555555")


def key(seed: int) -> PublicKey:
    return generate_key_pair(SignatureScheme.EDDSA_ED25519_SHA512, bytes([seed]) * 32).public


def party(organisation: str, seed: int) -> Party:
    return Party(CordaX500Name(organisation, "London", "GB"), key(seed))


A, B, BANK = party("PartyA", 1), party("PartyB", 2), party("PartyB Bank", 3)


class Rows:
    """The rows that a batch would leave in an empty database."""

    def __init__(self, batch: WriteBatch) -> None:
        self.tables: defaultdict[str, list[Row]] = defaultdict(list)
        for op in batch.ops:
            assert isinstance(op, InsertIgnore | Upsert)
            self.tables[op.table].append(op.row)

    def rows(self, table: str) -> Iterable[Row]:
        return self.tables[table]


@pytest.fixture
def batch() -> WriteBatch:
    return WriteBatch()


@pytest.fixture
def service(batch: WriteBatch) -> IdentityService:
    identities = IdentityService()
    for one in (A, B, BANK):
        identities.register_identity(batch, one, (b"leaf", b"root"))
    return identities


def test_names_and_keys_find_the_party(service: IdentityService) -> None:
    assert service.well_known_party_from_x500_name(A.name) == A
    assert service.well_known_party_from_anonymous(AnonymousParty(B.owning_key)) == B
    assert service.well_known_party_from_anonymous(key(77)) is None
    assert [str(p.name.organisation) for p in service.well_known_parties()] == [
        "PartyA",
        "PartyB",
        "PartyB Bank",
    ]


def test_party_from_name(service: IdentityService) -> None:
    assert service.party_from_name("O=PartyA, L=London, C=GB") == A
    assert service.party_from_name("C=GB, O=PartyA, L=London") == A
    assert service.party_from_name("partya") == A
    assert service.party_from_name("PartyB") == B, "a whole organisation wins"
    with pytest.raises(AmbiguousPartyException) as many:
        service.party_from_name("Party")
    assert len(many.value.matches) == 3
    with pytest.raises(UnknownPartyException, match="PartyA"):
        service.party_from_name("Nobody")
    with pytest.raises(UnknownPartyException):
        service.party_from_name("O=Nobody, L=London, C=GB")
    with pytest.raises(InvalidNameError):
        service.party_from_name("O=PartyA, X=1")


def test_parties_from_name_exact_or_partial(service: IdentityService) -> None:
    assert service.parties_from_name("PartyB", exact=True) == [B]
    assert service.parties_from_name("partyb") == [B, BANK]
    assert len(service.parties_from_name("london")) == 3


def test_a_key_belongs_to_one_party(service: IdentityService, batch: WriteBatch) -> None:
    service.register_key(batch, key(9), A)
    service.register_key(batch, key(9), A)
    assert service.well_known_party_from_anonymous(key(9)) == A
    with pytest.raises(KeyRegistrationException):
        service.register_key(batch, key(9), B)
    with pytest.raises(KeyRegistrationException):
        service.register_key(batch, A.owning_key, B)


def test_a_key_belongs_to_one_account(service: IdentityService, batch: WriteBatch) -> None:
    service.register_key(batch, key(9), A, ACCOUNT)
    service.register_key(batch, key(8), A)
    service.register_key(batch, key(8), A, ACCOUNT)
    assert service.external_id_for_public_key(key(9)) == ACCOUNT
    assert service.public_keys_for_external_id(ACCOUNT) == [key(9), key(8)]
    with pytest.raises(KeyRegistrationException):
        service.register_key(batch, key(9), A, UUID(int=1))


def test_a_refused_registration_changes_nothing(
    service: IdentityService, batch: WriteBatch
) -> None:
    service.register_key(batch, key(9), A, ACCOUNT)
    before = len(batch.ops)
    with pytest.raises(KeyRegistrationException):
        service.register_key(batch, key(9), B, UUID(int=1))
    assert len(batch.ops) == before
    assert service.external_id_for_public_key(key(9)) == ACCOUNT


def test_a_well_known_key_keeps_its_name(service: IdentityService, batch: WriteBatch) -> None:
    impostor = Party(B.name, A.owning_key)
    with pytest.raises(IdentityConflictException):
        service.register_identity(batch, impostor, ())
    service.register_key(batch, key(9), A)
    with pytest.raises(IdentityConflictException):
        service.register_identity(batch, Party(B.name, key(9)), ())


def test_a_party_with_a_new_key_is_found_by_both(
    service: IdentityService, batch: WriteBatch
) -> None:
    renewed = Party(A.name, key(50))
    service.register_identity(batch, renewed, ())
    assert service.well_known_party_from_x500_name(A.name) == renewed
    assert service.well_known_party_from_anonymous(A.owning_key) == renewed


def test_everything_comes_back_from_the_rows(service: IdentityService, batch: WriteBatch) -> None:
    service.register_key(batch, key(9), A, ACCOUNT)
    again = IdentityService()
    again.load(Rows(batch))
    assert again.well_known_parties() == [A, B, BANK]
    assert again.well_known_party_from_anonymous(key(9)) == A
    assert again.public_keys_for_external_id(ACCOUNT) == [key(9)]
    assert again.public_key_from_hash(key(9).to_string_short()) == key(9)
    with pytest.raises(KeyRegistrationException):
        again.register_key(WriteBatch(), key(9), B)


def test_damaged_rows_are_refused(batch: WriteBatch) -> None:
    batch.insert_ignore("pk_hash_to_ext_id_map", {"public_key_hash": "DLx", "external_id": "1"})
    with pytest.raises(DecodeError):
        IdentityService().load(Rows(batch))
