"""Messages: de-duplication, held session-inits, the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "node_0003"
down_revision: str | None = "node_0002"
branch_labels: tuple[str, ...] | None = None
depends_on: str | None = None

TABLES = ("node_message_ids", "node_session_inits", "node_outbox")


def upgrade() -> None:
    """Create the tables."""
    _create_node_message_ids()
    _create_node_session_inits()
    _create_node_outbox()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_node_message_ids() -> None:
    op.create_table(
        "node_message_ids",
        sa.Column("message_id", sa.String(64), primary_key=True),
        sa.Column("insertion_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sender", sa.String(255)),
        sa.Column("sequence_number", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_index("node_message_ids_insertion_time_idx", "node_message_ids", ["insertion_time"])


def _create_node_session_inits() -> None:
    op.create_table(
        "node_session_inits",
        sa.Column("message_id", sa.String(64), primary_key=True),
        sa.Column("sender", sa.String(255), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("insertion_time", sa.DateTime(timezone=True), nullable=False),
    )


def _create_node_outbox() -> None:
    op.create_table(
        "node_outbox",
        sa.Column("message_id", sa.String(64), primary_key=True),
        sa.Column("recipient", sa.String(255), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("insertion_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_id", sa.BigInteger),
    )
