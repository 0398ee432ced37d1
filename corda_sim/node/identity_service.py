"""Who is behind a key, and which key a name has (PersistentIdentityService).

Well-known parties come from verified node infos. A key without certificate is registered to one
party, for good; optionally to an account there. All of it is held in memory, loaded at start.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, Protocol
from uuid import UUID

from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import CordaError, DecodeError
from corda_sim.core.identity import AbstractParty, CordaX500Name, Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.write_batch import Row, WriteBatch

TABLES: Final = (
    "node_identities",
    "node_named_identities",
    "node_identities_no_cert",
    "node_hash_to_key",
    "pk_hash_to_ext_id_map",
)
"""What `IdentityService.load` takes the rows of, in that order."""


class UnknownPartyException(CordaError):
    """No party of that name is known; `nearest` are names a caller may have meant."""

    def __init__(self, query: str, nearest: Iterable[str] = ()) -> None:
        self.query, self.nearest = query, tuple(nearest)
        hint = f"; known are {', '.join(self.nearest)}" if self.nearest else ""
        super().__init__(f"No party is known as {query!r}{hint}")


class AmbiguousPartyException(CordaError):
    """Several parties match; `matches` are their names."""

    def __init__(self, query: str, matches: Iterable[str]) -> None:
        self.query, self.matches = query, tuple(matches)
        super().__init__(f"{query!r} matches several parties: {'; '.join(self.matches)}")


class KeyRegistrationException(CordaError):
    """A key is already registered to another party or account."""


class IdentityConflictException(CordaError):
    """A name or key is already another well-known party's."""


class RowSource(Protocol):
    """Reads whole tables, by Corda's names."""

    def rows(self, table: str) -> Iterable[Row]:
        """Every row of `table`."""


