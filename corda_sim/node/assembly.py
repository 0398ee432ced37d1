"""Putting a node's services together over its database."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import select

from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.identity import Party
from corda_sim.core.network import NetworkParameters
from corda_sim.core.write_batch import Row, WriteBatch
from corda_sim.flow.context import StagedStep
from corda_sim.flow.cordapp import AppServiceHub, CordApp
from corda_sim.flow.registry import FlowRegistry
from corda_sim.node.attachments import AttachmentStorage
from corda_sim.node.checkpoints import CheckpointStorage
from corda_sim.node.fresh_keys import FreshKeyRoot
from corda_sim.node.identity_service import IdentityService
from corda_sim.node.keys import KeyManagementService
from corda_sim.node.services import ServiceHub
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.schema import metadata
from corda_sim.node.transactions import TransactionStorage
from corda_sim.node.vault.service import VaultService


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """Who the node is: its party, the keys it signs with, and the root of its fresh keys."""

    party: Party
    keys: tuple[KeyPair, ...]
    root: FreshKeyRoot


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
) -> ServiceHub:
    """The services over `storage`; `batch` gets the rows of what the database doesn't know yet."""
    tables = TableRows(storage)
    identities = IdentityService()
    identities.load(tables)
    for party in well_known:
        if identities.well_known_party_from_x500_name(party.name) != party:
            identities.register_identity(batch, party, ())
    keys = KeyManagementService(identity.party, identity.keys, identity.root, identities)
    keys.load(tables.rows("node_our_key_pairs"))
    transactions = TransactionStorage(storage, clock)
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


def start_services(hub: ServiceHub, apps: Iterable[CordApp], app_hub: AppServiceHub) -> None:
    """Build the services of the CorDapps and tell each that the node starts."""
    for app in apps:
        for factory in app.services:
            service = factory(app_hub)
            if service is None:
                continue
            hub.cordapp_services[type(service)] = service
            start = getattr(service, "start", None)
            if start is not None:
                start()
