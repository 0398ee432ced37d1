"""Transactions, attachments, network parameters."""

import sqlalchemy as sa
from alembic import op

revision = "node_0001"
down_revision: str | None = None
branch_labels: tuple[str, ...] | None = ("node",)
depends_on: str | None = None

TABLES = (
    "node_transactions",
    "node_attachments",
    "node_attachments_contracts",
    "node_attachments_signers",
    "node_network_parameters",
)


def upgrade() -> None:
    """Create the tables."""
    _create_node_transactions()
    _create_node_attachments()
    _create_node_attachments_contracts()
    _create_node_attachments_signers()
    _create_node_network_parameters()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_node_transactions() -> None:
    op.create_table(
        "node_transactions",
        sa.Column("tx_id", sa.String(144), primary_key=True),
        sa.Column("transaction_value", sa.LargeBinary, nullable=False),
        sa.Column("state_machine_run_id", sa.String(36)),
        sa.Column("status", sa.String(1), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(
        "node_transactions_state_machine_run_id_idx", "node_transactions", ["state_machine_run_id"]
    )


def _create_node_attachments() -> None:
    op.create_table(
        "node_attachments",
        sa.Column("att_id", sa.String(255), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("filename", sa.String(255)),
        sa.Column("insertion_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploader", sa.String(255)),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    )


def _create_node_attachments_contracts() -> None:
    op.create_table(
        "node_attachments_contracts",
        sa.Column("att_id", sa.String(255), primary_key=True),
        sa.Column("contract_class_name", sa.String(255), primary_key=True),
    )
    op.create_index(
        "node_attachments_contracts_contract_class_name_idx",
        "node_attachments_contracts",
        ["contract_class_name"],
    )


def _create_node_attachments_signers() -> None:
    op.create_table(
        "node_attachments_signers",
        sa.Column("att_id", sa.String(255), primary_key=True),
        sa.Column("signer", sa.String(1024), primary_key=True),
    )


def _create_node_network_parameters() -> None:
    op.create_table(
        "node_network_parameters",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("parameters_bytes", sa.LargeBinary, nullable=False),
        sa.Column("signature_bytes", sa.LargeBinary, nullable=False),
        sa.Column("cert", sa.LargeBinary, nullable=False),
        sa.Column("parent_cert_path", sa.LargeBinary),
    )
    op.create_index("node_network_parameters_epoch_idx", "node_network_parameters", ["epoch"])
