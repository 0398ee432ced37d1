"""network.toml: which nodes a network made by `network create` has, and what was made for it."""

import tomllib
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corda_sim.core.settings_values import LegalName, to_toml
from corda_sim.local.files import write_private
from corda_sim.node.network_errors import NetworkNotFoundException

MANIFEST_FILE: Final = "network.toml"
NodeRole = Literal["party", "validator", "notary", "outsider"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ManifestNode(_Table):
    """A node; `dir` is relative to the network's directory."""

    name: str
    legal_name: LegalName
    dir: str
    role: NodeRole
    rpc: str


class ProvisionedPostgres(_Table):
    """Databases and roles that `network create` made, and `network destroy` drops."""

    admin_url: str = Field(repr=False)
    databases: tuple[str, ...]
    roles: tuple[str, ...]


class NetworkManifest(_Table):
    """The whole file. `shared_broker` marks a development network in which all use one broker."""

    version: Literal[1] = 1
    notary: LegalName
    validating: bool
    shared_broker: bool = False
    nodes: tuple[ManifestNode, ...]
    postgres: ProvisionedPostgres | None = None

    def node(self, name: str) -> ManifestNode:
        """The node of that short name. Raises `NetworkNotFoundException`."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise NetworkNotFoundException(f"the network has no node {name!r}")


def write_manifest(directory: Path, manifest: NetworkManifest) -> None:
    """Write it, readable by its owner only: it may hold an administrator's URL."""
    content = manifest.model_dump(mode="json", exclude_none=True)
    write_private(directory / MANIFEST_FILE, to_toml(content).encode())


def read_manifest(directory: Path) -> NetworkManifest:
    """Read it. Raises `NetworkNotFoundException` when missing or damaged."""
    file = directory / MANIFEST_FILE
    try:
        return NetworkManifest.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as bad:
        raise NetworkNotFoundException(f"{directory} holds no network: no {MANIFEST_FILE}") from bad
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as bad:
        raise NetworkNotFoundException(f"{file} is damaged: {bad}") from bad
