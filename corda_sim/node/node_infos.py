"""Signed node infos: read from files and checked up to the network's root (NodeInfoWatcher)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from corda_sim.core.errors import (
    DecodeError,
    IllegalArgumentError,
    SignatureException,
)
from corda_sim.core.identity import Party
from corda_sim.core.network import NodeInfo, SignedNodeInfo
from corda_sim.core.serialization import deserialize
from corda_sim.node.cert_chain import validate_identity_path
from corda_sim.node.cert_errors import CertificateException
from corda_sim.node.messaging.sockets import Endpoint
from corda_sim.node.network_errors import NodeInfoException

ADDITIONAL_NODE_INFOS: Final = "additional-node-infos"
NODE_INFO_PREFIX: Final = "nodeInfo-"
MAX_NODE_INFO_SIZE: Final = 1024 * 1024
_ADDRESS: Final = re.compile(r"[^\s/]{1,253}:\d{1,5}")
_BROKER_SCHEMES: Final = ("amqp://", "amqps://")


@dataclass(frozen=True, slots=True)
class VerifiedNodeInfo:
    """A node info that passed every check, with the bytes that were signed."""

    info: NodeInfo
    signed: SignedNodeInfo

    @property
    def endpoint(self) -> str:
        """Where the node takes packs: its own broker when it has one."""
        return self.info.broker_url or self.info.endpoint

    @property
    def identity_path(self) -> tuple[bytes, ...]:
        """Its identity path, DER, root first: what `tls.verify_peer` takes."""
        return tuple(reversed(self.info.cert_path))


@dataclass(frozen=True, slots=True)
class NodeInfoRules:
    """What a node info is checked against: root certificate, time, and the notaries' identities."""

    trust_root: bytes
    now: datetime
    notaries: frozenset[Party]

    def verify(self, signed: SignedNodeInfo) -> VerifiedNodeInfo:
        """Check signatures, certificate path, further identities and endpoints.

        A node's identities after the first are services: each must be a notary of the signed
        network parameters. Raises `NodeInfoException`.
        """
        try:
            info = signed.verified()
            first = info.legal_identity
            path = tuple(reversed(info.cert_path))
            validate_identity_path(
                path, self.trust_root, self.now, first.name, first.owning_key.encoded
            )
            _check_endpoints(info)
        except (
            CertificateException,
            SignatureException,
            DecodeError,
            IllegalArgumentError,
        ) as bad:
            raise NodeInfoException(str(bad)) from bad
        self._check_services(info.legal_identities[1:])
        return VerifiedNodeInfo(info, signed)

    def read(self, file: Path) -> VerifiedNodeInfo:
        """As `verify`, from a file. Raises `NodeInfoException` that names the file."""
        try:
            if file.stat().st_size > MAX_NODE_INFO_SIZE:
                raise NodeInfoException("too large for a node info", file)
            return self.verify(deserialize(file.read_bytes(), SignedNodeInfo))
        except OSError as bad:
            raise NodeInfoException(f"unreadable: {bad.strerror}", file) from bad
        except DecodeError as bad:
            raise NodeInfoException(f"not a signed node info: {bad}", file) from bad
        except NodeInfoException as bad:
            raise NodeInfoException(bad.reason, file) from bad

    def _check_services(self, services: Iterable[Party]) -> None:
        named = {notary.owning_key: notary.name for notary in self.notaries}
        for service in services:
            if named.get(service.owning_key) != service.name:
                raise NodeInfoException(f"{service.name} is no notary of this network")


def node_info_files(directory: Path) -> Iterator[Path]:
    """The files of `additional-node-infos`, by name, those still being written left out."""
    if directory.is_dir():
        for file in sorted(directory.iterdir()):
            if file.is_file() and file.suffix != ".tmp":
                yield file


def node_info_file_name(signed: SignedNodeInfo) -> str:
    """Corda's name for the file of a node info."""
    return f"{NODE_INFO_PREFIX}{signed.hash}"


def _check_endpoints(info: NodeInfo) -> None:
    if info.broker_url and not info.broker_url.startswith(_BROKER_SCHEMES):
        raise IllegalArgumentError(f"not a broker's URL: {info.broker_url!r}")
    if info.endpoint:
        Endpoint.parse(info.endpoint)
    for address in info.addresses:
        if not _ADDRESS.fullmatch(address):
            raise IllegalArgumentError(f"not an address host:port: {address!r}")
    if not info.broker_url and not info.endpoint:
        raise IllegalArgumentError("the node says nowhere how to reach it")
