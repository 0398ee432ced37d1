"""The notary's tables, named as in Corda's JPA notary, and the chain of its batches.

The database user of a worker needs SELECT and INSERT only. Alembic's branch `notary` creates them.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, String, Table

from corda_sim.local.databases import Instant

NAMING: Final = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "pk": "%(table_name)s_pkey",
}
STATE_REF: Final = String(73)  # "HASH:index"
TX_ID: Final = String(64)
NAME: Final = String(255)

metadata = MetaData(naming_convention=NAMING)


notary_committed_states = Table(
    "notary_committed_states",
    metadata,
    Column("state_ref", STATE_REF, primary_key=True),
    Column("consuming_transaction_id", TX_ID, nullable=False, index=True),
)

notary_committed_transactions = Table(
    "notary_committed_transactions",
    metadata,
    Column("transaction_id", TX_ID, primary_key=True),
)

notary_request_log = Table(
    "notary_request_log",
    metadata,
    Column("id", String(76), primary_key=True),
    Column("consuming_transaction_id", TX_ID, nullable=False, index=True),
    Column("requesting_party_name", NAME, nullable=False),
    Column("request_timestamp", Instant, nullable=False),
    Column("request_signature", LargeBinary, nullable=False),
    Column("worker_node_x500_name", NAME),
)

notary_double_spends = Table(
    "notary_double_spends",
    metadata,
    Column("state_ref", STATE_REF, primary_key=True),
    Column("consuming_transaction_id", TX_ID, primary_key=True, index=True),
    Column("request_timestamp", Instant, nullable=False),
)

notary_batches = Table(
    "notary_batches",
    metadata,
    Column("worker_node_x500_name", NAME, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("batch_digest", TX_ID, nullable=False),
    Column("head", TX_ID, nullable=False),
    Column("committed_timestamp", Instant, nullable=False),
)
