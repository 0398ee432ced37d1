"""The rows of one vault state, with Corda's table names and codes (VaultSchemaV1)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from corda_sim.core.contracts import (
    AttachmentConstraint,
    FungibleState,
    Issued,
    LinearState,
    OwnableState,
    QueryableState,
    SignatureAttachmentConstraint,
    StateAndRef,
    StateRef,
)
from corda_sim.core.errors import FeatureNotSupportedException
from corda_sim.core.identity import AbstractParty, Party
from corda_sim.core.serialization import PLATFORM
from corda_sim.core.write_batch import Row, WriteBatch

UNCONSUMED, CONSUMED = 0, 1
RELEVANT, NOT_RELEVANT = 0, 1
SIGNATURE_CONSTRAINT = 3
"""Code of Vault.ConstraintInfo.Type.SIGNATURE."""


def ref_columns(ref: StateRef) -> dict[str, object]:
    """The primary key of a state's row."""
    return {"transaction_id": str(ref.txhash), "output_index": ref.index}


def insert_state(
    batch: WriteBatch, state: StateAndRef[Any], *, relevant: bool, when: datetime
) -> None:
    """Stage all rows of a newly seen, unconsumed state; existing rows stay as they are.

    Raises: NotSerializableException for a state class without wire name,
    FeatureNotSupportedException for a constraint that isn't supported.
    """
    data, key = state.state.data, ref_columns(state.ref)
    batch.insert_ignore("vault_states", _vault_row(state, relevant, when))
    if isinstance(data, LinearState):
        identifier = data.linear_id
        row = {**key, "external_id": identifier.external_id, "uuid": str(identifier.id)}
        batch.insert_ignore("vault_linear_states", row)
        _insert_participants(batch, "vault_linear_states_parts", key, data.participants)
    if isinstance(data, FungibleState):
        batch.insert_ignore("vault_fungible_states", {**key, **_fungible_columns(data)})
        _insert_participants(batch, "vault_fungible_states_parts", key, data.participants)
    _insert_parties(batch, key, data.participants)
    if isinstance(data, QueryableState):
        for schema in data.supported_schemas():
            batch.insert_ignore(schema.table, {**data.generate_mapped_object(schema), **key})


def _vault_row(state: StateAndRef[Any], relevant: bool, when: datetime) -> Row:
    return {
        **ref_columns(state.ref),
        "notary_name": str(state.state.notary.name),
        "contract_state_class_name": PLATFORM.wire_name_of(type(state.state.data)),
        "state_status": UNCONSUMED,
        "recorded_timestamp": when,
        "relevancy_status": RELEVANT if relevant else NOT_RELEVANT,
        "constraint_type": SIGNATURE_CONSTRAINT,
        "constraint_data": _constraint_data(state.state.constraint),
    }


def _constraint_data(constraint: AttachmentConstraint) -> bytes:
    if not isinstance(constraint, SignatureAttachmentConstraint):
        raise FeatureNotSupportedException(f"{type(constraint).__name__} is not supported")
    return constraint.key.encoded


def _fungible_columns(data: FungibleState) -> Row:
    token = data.amount.token
    issuer = token.issuer if isinstance(token, Issued) else None
    return {
        "owner_name": _name(data.owner) if isinstance(data, OwnableState) else None,
        "quantity": data.amount.quantity,
        "issuer_name": None if issuer is None else _name(issuer.party),
        "issuer_ref": None if issuer is None else issuer.reference,
    }


def _insert_participants(
    batch: WriteBatch, table: str, key: Row, participants: Iterable[AbstractParty]
) -> None:
    for party in dict.fromkeys(participants):
        text = _name(party) or party.owning_key.to_string_short()
        batch.insert_ignore(table, {**key, "participants": text})


def _insert_parties(batch: WriteBatch, key: Row, participants: Iterable[AbstractParty]) -> None:
    for party in dict.fromkeys(participants):
        short = party.owning_key.to_string_short()
        row = {**key, "public_key_hash": short, "x500_name": _name(party)}
        batch.insert_ignore("state_party", row)


def _name(party: AbstractParty) -> str | None:
    return str(party.name) if isinstance(party, Party) else None
