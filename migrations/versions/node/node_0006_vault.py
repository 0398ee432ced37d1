"""Vault states and the parties to them."""

import sqlalchemy as sa
from alembic import op

revision = "node_0006"
down_revision: str | None = "node_0005"
branch_labels: tuple[str, ...] | None = None
depends_on: str | None = None

TABLES = (
    "vault_states",
    "vault_linear_states",
    "vault_linear_states_parts",
    "vault_fungible_states",
    "vault_fungible_states_parts",
    "vault_transaction_notes",
    "state_party",
)


# Corda's view: which account (external id) a state belongs to, by the keys that take part in it.
_EXTERNAL_ID_VIEW = """
CREATE VIEW v_pkey_hash_ex_id_map AS
SELECT state_party.transaction_id, state_party.output_index,
       state_party.public_key_hash, pk_hash_to_ext_id_map.external_id
FROM state_party
JOIN pk_hash_to_ext_id_map
  ON state_party.public_key_hash = pk_hash_to_ext_id_map.public_key_hash
"""


def upgrade() -> None:
    """Create the tables."""
    _create_vault_states()
    _create_vault_linear_states()
    _create_vault_linear_states_parts()
    _create_vault_fungible_states()
    _create_vault_fungible_states_parts()
    _create_vault_transaction_notes()
    _create_state_party()
    op.execute(_EXTERNAL_ID_VIEW)


def downgrade() -> None:
    """Drop the tables."""
    op.execute("DROP VIEW v_pkey_hash_ex_id_map")
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_vault_states() -> None:
    op.create_table(
        "vault_states",
        sa.Column("transaction_id", sa.String(144), primary_key=True),
        sa.Column("output_index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("notary_name", sa.String(255), nullable=False),
        sa.Column("contract_state_class_name", sa.String(255), nullable=False),
        sa.Column("state_status", sa.Integer, nullable=False),
        sa.Column("recorded_timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consumed_timestamp", sa.DateTime(timezone=True)),
        sa.Column("lock_id", sa.String(36)),
        sa.Column("lock_timestamp", sa.DateTime(timezone=True)),
        sa.Column("relevancy_status", sa.Integer, nullable=False),
        sa.Column("constraint_type", sa.Integer, nullable=False),
        sa.Column("constraint_data", sa.LargeBinary),
    )
    op.create_index(
        "lock_id_idx",
        "vault_states",
        ["lock_id"],
        sqlite_where=sa.text("lock_id IS NOT NULL"),
        postgresql_where=sa.text("lock_id IS NOT NULL"),
    )
    op.create_index(
        "state_status_idx", "vault_states", ["state_status", "contract_state_class_name"]
    )
    op.create_index("vault_states_recorded_timestamp_idx", "vault_states", ["recorded_timestamp"])


def _create_vault_linear_states() -> None:
    op.create_table(
        "vault_linear_states",
        sa.Column("transaction_id", sa.String(144), primary_key=True),
        sa.Column("output_index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("external_id", sa.String(255)),
        sa.Column("uuid", sa.String(36), nullable=False),
    )
    op.create_index("vault_linear_states_external_id_idx", "vault_linear_states", ["external_id"])
    op.create_index("vault_linear_states_uuid_idx", "vault_linear_states", ["uuid"])


def _create_vault_linear_states_parts() -> None:
    op.create_table(
        "vault_linear_states_parts",
        sa.Column("transaction_id", sa.String(144), primary_key=True),
        sa.Column("output_index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("participants", sa.String(255), primary_key=True),
    )
    op.create_index(
        "vault_linear_states_parts_participants_idx", "vault_linear_states_parts", ["participants"]
    )


def _create_vault_fungible_states() -> None:
    op.create_table(
        "vault_fungible_states",
        sa.Column("transaction_id", sa.String(144), primary_key=True),
        sa.Column("output_index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("owner_name", sa.String(255)),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("issuer_name", sa.String(255)),
        sa.Column("issuer_ref", sa.LargeBinary(512)),
    )
    op.create_index(
        "vault_fungible_states_issuer_name_idx", "vault_fungible_states", ["issuer_name"]
    )


def _create_vault_fungible_states_parts() -> None:
    op.create_table(
        "vault_fungible_states_parts",
        sa.Column("transaction_id", sa.String(144), primary_key=True),
        sa.Column("output_index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("participants", sa.String(255), primary_key=True),
    )
    op.create_index(
        "vault_fungible_states_parts_participants_idx",
        "vault_fungible_states_parts",
        ["participants"],
    )


def _create_vault_transaction_notes() -> None:
    op.create_table(
        "vault_transaction_notes",
        sa.Column("seq_no", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("transaction_id", sa.String(144), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index(
        "vault_transaction_notes_transaction_id_idx", "vault_transaction_notes", ["transaction_id"]
    )


def _create_state_party() -> None:
    op.create_table(
        "state_party",
        sa.Column("transaction_id", sa.String(144), primary_key=True),
        sa.Column("output_index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("public_key_hash", sa.String(130), primary_key=True),
        sa.Column("x500_name", sa.String(255)),
    )
    op.create_index("state_party_public_key_hash_idx", "state_party", ["public_key_hash"])
    op.create_index("state_party_x500_name_idx", "state_party", ["x500_name"])
