"""Making a development network on this machine (Corda's NetworkBootstrapper).

Everything is built beside the target directory and renamed to it at the end; when a part fails,
the rest is removed, databases and roles included.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from corda_sim.core.crypto.crypto import generate_key_pair, load_private_key
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.network import (
    DEFAULT_MAX_MESSAGE_SIZE,
    DEFAULT_MAX_TRANSACTION_SIZE,
    NetworkParameters,
    NotaryInfo,
    SignedNetworkParameters,
    SignedNodeInfo,
)
from corda_sim.core.serialization import serialize
from corda_sim.flow.cordapp import CordApp
from corda_sim.local.files import write_private
from corda_sim.node.certificates import DevelopmentHierarchy, Entropy
from corda_sim.node.config import NotaryConfig, ValidatorConfig
from corda_sim.node.cordapps import build_signed_archives, contract_packages, installed_cordapps
from corda_sim.node.manifest import ManifestNode, NetworkManifest, write_manifest
from corda_sim.node.network_databases import NetworkDatabases, NodeDatabases, node_branches
from corda_sim.node.network_errors import DirectoryNotEmptyException, NetworkCreationException
from corda_sim.node.network_nodes import NodeMaker, NodePlan, party_of
from corda_sim.node.network_parameters import PARAMETERS_FILE
from corda_sim.node.network_plan import (
    DEFAULT_PARTIES,
    DEFAULT_VALIDATOR_ALLOW,
    NOTARY_LABEL,
    NOTARY_SERVICE_NAME,
    NotaryKind,
    PlannedNode,
    broker_choice,
    check_notary_workers,
    database_choice,
    free_ports,
    p2p_choice,
    plan_nodes,
    tcp_address,
)
from corda_sim.node.node_files import CERTIFICATES
from corda_sim.node.node_infos import ADDITIONAL_NODE_INFOS, node_info_file_name

AUTHORITY_DIR: Final = "development-ca"
PASSWORD_FILE: Final = "password"  # noqa: S105 - a file name
MINIMUM_PLATFORM_VERSION: Final = 4


@dataclass(frozen=True, slots=True)
class NotarySeat:
    """A notary worker just made, for the notary's own set-up (its first, empty, signed head).

    `node_dir` is where the node is being made: write there, and keep no absolute path.
    """

    node_dir: Path
    worker: str
    service: KeyPair

    @property
    def certificates(self) -> Path:
        """The folder of its keys."""
        return self.node_dir / CERTIFICATES


@dataclass(frozen=True, slots=True)
class NetworkRequest:
    """What to make. `databases`, `brokers` and `p2p` are bare values for all, or `NAME=VALUE`."""

    parties: Sequence[str] = DEFAULT_PARTIES
    notary: NotaryKind = "validating"
    databases: Sequence[str] = ()
    brokers: Sequence[str] = ()
    p2p: Sequence[str] = ()
    """How nodes without a broker reach each other: `unix`, `tcp` or `tcp:HOST` (mutual TLS)."""
    validator: bool = True
    outsider: bool = True
    validator_allow: Sequence[str] = DEFAULT_VALIDATOR_ALLOW
    cordapps: Sequence[CordApp] | None = None
    """Those installed, when not given."""
    notary_workers: int = 1
    """More than one needs PostgreSQL and RabbitMQ."""


def create_network(
    directory: Path,
    request: NetworkRequest,
    set_up_notary: Callable[[NotarySeat], None],
    *,
    entropy: Entropy = os.urandom,
    now: datetime | None = None,
) -> NetworkManifest:
    """Make the network in `directory`, which must not exist or be empty.

    Raises `DirectoryNotEmptyException`, other `NetworkCreationException`s, and what building the
    CorDapp archives or the migrations raise. Nothing is left behind then.
    """
    target = Path(os.path.abspath(directory))  # noqa: PTH100 - a symlink stays what it is
    _require_empty(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.name}.{entropy(6).hex()}")
    scratch.mkdir(mode=0o700)
    maker = _Maker(target, scratch, request, set_up_notary, entropy, now or datetime.now(UTC))
    try:
        manifest = maker.make()
        scratch.rename(target)
    except BaseException as failure:
        shutil.rmtree(scratch, ignore_errors=True)
        maker.undo()
        if isinstance(failure, OSError):
            raise NetworkCreationException(f"can't make {target}: {failure}") from failure
        raise
    return manifest


@dataclass(slots=True)
class _Maker:
    target: Path
    scratch: Path
    request: NetworkRequest
    set_up_notary: Callable[[NotarySeat], None]
    entropy: Entropy
    now: datetime
    databases: NetworkDatabases | None = field(default=None, init=False)

    def make(self) -> NetworkManifest:
        hierarchy = DevelopmentHierarchy.create(self.now, self.entropy)
        service = hierarchy.service(NOTARY_SERVICE_NAME, self.now)
        maker = NodeMaker(hierarchy, service, self.entropy, self.now)
        self.databases, plans = self._plan()
        infos = [maker.make(plan) for plan in plans]
        parameters = self._parameters(maker)
        self._distribute(plans, infos, parameters)
        self._store_authority(hierarchy)
        apps = installed_cordapps() if self.request.cordapps is None else self.request.cordapps
        self._install(plans, apps)
        branches = node_branches(branch for app in apps for branch in app.migrations)
        for plan in plans:
            self.databases.migrate(plan.work_dir, plan.databases, branches)
            if plan.notary is not None:
                key = load_private_key(service.pkcs8)
                self.set_up_notary(NotarySeat(plan.work_dir, str(plan.node.name), key))
        return self._write_manifest(plans, self.databases)

    def undo(self) -> None:
        if self.databases is not None:
            self.databases.undo()

    def _plan(self) -> tuple[NetworkDatabases, list[NodePlan]]:
        request = self.request
        nodes = plan_nodes(
            request.parties,
            validator=request.validator,
            outsider=request.outsider,
            notary_workers=request.notary_workers,
        )
        labels = [node.label for node in nodes]
        brokers = broker_choice(request.brokers, labels)
        choice = database_choice(request.databases, labels)
        check_notary_workers(nodes, choice, brokers)
        p2p = p2p_choice(request.p2p, labels, brokers)
        databases = self.databases = NetworkDatabases(choice, self.entropy)
        plans = []
        ports = free_ports(2 * len(nodes), self.entropy)
        for node, rpc_port, p2p_port in zip(nodes, ports[::2], ports[1::2], strict=True):
            plan = self._plan_node(node, nodes, rpc_port, databases.of(node))
            broker = brokers.of(_seat(node)).removeprefix("embedded")
            tcp = tcp_address(p2p.of(node.label), p2p_port)
            plans.append(replace(plan, broker=broker, tcp=tcp))
        return databases, plans

    def _plan_node(
        self,
        node: PlannedNode,
        nodes: Sequence[PlannedNode],
        rpc_port: int,
        databases: NodeDatabases,
    ) -> NodePlan:
        validator = None
        if node.role == "validator":
            validator = ValidatorConfig(allow=tuple(self.request.validator_allow))
        notary = self._notary(nodes, databases) if databases.ledger is not None else None
        return NodePlan(
            node=node,
            final_dir=self.target / node.label,
            work_dir=self.scratch / node.label,
            rpc_port=rpc_port,
            databases=databases,
            notary=notary,
            validator=validator,
        )

    def _notary(self, nodes: Sequence[PlannedNode], databases: NodeDatabases) -> NotaryConfig:
        validators = tuple(node.name for node in nodes if node.role == "validator")
        parties = tuple(node.name for node in nodes if node.role == "party")
        return NotaryConfig(
            validating=self.request.notary == "validating",
            service_legal_name=NOTARY_SERVICE_NAME,
            witnesses=validators + parties,
            data_source_properties=databases.ledger or databases.node,
        )

    def _parameters(self, maker: NodeMaker) -> SignedNetworkParameters:
        validating = self.request.notary == "validating"
        parameters = NetworkParameters(
            minimum_platform_version=MINIMUM_PLATFORM_VERSION,
            notaries=(NotaryInfo(party_of(maker.service), validating),),
            max_message_size=DEFAULT_MAX_MESSAGE_SIZE,
            max_transaction_size=DEFAULT_MAX_TRANSACTION_SIZE,
            modified_time=self.now.replace(microsecond=0),
            epoch=1,
        )
        signer = maker.hierarchy.parameters
        key_pair = load_private_key(signer.pkcs8)
        return SignedNetworkParameters.sign(parameters, key_pair, tuple(reversed(signer.path)))

    def _distribute(
        self,
        plans: Sequence[NodePlan],
        infos: Sequence[SignedNodeInfo],
        parameters: SignedNetworkParameters,
    ) -> None:
        for plan in plans:
            (plan.work_dir / PARAMETERS_FILE).write_bytes(serialize(parameters))
            directory = plan.work_dir / ADDITIONAL_NODE_INFOS
            directory.mkdir()
            for info in infos:
                (directory / node_info_file_name(info)).write_bytes(serialize(info))

    def _store_authority(self, hierarchy: DevelopmentHierarchy) -> None:
        directory, password = self.scratch / AUTHORITY_DIR, self.entropy(16).hex()
        directory.mkdir(mode=0o700)
        write_private(directory / PASSWORD_FILE, password.encode())
        hierarchy.store(directory, password)

    def _install(self, plans: Sequence[NodePlan], apps: Sequence[CordApp]) -> None:
        signer = generate_key_pair(DEFAULT_SIGNATURE_SCHEME, self.entropy(32))
        archives = build_signed_archives(contract_packages(apps), signer)
        for plan in plans:
            for archive in archives:
                archive.write(plan.work_dir)

    def _write_manifest(
        self, plans: Sequence[NodePlan], databases: NetworkDatabases
    ) -> NetworkManifest:
        manifest = NetworkManifest(
            notary=NOTARY_SERVICE_NAME,
            validating=self.request.notary == "validating",
            shared_broker=_is_broker_shared(plans),
            nodes=tuple(_manifest_node(plan) for plan in plans),
            postgres=databases.provisioned(),
        )
        write_manifest(self.scratch, manifest)
        return manifest


def _seat(node: PlannedNode) -> str:
    """Whose broker a node uses: all workers of the notary are one party there."""
    return NOTARY_LABEL if node.role == "notary" else node.label


def _is_broker_shared(plans: Iterable[NodePlan]) -> bool:
    brokers = {_seat(plan.node): plan.broker for plan in plans if plan.broker}
    return len(brokers) > len(set(brokers.values()))


def _manifest_node(plan: NodePlan) -> ManifestNode:
    node = plan.node
    return ManifestNode(
        name=node.label, legal_name=node.name, dir=node.label, role=node.role, rpc=plan.rpc_address
    )


def _require_empty(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise DirectoryNotEmptyException(target)
    if target.is_dir() and any(target.iterdir()):
        raise DirectoryNotEmptyException(target)
