"""Cash states (Corda's CashSchemaV1, and the owner's key)."""

import sqlalchemy as sa
from alembic import op

revision = "cash_0001"
down_revision: str | None = None
branch_labels: tuple[str, ...] | None = ("cash",)
depends_on: str | None = None

TABLES = ("contract_cash_states",)


def upgrade() -> None:
    """Create the tables."""
    _create_contract_cash_states()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_contract_cash_states() -> None:
    op.create_table(
        "contract_cash_states",
        sa.Column("transaction_id", sa.String(144), primary_key=True),
        sa.Column("output_index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("owner_name", sa.String(255)),
        sa.Column("owner_key_hash", sa.String(130), nullable=False),
        sa.Column("pennies", sa.BigInteger, nullable=False),
        sa.Column("ccy_code", sa.String(32), nullable=False),
        sa.Column("issuer_key_hash", sa.String(130), nullable=False),
        sa.Column("issuer_ref", sa.LargeBinary(512), nullable=False),
    )
    op.create_index("contract_cash_states_ccy_code_idx", "contract_cash_states", ["ccy_code"])
    op.create_index("contract_cash_states_pennies_idx", "contract_cash_states", ["pennies"])
    op.create_index(
        "contract_cash_states_owner_key_hash_idx", "contract_cash_states", ["owner_key_hash"]
    )
