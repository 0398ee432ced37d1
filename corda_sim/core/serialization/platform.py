"""Wire forms of the platform's basic types: time, identifiers, hashes, keys, names and parties."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from corda_sim.core.crypto.composite import CompositeKey
from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.merkle import PartialMerkleTree
from corda_sim.core.crypto.signatures import SignatureMetadata, TransactionSignature
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import AnonymousParty, CordaX500Name, Party, PartyAndReference
from corda_sim.core.instants import instant_of_micros, micros_of
from corda_sim.core.serialization.fields import FieldSpec
from corda_sim.core.serialization.registry import Registry

_MICROSECOND = timedelta(microseconds=1)


def register_platform_types(registry: Registry) -> None:
    """Register every basic type; transactions and contracts register their own classes."""
    _register_time(registry)
    _register_identifiers(registry)
    _register_keys(registry)
    _register_identities(registry)
    _register_signatures(registry)


def _instant_fields(value: datetime) -> list[object]:
    if value.tzinfo is None:
        raise IllegalArgumentError("an instant needs its time zone")
    return [micros_of(value)]


def _register_time(registry: Registry) -> None:
    registry.register_custom(
        datetime,
        "corda.Instant",
        [FieldSpec("micros", int)],
        _instant_fields,
        instant_of_micros,
    )
    registry.register_custom(
        timedelta,
        "corda.Duration",
        [FieldSpec("micros", int)],
        lambda value: [value // _MICROSECOND],
        lambda micros: timedelta(microseconds=micros),
    )


def _uuid_from_bytes(raw: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=raw)


def _register_identifiers(registry: Registry) -> None:
    registry.register_custom(
        uuid.UUID,
        "corda.UUID",
        [FieldSpec("bytes", bytes)],
        lambda value: [value.bytes],
        _uuid_from_bytes,
    )
    registry.register_custom(
        Decimal, "corda.Decimal", [FieldSpec("text", str)], lambda value: [str(value)], Decimal
    )


def _hash_from_bytes(raw: bytes) -> SecureHash:
    if len(raw) != 32:
        raise IllegalArgumentError(f"a SHA-256 hash has 32 bytes, not {len(raw)}")
    return SecureHash(raw)


def _register_keys(registry: Registry) -> None:
    registry.register_custom(
        SecureHash,
        "corda.SecureHash",
        [FieldSpec("bytes", bytes)],
        lambda value: [bytes(value)],
        _hash_from_bytes,
    )
    registry.register_custom(
        PublicKey,
        "corda.PublicKey",
        [FieldSpec("encoded", bytes)],
        lambda key: [key.encoded],
        decode_public_key,
        intern=True,
        aliases=[CompositeKey],
    )


def _name_fields(name: CordaX500Name) -> list[object]:
    return [
        name.organisation,
        name.locality,
        name.country,
        name.common_name,
        name.organisation_unit,
        name.state,
    ]


def _register_identities(registry: Registry) -> None:
    optional = str | None
    registry.register_custom(
        CordaX500Name,
        "corda.X500Name",
        [
            FieldSpec("organisation", str),
            FieldSpec("locality", str),
            FieldSpec("country", str),
            FieldSpec("common_name", optional, None),
            FieldSpec("organisation_unit", optional, None),
            FieldSpec("state", optional, None),
        ],
        _name_fields,
        CordaX500Name,
        intern=True,
    )
    registry.register_custom(
        Party,
        "corda.Party",
        [FieldSpec("name", CordaX500Name), FieldSpec("owning_key", PublicKey)],
        lambda party: [party.name, party.owning_key],
        Party,
        intern=True,
    )
    registry.register_custom(
        AnonymousParty,
        "corda.AnonymousParty",
        [FieldSpec("owning_key", PublicKey)],
        lambda party: [party.owning_key],
        AnonymousParty,
        intern=True,
    )
    registry.register(PartyAndReference, "corda.PartyAndReference")


def _register_signatures(registry: Registry) -> None:
    registry.register_custom(
        PartialMerkleTree,
        "corda.PartialMerkleTree",
        [FieldSpec("kinds", bytes), FieldSpec("hashes", bytes)],
        lambda tree: [tree.kinds, tree.hashes],
        PartialMerkleTree,
    )
    registry.register_custom(
        SignatureMetadata,
        "corda.SignatureMetadata",
        [FieldSpec("platform_version", int), FieldSpec("scheme_number_id", int)],
        lambda meta: [int(meta.platform_version), int(meta.scheme_number_id)],
        SignatureMetadata,
        intern=True,
    )
    registry.register_custom(
        TransactionSignature,
        "corda.TransactionSignature",
        [
            FieldSpec("bytes", bytes),
            FieldSpec("by", PublicKey),
            FieldSpec("metadata", SignatureMetadata),
            FieldSpec("partial_merkle_tree", PartialMerkleTree | None, None),
        ],
        lambda sig: [sig.bytes_, sig.by, sig.metadata, sig.partial_merkle_tree],
        TransactionSignature,
    )
