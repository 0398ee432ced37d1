"""Values of the ledger as JSON that a person can read."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel

from corda_sim.core.contracts import Amount, StateAndRef, StateRef, UniqueIdentifier
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import AbstractParty, CordaX500Name
from corda_sim.core.transactions import SignedTransaction

_AS_TEXT = (
    Amount,
    StateRef,
    UniqueIdentifier,
    PublicKey,
    AbstractParty,
    CordaX500Name,
    UUID,
    timedelta,
)


def to_json(value: object) -> Any:  # noqa: ANN401 - JSON
    """`value` as numbers, texts, lists and objects."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, _AS_TEXT):
        return str(value)
    return _compound(value)


def _compound(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, SignedTransaction):
        return transaction_to_json(value)
    if isinstance(value, StateAndRef):
        return state_to_json(value)
    if isinstance(value, Mapping):
        return {str(name): to_json(item) for name, item in value.items()}
    names = _field_names(value)
    if names is not None:
        return {name: to_json(getattr(value, name)) for name in names}
    if isinstance(value, Iterable):
        return [to_json(item) for item in value]
    return str(value)


def _field_names(value: object) -> list[str] | None:
    if isinstance(value, BaseModel):
        return list(type(value).model_fields)
    if isinstance(value, msgspec.Struct):
        return list(value.__struct_fields__)
    return [field.name for field in fields(value)] if is_dataclass(value) else None


def state_to_json(found: StateAndRef[Any]) -> dict[str, Any]:
    """A state of the ledger and where it stands."""
    return {
        "ref": str(found.ref),
        "contract": found.state.contract,
        "state": type(found.state.data).__name__,
        "data": to_json(found.state.data),
    }


def transaction_to_json(stx: SignedTransaction) -> dict[str, Any]:
    """A transaction with its components and signers."""
    tx = stx.tx
    return {
        "id": str(stx.id),
        "notary": None if tx.notary is None else str(tx.notary),
        "inputs": [str(ref) for ref in tx.inputs],
        "references": [str(ref) for ref in tx.references],
        "outputs": [
            {
                "contract": state.contract,
                "state": type(state.data).__name__,
                "data": to_json(state.data),
            }
            for state in tx.outputs
        ],
        "commands": [
            {"command": type(one.value).__name__, "signers": [str(key) for key in one.signers]}
            for one in tx.commands
        ],
        "attachments": [str(one) for one in tx.attachments],
        "signatures": [str(one.by) for one in stx.sigs],
    }
