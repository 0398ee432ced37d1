"""Reading what the invariants speak of out of a node's database and a notary's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.exc import DBAPIError

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import CordaError
from corda_sim.core.serialization import deserialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.state import FlowStatus
from corda_sim.invariants.facts import TransactionFacts
from corda_sim.node.storage import schema
from corda_sim.node.storage.engine import open_engine
from corda_sim.node.storage.errors import translate
from notary import schema as notary_schema

_ROWS_AT_ONCE = 500
_UNCONSUMED, _RELEVANT = 0, 0


@dataclass(frozen=True, slots=True)
class NodeDatabase:
    """Where a node keeps its rows; `notary_url` where this node is a notary, its ledger."""

    name: str
    legal_name: str
    url: str = field(repr=False)
    notary_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class VaultRow:
    """A state in a vault; `quantity` as `vault_fungible_states` has it."""

    unconsumed: bool
    relevant: bool
    lock_id: str | None
    quantity: int | None


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A flow as its checkpoint tells it, with what is kept of its outcome."""

    flow_id: str
    status: FlowStatus
    pending_sends: bool
    name: str
    client_id: str | None
    has_result: bool
    has_exception: bool


@dataclass(slots=True)
class NodeView:
    """One node's database at one moment."""

    name: str
    verified: dict[SecureHash, TransactionFacts] = field(default_factory=dict)
    unverified: dict[SecureHash, TransactionFacts] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    own_keys: frozenset[str] = frozenset()
    vault: dict[StateRef, VaultRow] = field(default_factory=dict)
    flows: dict[str, FlowRow] = field(default_factory=dict)
    steps: dict[str, list[int]] = field(default_factory=dict)
    messages: list[tuple[int, str, int]] = field(default_factory=list)
    outbox: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotaryView:
    """What a notary recorded: by consumed state the transaction, and all transactions."""

    name: str
    spent: dict[StateRef, SecureHash]
    committed: frozenset[SecureHash]


def read_node(database: NodeDatabase) -> NodeView:
    """Read a node. Raises StorageError when the database can't be read."""
    view = NodeView(database.name)
    with _snapshot(database.url) as connection:
        _read_transactions(connection, view)
        view.own_keys = _own_keys(connection, database.legal_name)
        view.vault = dict(_vault(connection))
        view.flows = {flow.flow_id: flow for flow in _flows(connection)}
        _read_journals(connection, view)
        view.outbox = tuple(row[0] for row in _rows(connection, select(_outbox.message_id)))
    return view


def read_notary(database: NodeDatabase) -> NotaryView | None:
    """Read a notary's ledger; None for another node. Raises StorageError."""
    if database.notary_url is None:
        return None
    states = notary_schema.notary_committed_states.c
    transactions = notary_schema.notary_committed_transactions.c
    spent = {}
    with _snapshot(database.notary_url) as connection:
        for ref, by in _rows(connection, select(states.state_ref, states.consuming_transaction_id)):
            tx_id, _, index = ref.partition(":")
            spent[StateRef(SecureHash.parse(tx_id), int(index))] = SecureHash.parse(by)
        rows = _rows(connection, select(transactions.transaction_id))
        committed = frozenset(SecureHash.parse(row[0]) for row in rows)
    return NotaryView(database.name, spent, committed)


_outbox = schema.node_outbox.c


@contextmanager
def _snapshot(url: str) -> Iterator[Connection]:
    engine = open_engine(url, mode="read", tag="corda-sim check")
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise translate(error) from error
    finally:
        engine.dispose()


def _rows(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    yield from connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(statement)


def _read_transactions(connection: Connection, view: NodeView) -> None:
    table = schema.node_transactions.c
    statement = select(table.tx_id, table.transaction_value, table.status)
    for tx_id, content, status in _rows(connection, statement):
        try:
            facts = TransactionFacts.of(deserialize(content, SignedTransaction))
        except CordaError as error:
            view.damaged.append(f"{tx_id}: {error}")
            continue
        if str(facts.id) != tx_id:
            view.damaged.append(f"{tx_id} holds {facts.id}")
        (view.verified if status == "V" else view.unverified)[facts.id] = facts


def _own_keys(connection: Connection, legal_name: str) -> frozenset[str]:
    pairs, named = schema.node_our_key_pairs.c, schema.node_named_identities.c
    keys = {row[0] for row in _rows(connection, select(pairs.public_key_hash))}
    main = select(named.pk_hash).where(named.name == legal_name)
    keys.update(row[0] for row in _rows(connection, main))
    return frozenset(keys)


def _vault(connection: Connection) -> Iterator[tuple[StateRef, VaultRow]]:
    states, coins = schema.vault_states, schema.vault_fungible_states
    same = (states.c.transaction_id == coins.c.transaction_id) & (
        states.c.output_index == coins.c.output_index
    )
    statement = select(
        states.c.transaction_id,
        states.c.output_index,
        states.c.state_status,
        states.c.relevancy_status,
        states.c.lock_id,
        coins.c.quantity,
    ).select_from(states.outerjoin(coins, same))
    for tx_id, index, status, relevancy, lock_id, quantity in _rows(connection, statement):
        row = VaultRow(status == _UNCONSUMED, relevancy == _RELEVANT, lock_id, quantity)
        yield StateRef(SecureHash.parse(tx_id), index), row


def _flows(connection: Connection) -> Iterator[FlowRow]:
    points, facts = schema.node_checkpoints, schema.node_flow_metadata
    results = {row[0] for row in _rows(connection, select(schema.node_flow_results.c.flow_id))}
    errors = {row[0] for row in _rows(connection, select(schema.node_flow_exceptions.c.flow_id))}
    statement = select(
        points.c.flow_id,
        points.c.status,
        points.c.pending_sends,
        facts.c.flow_name,
        facts.c.flow_identifier,
    ).select_from(points.outerjoin(facts, points.c.flow_id == facts.c.flow_id))
    for flow_id, status, pending, name, client_id in _rows(connection, statement):
        yield FlowRow(
            flow_id,
            FlowStatus(status),
            bool(pending),
            name or "a flow without metadata",
            client_id,
            flow_id in results,
            flow_id in errors,
        )


def _read_journals(connection: Connection, view: NodeView) -> None:
    journal, received = schema.node_flow_journal.c, schema.node_flow_messages.c
    steps = select(journal.flow_id, journal.step).order_by(journal.flow_id, journal.step)
    for flow_id, step in _rows(connection, steps):
        view.steps.setdefault(flow_id, []).append(step)
    messages = select(received.session_id, received.flow_id, received.seq)
    view.messages = [tuple(row) for row in _rows(connection, messages)]
