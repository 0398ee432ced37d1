"""Identities and keys."""

import sqlalchemy as sa
from alembic import op

revision = "node_0004"
down_revision: str | None = "node_0003"
branch_labels: tuple[str, ...] | None = None
depends_on: str | None = None

TABLES = (
    "node_identities",
    "node_identities_no_cert",
    "node_named_identities",
    "node_hash_to_key",
    "node_our_key_pairs",
    "pk_hash_to_ext_id_map",
)


def upgrade() -> None:
    """Create the tables."""
    _create_node_identities()
    _create_node_identities_no_cert()
    _create_node_named_identities()
    _create_node_hash_to_key()
    _create_node_our_key_pairs()
    _create_pk_hash_to_ext_id_map()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_node_identities() -> None:
    op.create_table(
        "node_identities",
        sa.Column("pk_hash", sa.String(130), primary_key=True),
        sa.Column("identity_value", sa.LargeBinary, nullable=False),
    )


def _create_node_identities_no_cert() -> None:
    op.create_table(
        "node_identities_no_cert",
        sa.Column("pk_hash", sa.String(130), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("owning_pk_hash", sa.String(130)),
    )
    op.create_index("node_identities_no_cert_name_idx", "node_identities_no_cert", ["name"])


def _create_node_named_identities() -> None:
    op.create_table(
        "node_named_identities",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("pk_hash", sa.String(130), nullable=False),
    )


def _create_node_hash_to_key() -> None:
    op.create_table(
        "node_hash_to_key",
        sa.Column("pk_hash", sa.String(130), primary_key=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
    )


def _create_node_our_key_pairs() -> None:
    op.create_table(
        "node_our_key_pairs",
        sa.Column("public_key_hash", sa.String(130), primary_key=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("private_key", sa.LargeBinary, nullable=False),
        sa.Column("scheme_code_name", sa.String(50), nullable=False),
        sa.Column("derivation_account", sa.String(36)),
        sa.Column("derivation_counter", sa.BigInteger),
        sa.UniqueConstraint(
            "derivation_account",
            "derivation_counter",
            name="node_our_key_pairs_derivation_account_derivation_counter_key",
        ),
    )


def _create_pk_hash_to_ext_id_map() -> None:
    op.create_table(
        "pk_hash_to_ext_id_map",
        sa.Column("public_key_hash", sa.String(130), primary_key=True),
        sa.Column("external_id", sa.String(36), nullable=False),
    )
    op.create_index(
        "pk_hash_to_ext_id_map_external_id_idx", "pk_hash_to_ext_id_map", ["external_id"]
    )
