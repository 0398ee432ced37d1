"""The log of commits with their epochs."""

import sqlalchemy as sa
from alembic import op

revision = "node_0007"
down_revision: str | None = "node_0006"
branch_labels: tuple[str, ...] | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the table."""
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "node_commit_log",
        sa.Column("sequence", key, primary_key=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("node_commit_log")
