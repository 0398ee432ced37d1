"""Which database each node of a new network gets, and its tables."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from corda_sim.local.files import write_private
from corda_sim.node.certificates import Entropy
from corda_sim.node.config import DataSourceProperties
from corda_sim.node.manifest import ProvisionedPostgres
from corda_sim.node.network_errors import NetworkCreationException
from corda_sim.node.network_plan import NOTARY_LABEL, Choice, PlannedNode
from corda_sim.node.provision import NotaryDatabase, PostgresProvisioner, restrict_worker
from corda_sim.node.storage.migrate import NODE_BRANCHES, upgrade

NOTARY_OWNER_FILE: Final = "notary-database-owner"
"""In the notary's directory, on PostgreSQL: the URL of the role that may migrate its ledger."""
NOTARY_BRANCHES: Final = ("notary",)
_NODE_DEFAULT: Final = DataSourceProperties()
_LEDGER_DEFAULT: Final = DataSourceProperties(url="sqlite:///notary.db")


@dataclass(frozen=True, slots=True)
class NodeDatabases:
    """A node's own database, and for a notary that of its ledger with the owner's URL if any."""

    node: DataSourceProperties
    ledger: DataSourceProperties | None = None
    ledger_owner_url: str = field(default="", repr=False)


@dataclass(slots=True)
class NetworkDatabases:
    """Chooses, makes and migrates; from a bare PostgreSQL URL every node gets its own.

    The notary's workers share one ledger.
    """

    choice: Choice
    entropy: Entropy
    provisioner: PostgresProvisioner | None = None
    _ledger: NotaryDatabase | None = None

    def of(self, node: PlannedNode) -> NodeDatabases:
        """The databases of a node, made where needed. Raises `NetworkCreationException`."""
        url = self.choice.of(node.label)
        is_notary = node.role == "notary"
        if url == "sqlite":
            return NodeDatabases(_NODE_DEFAULT, _LEDGER_DEFAULT if is_notary else None)
        if url.startswith("postgresql://") and node.label not in self.choice.own:
            return self._provision(node, url)
        given = DataSourceProperties(url=url)
        ledger = given if url.startswith("postgresql://") else _LEDGER_DEFAULT
        return NodeDatabases(given, ledger if is_notary else None)

    def migrate(self, node_dir: Path, made: NodeDatabases, branches: Iterable[str]) -> None:
        """Create the tables. Raises what `upgrade` and PostgreSQL raise."""
        upgrade(made.node.resolve(node_dir), branches)
        if made.ledger is None:
            return
        if not made.ledger_owner_url:
            upgrade(made.ledger.resolve(node_dir), NOTARY_BRANCHES)
            return
        write_private(node_dir / NOTARY_OWNER_FILE, made.ledger_owner_url.encode())
        upgrade(made.ledger_owner_url, NOTARY_BRANCHES)
        restrict_worker(made.ledger_owner_url, made.ledger.url)

    def provisioned(self) -> ProvisionedPostgres | None:
        """What was made on a server, for the manifest."""
        made = self.provisioner
        if made is None:
            return None
        return ProvisionedPostgres(
            admin_url=made.admin_url, databases=tuple(made.databases), roles=tuple(made.roles)
        )

    def undo(self) -> None:
        """Drop what was made; a server that is gone keeps it."""
        if self.provisioner is not None:
            with suppress(NetworkCreationException):
                self.provisioner.undo()

    def _provision(self, node: PlannedNode, admin_url: str) -> NodeDatabases:
        if self.provisioner is None:
            prefix = f"csim_{self.entropy(4).hex()}"
            self.provisioner = PostgresProvisioner(admin_url, prefix, self.entropy)
        own = DataSourceProperties(url=self.provisioner.node_database(node.label))
        if node.role != "notary":
            return NodeDatabases(own)
        if self._ledger is None:
            self._ledger = self.provisioner.notary_database(NOTARY_LABEL)
        worker = DataSourceProperties(url=self._ledger.worker_url)
        return NodeDatabases(own, worker, self._ledger.owner_url)


def node_branches(extra: Iterable[str]) -> list[str]:
    """The migrations of a node's database: the node's, then those of its CorDapps."""
    wanted = dict.fromkeys((*NODE_BRANCHES, *extra))
    return [branch for branch in wanted if branch not in NOTARY_BRANCHES]
