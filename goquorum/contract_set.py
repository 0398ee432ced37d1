"""Where the bridge's contracts come from: a user's own folder first, and else ours."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from goquorum.artifacts import Artifact, artifact, parse_artifact
from goquorum.endpoint.addresses import Address
from goquorum.errors import ArtifactMissing, ArtifactRefused

ADDRESSES_FILE: Final = "addresses.json"
CONTRACTS: Final[Mapping[str, str]] = {
    "handler": "OwnableIBCHandler",
    "lcp_client": "LCPClientIAS",
    "cross": "CrossSimpleModule",
    "auth": "CrossAuthModule",
    "transfers": "AssetTransferModule",
    "token": "AssetToken",
}
"""Which contract plays which part of the bridge."""
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "IBCConnection": "IBCConnectionSelfStateNoValidation",
    "LCPClientIAS": "LCPClient",
}
"""What the originals call some of them: a name of yui-ibc-solidity, whose `IBCConnection` is
abstract, and one of lcp-solidity before v0.2.
"""


class GivenAddresses(BaseModel):
    """`DIR/addresses.json`: contracts that are deployed already, each by its part in the bridge."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    handler: Address | None = None
    lcp_client: Address | None = None
    cross: Address | None = None
    auth: Address | None = None
    transfers: Address | None = None
    token: Address | None = None


Origin = Callable[[str], Artifact]
"""Finds a contract by its name; what belongs together is taken from one origin."""


@dataclass(frozen=True, slots=True)
class ContractSet:
    """Our contracts, but for those that `folder` holds and those at the addresses given."""

    folder: Path | None = None
    given: GivenAddresses = field(default_factory=GivenAddresses)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """A user's folder: artifacts of the compiler, Hardhat or Foundry, and addresses.

        Raises:
            ArtifactRefused: it is no folder, its addresses can't be read, or it has neither
                addresses nor a contract of ours.
        """
        if not folder.is_dir():
            raise ArtifactRefused(f"{folder} is no folder of contracts")
        file = folder / ADDRESSES_FILE
        try:
            text = file.read_bytes() if file.exists() else b"{}"
            found = cls(folder, GivenAddresses.model_validate_json(text))
        except (OSError, ValidationError) as error:
            raise ArtifactRefused(f"{file}: {error}") from error
        if not found.replaces_any():
            known = ", ".join(CONTRACTS.values())
            raise ArtifactRefused(f"{folder} has neither addresses nor one of {known}")
        return found

    def replaces_any(self) -> bool:
        """Whether something is taken in place of ours. Raises ArtifactRefused."""
        return self.given != GivenAddresses() or any(map(self._file, CONTRACTS.values()))

    def origin(self, name: str) -> Origin:
        """Whence a contract comes, and with it the libraries and logic that it needs."""
        return artifact if self._file(name) is None else self._theirs

    def artifact(self, name: str) -> Artifact:
        """A contract by its name. Raises ArtifactRefused, ArtifactMissing."""
        return self.origin(name)(name)

    def _theirs(self, name: str) -> Artifact:
        file = self._file(name)
        if file is None:
            raise ArtifactMissing(f"{self.folder} has no {name}, which its other contracts need")
        try:
            return parse_artifact(name, json.loads(file.read_bytes()))
        except (OSError, ValueError) as error:
            raise ArtifactRefused(f"{file}: {error}") from error

    def _file(self, name: str) -> Path | None:
        return self._named(_OTHER_NAMES.get(name, name)) or self._named(name)

    def _named(self, name: str) -> Path | None:
        files = sorted(self.folder.rglob(f"{name}.json")) if self.folder else []
        if len(files) > 1:
            raise ArtifactRefused(
                f"{self.folder} has {name} more than once: {files[0]}, {files[1]}"
            )
        return files[0] if files else None


OURS: Final = ContractSet()
"""Our own contracts, all deployed anew."""


def contracts_of(folder: Path | None) -> ContractSet:
    """A user's folder before ours, where one is given. Raises ArtifactRefused."""
    return OURS if folder is None else ContractSet.read(folder)
