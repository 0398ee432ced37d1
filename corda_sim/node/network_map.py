"""Which nodes there are, how to reach them, and who the notaries are (NetworkMapCache)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import CordaError, DecodeError
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.network import NetworkParameters, NodeInfo, SignedNodeInfo
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.write_batch import Row, WriteBatch
from corda_sim.node.identity_service import IdentityService
from corda_sim.node.messaging.transport import PeerAddress
from corda_sim.node.network_errors import NodeInfoException
from corda_sim.node.node_infos import (
    ADDITIONAL_NODE_INFOS,
    NodeInfoRules,
    VerifiedNodeInfo,
    node_info_files,
)

POLL_INTERVAL_SECONDS: Final = 5.0
"""How often Corda looks into `additional-node-infos`."""

Stamp = tuple[int, int, int]


@dataclass(slots=True)
class MapChange:
    """What a look into the directory brought."""

    added: list[NodeInfo] = field(default_factory=list)
    modified: list[NodeInfo] = field(default_factory=list)
    removed: list[NodeInfo] = field(default_factory=list)
    rejected: list[CordaError] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.modified or self.removed)


class NetworkMapCache:
    """Verified node infos by name and key; also what messaging reads of the network (`Peers`).

    Memory changes at once, rows are staged: after a crash in between, the files are read again.
    """

    def __init__(
        self,
        node_dir: Path,
        trust_root: bytes,
        parameters: NetworkParameters,
        identities: IdentityService,
        clock: Callable[[], datetime],
    ) -> None:
        self.directory = node_dir / ADDITIONAL_NODE_INFOS
        self.parameters = parameters
        self._trust_root = trust_root
        self._identities = identities
        self._clock = clock
        self._nodes: dict[CordaX500Name, VerifiedNodeInfo] = {}
        self._by_text: dict[str, Party] = {}
        self._hosts: dict[PublicKey, list[CordaX500Name]] = {}
        self._files: dict[Path, tuple[Stamp, CordaX500Name | None]] = {}

    # --- keeping it up to date

    def load(self, rows: Iterable[Row], batch: WriteBatch) -> list[CordaError]:
        """Take in the rows of `node_infos` at start; returns why some were left out."""
        rejected: list[CordaError] = []
        for row in rows:
            try:
                self._add(self._rules().verify(_stored(row)), batch, MapChange())
            except CordaError as bad:
                rejected.append(bad)
        return rejected

    def poll(self, batch: WriteBatch) -> MapChange:
        """Look for new, changed and removed files; a bad one is reported once, without effect."""
        change = MapChange()
        present = set()
        for file in node_info_files(self.directory):
            present.add(file)
            self._look_at(file, batch, change)
        for file in set(self._files) - present:
            self._forget_file(file, batch, change)
        return change

    # --- nodes

    def all_nodes(self) -> list[NodeInfo]:
        """Every known node (`allNodes`)."""
        return [node.info for node in self._nodes.values()]

    def node_by_legal_name(self, name: CordaX500Name) -> NodeInfo | None:
        """The node whose first identity has that name (`getNodeByLegalName`)."""
        node = self._nodes.get(name)
        return node.info if node is not None else None

    def nodes_by_legal_identity_key(self, key: PublicKey) -> list[NodeInfo]:
        """The nodes that have that identity: several for a notary's service identity."""
        return [self._nodes[name].info for name in self._hosts.get(key, ())]

    def host_of(self, x500: str) -> VerifiedNodeInfo | None:
        """The node that takes packs for the identity of that canonical name."""
        key = self.key_of(x500)
        return None if key is None else self._host(key)

    def _host(self, key: PublicKey) -> VerifiedNodeInfo | None:
        hosts = self._hosts.get(key)
        return self._nodes[hosts[0]] if hosts else None

    # --- peers, as messaging sees them

    def key_of(self, x500: str) -> PublicKey | None:
        """The key of an identity, by its canonical name."""
        party = self._by_text.get(x500)
        return party.owning_key if party is not None else None

    def party_of(self, x500: str) -> Party | None:
        """The identity of that canonical name."""
        return self._by_text.get(x500)

    def address_of(self, party: Party) -> PeerAddress | None:
        """Where an identity takes packs; a service identity's are its first worker's broker."""
        host = self._host(party.owning_key)
        if host is None:
            return None
        return PeerAddress(str(party.name), party.owning_key.to_string_short(), host.endpoint)

    # --- notaries

    @property
    def notary_identities(self) -> tuple[Party, ...]:
        """The notaries of the network parameters, in their order."""
        return tuple(notary.identity for notary in self.parameters.notaries)

    def is_notary(self, party: Party) -> bool:
        """Whether the party is one of them."""
        return self.parameters.is_notary(party)

    def is_validating_notary(self, party: Party) -> bool:
        """Whether it's a notary that sees whole transactions."""
        return any(n.validating and n.identity == party for n in self.parameters.notaries)

    def notary(self, name: CordaX500Name) -> Party | None:
        """The notary of that name (`getNotary`)."""
        return next((one for one in self.notary_identities if one.name == name), None)

    def service_members(self) -> dict[Party, frozenset[Party]]:
        """For each service identity, the nodes that act for it."""
        members: dict[Party, set[Party]] = {}
        for node in self._nodes.values():
            for service in node.info.legal_identities[1:]:
                members.setdefault(service, set()).add(node.info.legal_identity)
        return {service: frozenset(nodes) for service, nodes in members.items()}

    # --- inside

    def _rules(self) -> NodeInfoRules:
        notaries = frozenset(self.notary_identities)
        return NodeInfoRules(self._trust_root, self._clock(), notaries)

    def _look_at(self, file: Path, batch: WriteBatch, change: MapChange) -> None:
        try:
            status = file.stat()
        except FileNotFoundError:
            return
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        seen = self._files.get(file)
        if seen is not None and seen[0] == stamp:
            return
        try:
            node = self._rules().read(file)
            self._add(node, batch, change)
            self._files[file] = (stamp, node.info.legal_identity.name)
        except CordaError as bad:
            self._files[file] = (stamp, seen[1] if seen is not None else None)
            change.rejected.append(bad)

    def _forget_file(self, file: Path, batch: WriteBatch, change: MapChange) -> None:
        _, name = self._files.pop(file)
        if name is None or any(other == name for _, other in self._files.values()):
            return
        node = self._nodes.pop(name, None)
        if node is not None:
            _stage_removal(batch, node)
            change.removed.append(node.info)
            self._index()

    def _add(self, node: VerifiedNodeInfo, batch: WriteBatch, change: MapChange) -> None:
        name = node.info.legal_identity.name
        known = self._nodes.get(name)
        if known is not None and known.info.serial >= node.info.serial:
            if known.info.serial == node.info.serial and known.info.hash != node.info.hash:
                raise NodeInfoException(f"two different infos of {name} with one serial")
            return
        self._refuse_foreign_names(node, name)
        for party in node.info.legal_identities:
            path = node.info.cert_path if party.name == name else ()
            self._identities.register_identity(batch, party, path)
        if known is not None:
            _stage_removal(batch, known)
        _stage(batch, node)
        self._nodes[name] = node
        self._index()
        (change.added if known is None else change.modified).append(node.info)

    def _refuse_foreign_names(self, node: VerifiedNodeInfo, name: CordaX500Name) -> None:
        """A notary's service name is nobody's own name, whoever certified it."""
        own = node.info.legal_identity
        for notary in self.notary_identities:
            if notary.name == name and notary != own:
                raise NodeInfoException(f"{name} is a notary's name, under another key")

    def _index(self) -> None:
        self._by_text, self._hosts = {}, {}
        for name in sorted(self._nodes, key=str):
            for party in self._nodes[name].info.legal_identities:
                self._by_text[str(party.name)] = party
                self._hosts.setdefault(party.owning_key, []).append(name)


