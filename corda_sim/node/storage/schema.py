"""Every table of a node's database, with Corda's table and column names.

Source: Corda's Liquibase change logs and JPA entities (`node_` prefix of `NODE_DATABASE_PREFIX`).
Transaction ids are upper-case hex strings, key hashes `toStringShort` strings, instants UTC.

Two tables replace Corda's `node_checkpoint_blobs`: a checkpoint is the journal of what the flow saw
(`node_flow_journal`) and its session messages (`node_flow_messages`). `node_session_inits`,
`node_outbox`, `node_notary_heads` and `node_commit_log` have no counterpart in Corda.

Alembic creates these tables (`migrations/versions/node`). CorDapps' tables have their own branches.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from corda_sim.local.databases import Instant

TX_ID: Final = String(144)
KEY_HASH: Final = String(130)
FLOW_ID: Final = String(64)
MESSAGE_ID: Final = String(64)
NAME: Final = String(255)
AUTO_KEY: Final = BigInteger().with_variant(Integer, "sqlite")

NAMING: Final = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "pk": "%(table_name)s_pkey",
}

metadata = MetaData(naming_convention=NAMING)


def _state_ref() -> tuple[Column[str], Column[int]]:
    return (
        Column("transaction_id", TX_ID, primary_key=True),
        Column("output_index", Integer, primary_key=True, autoincrement=False),
    )


# --- ledger ------------------------------------------------------------------------------------

node_transactions = Table(
    "node_transactions",
    metadata,
    Column("tx_id", TX_ID, primary_key=True),
    Column("transaction_value", LargeBinary, nullable=False),
    Column("state_machine_run_id", String(36), index=True),
    Column("status", String(1), nullable=False),
    Column("timestamp", Instant, nullable=False),
)

node_attachments = Table(
    "node_attachments",
    metadata,
    Column("att_id", String(255), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("filename", String(255)),
    Column("insertion_date", Instant, nullable=False),
    Column("uploader", String(255)),
    Column("version", Integer, nullable=False, server_default=text("1")),
)

node_attachments_contracts = Table(
    "node_attachments_contracts",
    metadata,
    Column("att_id", String(255), primary_key=True),
    Column("contract_class_name", NAME, primary_key=True, index=True),
)

node_attachments_signers = Table(
    "node_attachments_signers",
    metadata,
    Column("att_id", String(255), primary_key=True),
    Column("signer", String(1024), primary_key=True),
)

node_network_parameters = Table(
    "node_network_parameters",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("epoch", Integer, nullable=False, index=True),
    Column("parameters_bytes", LargeBinary, nullable=False),
    Column("signature_bytes", LargeBinary, nullable=False),
    Column("cert", LargeBinary, nullable=False),
    Column("parent_cert_path", LargeBinary),
)

# --- flows -------------------------------------------------------------------------------------

node_checkpoints = Table(
    "node_checkpoints",
    metadata,
    Column("flow_id", FLOW_ID, primary_key=True),
    Column("status", Integer, nullable=False, index=True),
    Column("compatible", Boolean, nullable=False),
    Column("progress_step", String(256)),
    Column("flow_io_request", String(128)),
    Column("pending_sends", Boolean, nullable=False, server_default=false()),
    Column("timestamp", Instant, nullable=False),
)

node_flow_journal = Table(
    "node_flow_journal",
    metadata,
    Column("flow_id", FLOW_ID, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

node_flow_messages = Table(
    "node_flow_messages",
    metadata,
    Column("session_id", BigInteger, primary_key=True, autoincrement=False),
    Column("flow_id", FLOW_ID, primary_key=True, index=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

node_flow_results = Table(
    "node_flow_results",
    metadata,
    Column("flow_id", FLOW_ID, primary_key=True),
    Column("result_value", LargeBinary),
    Column("timestamp", Instant, nullable=False),
)

node_flow_exceptions = Table(
    "node_flow_exceptions",
    metadata,
    Column("flow_id", FLOW_ID, primary_key=True),
    Column("type", String(256), nullable=False),
    Column("exception_message", Text),
    Column("stack_trace", Text, nullable=False),
    Column("exception_value", LargeBinary),
    Column("timestamp", Instant, nullable=False),
)

node_flow_metadata = Table(
    "node_flow_metadata",
    metadata,
    Column("flow_id", FLOW_ID, primary_key=True),
    Column("invocation_id", String(128), nullable=False),
    Column("flow_name", String(256), nullable=False),
    Column("flow_identifier", String(512), index=True),
    Column("started_type", Integer, nullable=False),
    Column("flow_parameters", LargeBinary, nullable=False),
    Column("cordapp_name", String(128), nullable=False),
    Column("platform_version", Integer, nullable=False),
    Column("started_by", String(255), nullable=False),
    Column("invocation_time", Instant, nullable=False),
    Column("start_time", Instant, nullable=False),
    Column("finish_time", Instant),
)

# --- messages ----------------------------------------------------------------------------------

node_message_ids = Table(
    "node_message_ids",
    metadata,
    Column("message_id", MESSAGE_ID, primary_key=True),
    Column("insertion_time", Instant, nullable=False, index=True),
    Column("sender", String(255)),
    Column("sequence_number", BigInteger),
    sqlite_with_rowid=False,
)

node_session_inits = Table(
    "node_session_inits",
    metadata,
    Column("message_id", MESSAGE_ID, primary_key=True),
    Column("sender", String(255), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("insertion_time", Instant, nullable=False),
)

node_outbox = Table(
    "node_outbox",
    metadata,
    Column("message_id", MESSAGE_ID, primary_key=True),
    Column("recipient", String(255), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("insertion_time", Instant, nullable=False),
    Column("session_id", BigInteger),
)

# --- identities and keys -----------------------------------------------------------------------

node_identities = Table(
    "node_identities",
    metadata,
    Column("pk_hash", KEY_HASH, primary_key=True),
    Column("identity_value", LargeBinary, nullable=False),
)

node_identities_no_cert = Table(
    "node_identities_no_cert",
    metadata,
    Column("pk_hash", KEY_HASH, primary_key=True),
    Column("name", NAME, nullable=False, index=True),
    Column("owning_pk_hash", KEY_HASH),
)

node_named_identities = Table(
    "node_named_identities",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("pk_hash", KEY_HASH, nullable=False),
)

node_hash_to_key = Table(
    "node_hash_to_key",
    metadata,
    Column("pk_hash", KEY_HASH, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
)

node_our_key_pairs = Table(
    "node_our_key_pairs",
    metadata,
    Column("public_key_hash", KEY_HASH, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("private_key", LargeBinary, nullable=False),  # encrypted at rest
    Column("scheme_code_name", String(50), nullable=False),
    # Where the key stands under the sealed root; both null for keys that were imported.
    Column("derivation_account", String(36)),
    Column("derivation_counter", BigInteger),
    UniqueConstraint("derivation_account", "derivation_counter"),
)

pk_hash_to_ext_id_map = Table(
    "pk_hash_to_ext_id_map",
    metadata,
    Column("public_key_hash", KEY_HASH, primary_key=True),
    Column("external_id", String(36), nullable=False, index=True),
)

# --- network map, node -------------------------------------------------------------------------

node_infos = Table(
    "node_infos",
    metadata,
    Column("node_info_hash", String(64), primary_key=True),
    Column("platform_version", Integer, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("signed_node_info", LargeBinary, nullable=False),
)

node_info_hosts = Table(
    "node_info_hosts",
    metadata,
    Column("node_info_hash", String(64), primary_key=True),
    Column("host_name", String(255), primary_key=True),
    Column("port", Integer, primary_key=True, autoincrement=False),
)

node_link_nodeinfo_party = Table(
    "node_link_nodeinfo_party",
    metadata,
    Column("node_info_hash", String(64), primary_key=True),
    Column("party_name", NAME, primary_key=True, index=True),
    Column("owning_key_hash", KEY_HASH, nullable=False, index=True),
    Column("is_main", Boolean, nullable=False),
)

node_properties = Table(
    "node_properties",
    metadata,
    Column("property_key", String(255), primary_key=True),
    Column("property_value", String(255)),
)

node_mutual_exclusion = Table(
    "node_mutual_exclusion",
    metadata,
    Column("mutual_exclusion_id", String(36), primary_key=True),
    Column("machine_name", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("mutual_exclusion_timestamp", Instant, nullable=False),
    Column("version", BigInteger, nullable=False),  # the epoch: each holder's is one higher
    # Which process of which boot holds it, and how its database sessions are told apart.
    Column("boot_id", String(128), nullable=False),
    Column("start_time", BigInteger, nullable=False),
    Column("boot_clock", Float(53), nullable=False),
    Column("backend_tag", String(63), nullable=False),
    Column("released", Boolean, nullable=False),
)

node_commit_log = Table(
    "node_commit_log",
    metadata,
    Column("sequence", AUTO_KEY, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
)

node_notary_heads = Table(
    "node_notary_heads",
    metadata,
    Column("worker", NAME, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
)

# --- vault -------------------------------------------------------------------------------------

vault_states = Table(
    "vault_states",
    metadata,
    *_state_ref(),
    Column("notary_name", NAME, nullable=False),
    Column("contract_state_class_name", NAME, nullable=False),
    Column("state_status", Integer, nullable=False),
    Column("recorded_timestamp", Instant, nullable=False, index=True),
    Column("consumed_timestamp", Instant),
    Column("lock_id", String(36)),
    Column("lock_timestamp", Instant),
    Column("relevancy_status", Integer, nullable=False),
    Column("constraint_type", Integer, nullable=False),
    Column("constraint_data", LargeBinary),
    Index("state_status_idx", "state_status", "contract_state_class_name"),
    Index(
        "lock_id_idx",
        "lock_id",
        sqlite_where=text("lock_id IS NOT NULL"),
        postgresql_where=text("lock_id IS NOT NULL"),
    ),
)

vault_linear_states = Table(
    "vault_linear_states",
    metadata,
    *_state_ref(),
    Column("external_id", String(255), index=True),
    Column("uuid", String(36), nullable=False, index=True),
)

vault_linear_states_parts = Table(
    "vault_linear_states_parts",
    metadata,
    *_state_ref(),
    Column("participants", String(255), primary_key=True, index=True),
)

vault_fungible_states = Table(
    "vault_fungible_states",
    metadata,
    *_state_ref(),
    Column("owner_name", String(255)),
    Column("quantity", BigInteger, nullable=False),
    Column("issuer_name", String(255), index=True),
    Column("issuer_ref", LargeBinary(512)),
)

vault_fungible_states_parts = Table(
    "vault_fungible_states_parts",
    metadata,
    *_state_ref(),
    Column("participants", String(255), primary_key=True, index=True),
)

vault_transaction_notes = Table(
    "vault_transaction_notes",
    metadata,
    Column("seq_no", AUTO_KEY, primary_key=True),
    Column("transaction_id", TX_ID, nullable=False, index=True),
    Column("note", Text, nullable=False),
)

state_party = Table(
    "state_party",
    metadata,
    *_state_ref(),
    Column("public_key_hash", KEY_HASH, primary_key=True, index=True),
    Column("x500_name", NAME, index=True),
)

# A view is no table of Alembic's comparison, hence metadata of its own.
v_pkey_hash_ex_id_map = Table(
    "v_pkey_hash_ex_id_map",
    MetaData(),
    *_state_ref(),
    Column("public_key_hash", KEY_HASH, primary_key=True),
    Column("external_id", String(36), nullable=False),
)
