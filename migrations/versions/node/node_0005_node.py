"""Network map, lease, properties, notary heads."""

import sqlalchemy as sa
from alembic import op

revision = "node_0005"
down_revision: str | None = "node_0004"
branch_labels: tuple[str, ...] | None = None
depends_on: str | None = None

TABLES = (
    "node_infos",
    "node_info_hosts",
    "node_link_nodeinfo_party",
    "node_properties",
    "node_mutual_exclusion",
    "node_notary_heads",
)


def upgrade() -> None:
    """Create the tables."""
    _create_node_infos()
    _create_node_info_hosts()
    _create_node_link_nodeinfo_party()
    _create_node_properties()
    _create_node_mutual_exclusion()
    _create_node_notary_heads()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_node_infos() -> None:
    op.create_table(
        "node_infos",
        sa.Column("node_info_hash", sa.String(64), primary_key=True),
        sa.Column("platform_version", sa.Integer, nullable=False),
        sa.Column("serial", sa.BigInteger, nullable=False),
        sa.Column("signed_node_info", sa.LargeBinary, nullable=False),
    )


def _create_node_info_hosts() -> None:
    op.create_table(
        "node_info_hosts",
        sa.Column("node_info_hash", sa.String(64), primary_key=True),
        sa.Column("host_name", sa.String(255), primary_key=True),
        sa.Column("port", sa.Integer, primary_key=True, autoincrement=False),
    )


def _create_node_link_nodeinfo_party() -> None:
    op.create_table(
        "node_link_nodeinfo_party",
        sa.Column("node_info_hash", sa.String(64), primary_key=True),
        sa.Column("party_name", sa.String(255), primary_key=True),
        sa.Column("owning_key_hash", sa.String(130), nullable=False),
        sa.Column("is_main", sa.Boolean, nullable=False),
    )
    op.create_index(
        "node_link_nodeinfo_party_owning_key_hash_idx",
        "node_link_nodeinfo_party",
        ["owning_key_hash"],
    )
    op.create_index(
        "node_link_nodeinfo_party_party_name_idx", "node_link_nodeinfo_party", ["party_name"]
    )


def _create_node_properties() -> None:
    op.create_table(
        "node_properties",
        sa.Column("property_key", sa.String(255), primary_key=True),
        sa.Column("property_value", sa.String(255)),
    )


def _create_node_mutual_exclusion() -> None:
    op.create_table(
        "node_mutual_exclusion",
        sa.Column("mutual_exclusion_id", sa.String(36), primary_key=True),
        sa.Column("machine_name", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("mutual_exclusion_timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("boot_id", sa.String(128), nullable=False),
        sa.Column("start_time", sa.BigInteger, nullable=False),
        sa.Column("boot_clock", sa.Float(53), nullable=False),
        sa.Column("backend_tag", sa.String(63), nullable=False),
        sa.Column("released", sa.Boolean, nullable=False),
    )


def _create_node_notary_heads() -> None:
    op.create_table(
        "node_notary_heads",
        sa.Column("worker", sa.String(255), primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
    )
