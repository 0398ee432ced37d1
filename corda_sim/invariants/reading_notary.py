"""Reading a notary's ledger."""

from sqlalchemy import Connection, select

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.notary.heads import NotaryHead
from corda_sim.invariants.rows import rows_of, snapshot
from corda_sim.invariants.views import Batch, NodeDatabase, NotaryView
from notary import schema


def read_notary(database: NodeDatabase) -> NotaryView | None:
    """Read a notary's ledger; None for another node. Raises StorageError."""
    if database.notary_url is None:
        return None
    transactions = schema.notary_committed_transactions.c
    with snapshot(database.notary_url) as connection:
        ids = rows_of(connection, select(transactions.transaction_id))
        return NotaryView(
            database.name,
            _spent(connection),
            frozenset(SecureHash.parse(row[0]) for row in ids),
            _batches(connection),
        )


def _spent(connection: Connection) -> dict[StateRef, SecureHash]:
    states, spent = schema.notary_committed_states.c, {}
    statement = select(states.state_ref, states.consuming_transaction_id)
    for ref, by in rows_of(connection, statement):
        tx_id, _, index = ref.partition(":")
        spent[StateRef(SecureHash.parse(tx_id), int(index))] = SecureHash.parse(by)
    return spent


def _batches(connection: Connection) -> tuple[Batch, ...]:
    table = schema.notary_batches.c
    worker, sequence = table.worker_node_x500_name, table.sequence
    statement = select(worker, sequence, table.batch_digest, table.head).order_by(worker, sequence)
    return tuple(
        Batch(SecureHash.parse(digest), NotaryHead(by, number, SecureHash.parse(head)))
        for by, number, digest, head in rows_of(connection, statement)
    )
