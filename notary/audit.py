"""Who consumed a state, who tried to, and when (Corda's Spent State Audit Tool)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from notary import schema
from notary.store import ref_key


@dataclass(frozen=True, slots=True)
class AuditedRequest:
    """One line of the request log."""

    transaction_id: SecureHash
    requesting_party: str
    at: datetime
    worker: str


@dataclass(frozen=True, slots=True)
class DoubleSpendAttempt:
    """A refused transaction that wanted the state, when first seen, and everyone who sent it."""

    transaction_id: SecureHash
    first_seen: datetime
    requests: tuple[AuditedRequest, ...]


@dataclass(frozen=True, slots=True)
class StateAudit:
    """What the notary knows of a state; `consumed_by` is None while it is unspent."""

    ref: StateRef
    consumed_by: SecureHash | None
    requests: tuple[AuditedRequest, ...]
    double_spend_attempts: tuple[DoubleSpendAttempt, ...]


def audit_state(engine: Engine, ref: StateRef) -> StateAudit:
    """The history of `ref` from the committed states, the request log and the double-spend log."""
    with engine.connect().execution_options(notary_read_only=True) as connection:
        consumer = _consumer(connection, ref)
        requests = () if consumer is None else _requests(connection, consumer)
        return StateAudit(ref, consumer, requests, _attempts(connection, ref))


def _consumer(connection: Connection, ref: StateRef) -> SecureHash | None:
    table = schema.notary_committed_states
    query = select(table.c.consuming_transaction_id).where(table.c.state_ref == ref_key(ref))
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else SecureHash.parse(found)


def _requests(connection: Connection, tx_id: SecureHash) -> tuple[AuditedRequest, ...]:
    table = schema.notary_request_log
    query = (
        select(table)
        .where(table.c.consuming_transaction_id == str(tx_id))
        .order_by(table.c.request_timestamp, table.c.id)
    )
    return tuple(
        AuditedRequest(
            tx_id, row.requesting_party_name, row.request_timestamp, row.worker_node_x500_name
        )
        for row in connection.execute(query)
    )


def _attempts(connection: Connection, ref: StateRef) -> tuple[DoubleSpendAttempt, ...]:
    table = schema.notary_double_spends
    query = (
        select(table)
        .where(table.c.state_ref == ref_key(ref))
        .order_by(table.c.request_timestamp, table.c.consuming_transaction_id)
    )
    return tuple(
        _attempt(connection, SecureHash.parse(row.consuming_transaction_id), row.request_timestamp)
        for row in connection.execute(query).all()
    )


def _attempt(connection: Connection, tx_id: SecureHash, at: datetime) -> DoubleSpendAttempt:
    return DoubleSpendAttempt(tx_id, at, _requests(connection, tx_id))
