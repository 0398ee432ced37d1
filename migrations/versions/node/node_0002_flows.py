"""Flows: checkpoints, journal, messages, outcomes."""

import sqlalchemy as sa
from alembic import op

revision = "node_0002"
down_revision: str | None = "node_0001"
branch_labels: tuple[str, ...] | None = None
depends_on: str | None = None

TABLES = (
    "node_checkpoints",
    "node_flow_journal",
    "node_flow_messages",
    "node_flow_results",
    "node_flow_exceptions",
    "node_flow_metadata",
)


def upgrade() -> None:
    """Create the tables."""
    _create_node_checkpoints()
    _create_node_flow_journal()
    _create_node_flow_messages()
    _create_node_flow_results()
    _create_node_flow_exceptions()
    _create_node_flow_metadata()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_node_checkpoints() -> None:
    op.create_table(
        "node_checkpoints",
        sa.Column("flow_id", sa.String(64), primary_key=True),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("compatible", sa.Boolean, nullable=False),
        sa.Column("progress_step", sa.String(256)),
        sa.Column("flow_io_request", sa.String(128)),
        sa.Column("pending_sends", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("node_checkpoints_status_idx", "node_checkpoints", ["status"])


def _create_node_flow_journal() -> None:
    op.create_table(
        "node_flow_journal",
        sa.Column("flow_id", sa.String(64), primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


def _create_node_flow_messages() -> None:
    op.create_table(
        "node_flow_messages",
        sa.Column("session_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("flow_id", sa.String(64), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("node_flow_messages_flow_id_idx", "node_flow_messages", ["flow_id"])


def _create_node_flow_results() -> None:
    op.create_table(
        "node_flow_results",
        sa.Column("flow_id", sa.String(64), primary_key=True),
        sa.Column("result_value", sa.LargeBinary),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
    )


def _create_node_flow_exceptions() -> None:
    op.create_table(
        "node_flow_exceptions",
        sa.Column("flow_id", sa.String(64), primary_key=True),
        sa.Column("type", sa.String(256), nullable=False),
        sa.Column("exception_message", sa.Text),
        sa.Column("stack_trace", sa.Text, nullable=False),
        sa.Column("exception_value", sa.LargeBinary),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
    )


def _create_node_flow_metadata() -> None:
    op.create_table(
        "node_flow_metadata",
        sa.Column("flow_id", sa.String(64), primary_key=True),
        sa.Column("invocation_id", sa.String(128), nullable=False),
        sa.Column("flow_name", sa.String(256), nullable=False),
        sa.Column("flow_identifier", sa.String(512)),
        sa.Column("started_type", sa.Integer, nullable=False),
        sa.Column("flow_parameters", sa.LargeBinary, nullable=False),
        sa.Column("cordapp_name", sa.String(128), nullable=False),
        sa.Column("platform_version", sa.Integer, nullable=False),
        sa.Column("started_by", sa.String(255), nullable=False),
        sa.Column("invocation_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finish_time", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "node_flow_metadata_flow_identifier_idx", "node_flow_metadata", ["flow_identifier"]
    )