class IdentityService:
    """Maps names, keys and external ids to one another."""

    def __init__(self) -> None:
        self._by_name: dict[CordaX500Name, Party] = {}
        self._by_key: dict[PublicKey, Party] = {}
        self._owners: dict[str, CordaX500Name] = {}
        self._external: dict[str, UUID] = {}
        self._keys: dict[str, PublicKey] = {}
        self._of_external: defaultdict[UUID, dict[PublicKey, None]] = defaultdict(dict)

    # --- well-known parties

    def register_identity(
        self, batch: WriteBatch, party: Party, cert_path: tuple[bytes, ...]
    ) -> None:
        """Make a party well-known; the caller verified its certificate path.

        A party may come back with a new key; the old key keeps naming it. Raises
        `IdentityConflictException` when the key is another name's. (`verifyAndRegisterIdentity`)
        """
        known = self._by_key.get(party.owning_key)
        if known is not None and known.name != party.name:
            raise IdentityConflictException(f"The key of {party.name} is already {known.name}'s")
        owner = self._owners.get(party.owning_key.to_string_short())
        if owner is not None and owner != party.name:
            raise IdentityConflictException(f"The key of {party.name} is registered to {owner}")
        self._know(party)
        short = party.owning_key.to_string_short()
        value = serialize((party, cert_path))
        batch.upsert("node_identities", ("pk_hash",), {"pk_hash": short, "identity_value": value})
        named = {"name": str(party.name), "pk_hash": short}
        batch.upsert("node_named_identities", ("name",), named)
        batch.insert_ignore(
            "node_hash_to_key", {"pk_hash": short, "public_key": party.owning_key.encoded}
        )

    def well_known_parties(self) -> list[Party]:
        """All of them, by name."""
        return sorted(self._by_name.values(), key=lambda one: (one.name.organisation, str(one)))

    def well_known_party_from_x500_name(self, name: CordaX500Name) -> Party | None:
        """The party of that very name (`wellKnownPartyFromX500Name`)."""
        return self._by_name.get(name)

    def well_known_party_from_anonymous(self, who: AbstractParty | PublicKey) -> Party | None:
        """The well-known party behind a party or key (`wellKnownPartyFromAnonymous`)."""
        key = who if isinstance(who, PublicKey) else who.owning_key
        party = self._by_key.get(key)
        if party is not None:
            return self._by_name.get(party.name, party)
        owner = self._owners.get(key.to_string_short())
        return None if owner is None else self._by_name.get(owner)

    def parties_from_name(self, query: str, *, exact: bool = False) -> list[Party]:
        """Parties one of whose attributes is (`exact`) or contains `query` (`partiesFromName`)."""
        wanted = query if exact else query.lower()
        return [
            party
            for party in self.well_known_parties()
            if any(
                wanted == part if exact else wanted in part.lower() for part in _parts(party.name)
            )
        ]

    def party_from_name(self, query: str) -> Party:
        """The party of an X.500 name, or of a part of one (`PartyB`) where only one fits.

        An exact organisation wins over names that merely contain the text. Raises
        `UnknownPartyException`, `AmbiguousPartyException`, `InvalidNameError`.
        """
        if "=" in query:
            party = self._by_name.get(CordaX500Name.parse(query))
            matches = [party] if party is not None else []
        else:
            matches = self._matching(query.strip())
        if not matches:
            raise UnknownPartyException(query, map(str, self.well_known_parties()))
        if len(matches) > 1:
            raise AmbiguousPartyException(query, map(str, matches))
        return matches[0]

    # --- keys without certificates

    def register_key(
        self, batch: WriteBatch, key: PublicKey, party: Party, external_id: UUID | None = None
    ) -> None:
        """Tie a key to a party, and to an account there (`registerKey`); again is no change.

        Raises `KeyRegistrationException` when it's tied to another party or account.
        """
        short = key.to_string_short()
        self._check_owner(key, short, party.name)
        self._check_external(short, external_id)
        if key not in self._by_key:
            self._owners[short] = party.name
        self._keys[short] = key
        batch.insert_ignore("node_hash_to_key", {"pk_hash": short, "public_key": key.encoded})
        owner = party.owning_key.to_string_short()
        row = {"pk_hash": short, "name": str(party.name), "owning_pk_hash": owner}
        batch.insert_ignore("node_identities_no_cert", row)
        if external_id is not None:
            self._tie(key, short, external_id)
            tie = {"public_key_hash": short, "external_id": str(external_id)}
            batch.insert_ignore("pk_hash_to_ext_id_map", tie)

    def external_id_for_public_key(self, key: PublicKey) -> UUID | None:
        """The account that a key belongs to (`externalIdForPublicKey`)."""
        return self._external.get(key.to_string_short())

    def public_keys_for_external_id(self, external_id: UUID) -> list[PublicKey]:
        """The keys of an account, in the order of their registration."""
        return list(self._of_external.get(external_id, ()))

    def public_key_from_hash(self, short: str) -> PublicKey | None:
        """The key of a `DL…` string."""
        return self._keys.get(short)

    # --- rows

    def load(self, source: RowSource) -> None:
        """Take in what the database holds, at start. Raises `DecodeError` for damaged rows."""
        for row in source.rows("node_hash_to_key"):
            self._keys[str(row["pk_hash"])] = decode_public_key(_bytes(row["public_key"]))
        self._load_parties(source)
        for row in source.rows("node_identities_no_cert"):
            self._owners[str(row["pk_hash"])] = CordaX500Name.parse(str(row["name"]))
        for row in source.rows("pk_hash_to_ext_id_map"):
            short = str(row["public_key_hash"])
            key = self._keys.get(short)
            if key is None:
                raise DecodeError(f"pk_hash_to_ext_id_map names {short}, a key nobody knows")
            self._tie(key, short, UUID(str(row["external_id"])))

    def _load_parties(self, source: RowSource) -> None:
        stored: dict[str, Party] = {}
        for row in source.rows("node_identities"):
            value = deserialize(_bytes(row["identity_value"]), tuple[Party, tuple[bytes, ...]])
            stored[str(row["pk_hash"])] = value[0]
            self._by_key[value[0].owning_key] = value[0]
        for row in source.rows("node_named_identities"):
            party = stored.get(str(row["pk_hash"]))
            if party is None:
                raise DecodeError(f"node_named_identities names {row['pk_hash']}, not stored")
            self._know(party)

    def _know(self, party: Party) -> None:
        self._by_name[party.name] = party
        self._by_key[party.owning_key] = party
        self._keys[party.owning_key.to_string_short()] = party.owning_key

    def _tie(self, key: PublicKey, short: str, external_id: UUID) -> None:
        self._external[short] = external_id
        self._of_external[external_id][key] = None

    def _check_owner(self, key: PublicKey, short: str, name: CordaX500Name) -> None:
        known = self._by_key.get(key)
        owner = known.name if known is not None else self._owners.get(short)
        if owner is not None and owner != name:
            raise KeyRegistrationException(f"The key {short} is already registered to {owner}")

    def _check_external(self, short: str, external_id: UUID | None) -> None:
        tied = self._external.get(short)
        if external_id is not None and tied is not None and tied != external_id:
            raise KeyRegistrationException(f"The key {short} is already account {tied}'s")

    def _matching(self, query: str) -> list[Party]:
        exact = [p for p in self.well_known_parties() if p.name.organisation == query]
        return exact or self.parties_from_name(query)


def _parts(name: CordaX500Name) -> list[str]:
    fields = (name.organisation, name.locality, name.country)
    return [
        part for part in (*fields, name.common_name, name.organisation_unit, name.state) if part
    ]


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise DecodeError("a row holds no bytes where it should")
    return value
