"""What a validator signed, and which states it holds back for that."""

import sqlalchemy as sa
from alembic import op

revision = "validator_0001"
down_revision: str | None = None
branch_labels: tuple[str, ...] | None = ("validator",)
depends_on: str | None = None

TABLES = ("validator_log", "validator_locks")


def upgrade() -> None:
    """Create the tables; times are microseconds since the epoch, state refs `HASH(index)`."""
    _create_validator_log()
    _create_validator_locks()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_validator_log() -> None:
    op.create_table(
        "validator_log",
        sa.Column("transaction_id", sa.String(144), primary_key=True),
        sa.Column("state_ref", sa.String(160), primary_key=True),
        sa.Column("requester", sa.String(255), nullable=False),
        sa.Column("signed_at", sa.BigInteger, nullable=False),
        sa.Column("until_time", sa.BigInteger, nullable=False),
    )
    op.create_index("validator_log_state_ref_idx", "validator_log", ["state_ref"])


def _create_validator_locks() -> None:
    op.create_table(
        "validator_locks",
        sa.Column("state_ref", sa.String(160), primary_key=True),
        sa.Column("transaction_id", sa.String(144), nullable=False),
        sa.Column("until_time", sa.BigInteger, nullable=False),
    )
