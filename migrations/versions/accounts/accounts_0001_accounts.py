"""Accounts, and the states shared with them."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0001"
down_revision: str | None = None
branch_labels: tuple[str, ...] | None = ("accounts",)
depends_on: str | None = None

TABLES = ("accounts", "account_to_state_refs")


def upgrade() -> None:
    """Create the tables."""
    _create_accounts()
    _create_account_to_state_refs()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("output_index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("transaction_id", sa.String(144), primary_key=True),
        sa.Column("identifier", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.UniqueConstraint("host", "name", name="accounts_host_name_key"),
        sa.UniqueConstraint("identifier", name="accounts_identifier_key"),
    )
    op.create_index("accounts_name_idx", "accounts", ["name"])


def _create_account_to_state_refs() -> None:
    op.create_table(
        "account_to_state_refs",
        sa.Column("external_id", sa.String(36), primary_key=True),
        sa.Column("transaction_id", sa.String(144), primary_key=True),
        sa.Column("output_index", sa.Integer, primary_key=True, autoincrement=False),
    )
    op.create_index(
        "account_to_state_refs_transaction_id_output_index_idx",
        "account_to_state_refs",
        ["transaction_id", "output_index"],
    )
