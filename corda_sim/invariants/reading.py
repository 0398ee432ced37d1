"""Reading what the invariants speak of out of a node's database."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import CordaError
from corda_sim.core.serialization import deserialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow.notary.heads import SignedHead
from corda_sim.flow.state import FlowStatus
from corda_sim.invariants.facts import TransactionFacts
from corda_sim.invariants.reading_journals import read_journals
from corda_sim.invariants.rows import rows_of, snapshot
from corda_sim.invariants.views import FlowRow, NodeDatabase, NodeView, VaultRow
from corda_sim.node.storage import schema

_UNCONSUMED, _RELEVANT = 0, 0


def read_node(database: NodeDatabase) -> NodeView:
    """Read a node. Raises StorageError when the database can't be read."""
    with snapshot(database.url) as connection:
        return view_of(connection, database.name, database.legal_name)


def view_of(connection: Connection, name: str, legal_name: str) -> NodeView:
    """Read a node over an open connection. Raises DBAPIError."""
    view = NodeView(name, legal_name)
    _read_transactions(connection, view)
    view.own_keys = _own_keys(connection, legal_name)
    view.vault = dict(_vault(connection))
    view.flows = {flow.flow_id: flow for flow in _flows(connection)}
    view.unpointed = _unpointed(connection, view.flows)
    read_journals(connection, view)
    _read_epochs(connection, view)
    outbox, heads = schema.node_outbox.c, schema.node_notary_heads.c
    view.outbox = tuple(row[0] for row in rows_of(connection, select(outbox.message_id)))
    seen = [row[0] for row in rows_of(connection, select(heads.head))]
    view.heads = tuple(deserialize(head, SignedHead).head for head in seen)
    return view


def _read_epochs(connection: Connection, view: NodeView) -> None:
    log, lease = schema.node_commit_log.c, schema.node_mutual_exclusion.c
    in_order = select(log.epoch).order_by(log.sequence)
    view.epochs = tuple(row.epoch for row in rows_of(connection, in_order))
    view.lease = connection.execute(select(lease.version)).scalar_one_or_none()


def _read_transactions(connection: Connection, view: NodeView) -> None:
    table = schema.node_transactions.c
    statement = select(table.tx_id, table.transaction_value, table.status)
    for tx_id, content, status in rows_of(connection, statement):
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
    keys = {row[0] for row in rows_of(connection, select(pairs.public_key_hash))}
    main = select(named.pk_hash).where(named.name == legal_name)
    keys.update(row[0] for row in rows_of(connection, main))
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
    for tx_id, index, status, relevancy, lock_id, quantity in rows_of(connection, statement):
        row = VaultRow(status == _UNCONSUMED, relevancy == _RELEVANT, lock_id, quantity)
        yield StateRef(SecureHash.parse(tx_id), index), row


def _flows(connection: Connection) -> Iterator[FlowRow]:
    points, facts = schema.node_checkpoints, schema.node_flow_metadata
    results = {row[0] for row in rows_of(connection, select(schema.node_flow_results.c.flow_id))}
    kept = schema.node_flow_exceptions.c
    errors = dict(map(tuple, rows_of(connection, select(kept.flow_id, kept.type))))
    statement = select(
        points.c.flow_id,
        points.c.status,
        points.c.pending_sends,
        facts.c.flow_name,
        facts.c.flow_identifier,
    ).select_from(points.outerjoin(facts, points.c.flow_id == facts.c.flow_id))
    for flow_id, status, pending, name, client_id in rows_of(connection, statement):
        yield FlowRow(
            flow_id,
            FlowStatus(status),
            bool(pending),
            name or "a flow without metadata",
            client_id,
            flow_id in results,
            errors.get(flow_id),
        )


def _unpointed(connection: Connection, flows: dict[str, FlowRow]) -> list[str]:
    table = schema.node_flow_metadata.c
    found = rows_of(connection, select(table.flow_id, table.flow_name).order_by(table.flow_id))
    return [f"{name} {flow_id}" for flow_id, name in found if flow_id not in flows]
