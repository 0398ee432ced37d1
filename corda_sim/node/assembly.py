"""Putting a node's services together over its database."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.crypto.crypto import load_private_key
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.identity import Party
from corda_sim.core.network import NetworkParameters
from corda_sim.core.settings_errors import ConfigurationException
from corda_sim.core.write_batch import Row, WriteBatch
from corda_sim.flow.context import StagedStep
from corda_sim.flow.cordapp import CordApp
from corda_sim.flow.registry import FlowRegistry
from corda_sim.node.attachments import AttachmentStorage
from corda_sim.node.certificates import NodeCertificates, is_development_root
from corda_sim.node.checkpoints import CheckpointStorage
from corda_sim.node.config import CONFIG_FILE, NodeConfiguration
from corda_sim.node.fresh_keys import FRESH_ROOT_FILE, FreshKeyRoot
from corda_sim.node.identity_service import IdentityService
from corda_sim.node.keys import KeyManagementService
from corda_sim.node.services import ServiceHub
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.schema import metadata
from corda_sim.node.transactions import CACHE_BYTES, TransactionStorage
from corda_sim.node.vault.service import VaultService


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """Who the node is: its party, its own key and that of the service it is a member of, if any.

    `root` is the root of its fresh keys.
    """

    party: Party
    own: KeyPair
    root: FreshKeyRoot
    service: KeyPair | None = None

    @property
    def keys(self) -> tuple[KeyPair, ...]:
        """What it signs with, fresh keys apart."""
        return (self.own,) if self.service is None else (self.own, self.service)


def check_mode(config: NodeConfiguration, node_dir: Path, trust_root: bytes) -> None:
    """Outside development no node trusts a root that `network create` made.

    Raises: `ConfigurationException`.
    """
    if not config.dev_mode and is_development_root(trust_root):
        problem = "devMode: false, but the trust store holds a development root"
        raise ConfigurationException(node_dir / CONFIG_FILE, [problem])


def load_identity(config: NodeConfiguration, certificates: Path) -> NodeIdentity:
    """The identity in the node's key stores. Raises `KeyStoreException`."""
    password = config.key_store_password
    entries = NodeCertificates.load(certificates, password)
    own = load_private_key(entries.identity.pkcs8)
    service = None if entries.service is None else load_private_key(entries.service.pkcs8)
    root = FreshKeyRoot.load(certificates / FRESH_ROOT_FILE, password)
    return NodeIdentity(Party(config.my_legal_name, own.public), own, root, service)


@dataclass(frozen=True, slots=True)
class TableRows:
    """Whole tables as rows, for services that load themselves at start."""

    storage: SqlStorage

    def rows(self, table: str) -> Iterable[Row]:
        """All rows of a table."""
        for row in self.storage.stream(select(metadata.tables[table])):
            yield dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def build_hub(  # noqa: PLR0913 - each is one neighbour
    storage: SqlStorage,
    identity: NodeIdentity,
    parameters: NetworkParameters,
    attachments: Iterable[ContractAttachment],
    well_known: Iterable[Party],
    batch: WriteBatch,
    *,
    clock: Callable[[], int],
    entropy: Callable[[int], bytes],
    cache_bytes: int = CACHE_BYTES,
) -> ServiceHub:
    """The services over `storage`; `batch` gets the rows of what the database doesn't know yet.

    `cache_bytes` of transactions stay in memory.
    """
    tables = TableRows(storage)
    identities = IdentityService()
    identities.load(tables)
    for party in well_known:
        if identities.well_known_party_from_x500_name(party.name) != party:
            identities.register_identity(batch, party, ())
    keys = KeyManagementService(identity.party, identity.keys, identity.root, identities)
    keys.load(tables.rows("node_our_key_pairs"))
    transactions = TransactionStorage(storage, clock, cache_bytes=cache_bytes)
    vault = VaultService(storage, keys, clock, transactions)
    vault.load()
    attachment_storage = AttachmentStorage(storage, attachments, clock)
    attachment_storage.install(StagedStep(None, batch))
    return ServiceHub(
        our_identity=identity.party,
        network_parameters=parameters,
        identities=identities,
        keys=keys,
        transactions=transactions,
        attachments=attachment_storage,
        vault=vault,
        checkpoints=CheckpointStorage(storage),
        clock=clock,
        entropy=entropy,
    )


def registry_of(apps: Iterable[CordApp]) -> FlowRegistry:
    """The flows of all CorDapps."""
    registry = FlowRegistry()
    for app in apps:
        for flow in app.flows:
            registry.register(flow, app.name)
    return registry