def _stored(row: Row) -> SignedNodeInfo:
    raw = row["signed_node_info"]
    if not isinstance(raw, bytes):
        raise DecodeError("a row of node_infos holds no bytes")
    return deserialize(raw, SignedNodeInfo)


def _stage(batch: WriteBatch, node: VerifiedNodeInfo) -> None:
    info, key = node.info, str(node.info.hash)
    batch.insert_ignore(
        "node_infos",
        {
            "node_info_hash": key,
            "platform_version": info.platform_version,
            "serial": info.serial,
            "signed_node_info": serialize(node.signed),
        },
    )
    for address in dict.fromkeys(info.addresses):
        host, _, port = address.rpartition(":")
        row: Row = {"node_info_hash": key, "host_name": host, "port": int(port)}
        batch.insert_ignore("node_info_hosts", row)
    for position, party in enumerate(info.legal_identities):
        link: Row = {
            "node_info_hash": key,
            "party_name": str(party.name),
            "owning_key_hash": party.owning_key.to_string_short(),
            "is_main": position == 0,
        }
        batch.insert_ignore("node_link_nodeinfo_party", link)


def _stage_removal(batch: WriteBatch, node: VerifiedNodeInfo) -> None:
    for table in ("node_link_nodeinfo_party", "node_info_hosts", "node_infos"):
        batch.delete(table, {"node_info_hash": str(node.info.hash)})
