"""Values of the ledger as JSON that a person can read."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from corda_sim.core.contracts import Amount, StateRef
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import AbstractParty
from corda_sim.core.transactions import SignedTransaction

_AS_TEXT = (Amount, StateRef, PublicKey, AbstractParty, UUID, datetime, timedelta)


def to_json(value: object) -> Any:  # noqa: ANN401 - JSON
    """`value` as numbers, texts, lists and objects."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, SignedTransaction):
        return transaction_to_json(value)
    if isinstance(value, _AS_TEXT):
        return str(value)
    if isinstance(value, BaseModel):
        return {name: to_json(getattr(value, name)) for name in type(value).model_fields}
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Iterable):
        return [to_json(item) for item in value]
    return str(value)


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
