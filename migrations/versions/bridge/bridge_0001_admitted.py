"""Clients of a bridge's hosts that the node's operator has admitted."""

import sqlalchemy as sa
from alembic import op

revision = "bridge_0001"
down_revision: str | None = None
branch_labels: tuple[str, ...] | None = ("bridge",)
depends_on: str | None = None

TABLE = "bridge_admitted_clients"


def upgrade() -> None:
    """Create the table; `base_id` is a state ref `HASH(index)`, times are microseconds."""
    op.create_table(
        TABLE,
        sa.Column("base_id", sa.String(160), primary_key=True),
        sa.Column("client_id", sa.String(64), primary_key=True),
        sa.Column("admitted_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table(TABLE)
