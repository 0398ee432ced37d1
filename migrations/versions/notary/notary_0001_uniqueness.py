"""Consumed states, committed transactions, logs, chained batches."""

import sqlalchemy as sa
from alembic import op

revision = "notary_0001"
down_revision: str | None = None
branch_labels: tuple[str, ...] | None = ("notary",)
depends_on: str | None = None

TABLES = (
    "notary_committed_states",
    "notary_committed_transactions",
    "notary_request_log",
    "notary_double_spends",
    "notary_batches",
)


def upgrade() -> None:
    """Create the tables."""
    _create_notary_committed_states()
    _create_notary_committed_transactions()
    _create_notary_request_log()
    _create_notary_double_spends()
    _create_notary_batches()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_notary_committed_states() -> None:
    op.create_table(
        "notary_committed_states",
        sa.Column("state_ref", sa.String(73), primary_key=True),
        sa.Column("consuming_transaction_id", sa.String(64), nullable=False),
    )
    op.create_index(
        "notary_committed_states_consuming_transaction_id_idx",
        "notary_committed_states",
        ["consuming_transaction_id"],
    )


def _create_notary_committed_transactions() -> None:
    op.create_table(
        "notary_committed_transactions",
        sa.Column("transaction_id", sa.String(64), primary_key=True),
    )


def _create_notary_request_log() -> None:
    op.create_table(
        "notary_request_log",
        sa.Column("id", sa.String(76), primary_key=True),
        sa.Column("consuming_transaction_id", sa.String(64), nullable=False),
        sa.Column("requesting_party_name", sa.String(255), nullable=False),
        sa.Column("request_timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_signature", sa.LargeBinary, nullable=False),
        sa.Column("worker_node_x500_name", sa.String(255)),
    )
    op.create_index(
        "notary_request_log_consuming_transaction_id_idx",
        "notary_request_log",
        ["consuming_transaction_id"],
    )


def _create_notary_double_spends() -> None:
    op.create_table(
        "notary_double_spends",
        sa.Column("state_ref", sa.String(73), primary_key=True),
        sa.Column("consuming_transaction_id", sa.String(64), primary_key=True),
        sa.Column("request_timestamp", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(
        "notary_double_spends_consuming_transaction_id_idx",
        "notary_double_spends",
        ["consuming_transaction_id"],
    )


def _create_notary_batches() -> None:
    op.create_table(
        "notary_batches",
        sa.Column("worker_node_x500_name", sa.String(255), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("batch_digest", sa.String(64), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("committed_timestamp", sa.DateTime(timezone=True), nullable=False),
    )
