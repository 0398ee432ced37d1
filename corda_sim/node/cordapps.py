"""CorDapps: the installed ones, and the contract archives in NODE_DIR/cordapps.

`corda_sim.node.attachments.load_trusted` reads that directory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from corda_sim.core.contracts.attachments import (
    sign_attachment,
    signatures_to_json,
)
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.errors import CordaError
from corda_sim.flow.cordapp import CordApp
from corda_sim.node.node_files import CORDAPPS
from corda_sim.node.packaging import build_cordapp_archive

CORDAPPS_GROUP: Final = "corda_sim.cordapps"
ARCHIVE_SUFFIX: Final = ".cordapp"
SIGNATURE_SUFFIX: Final = ".sig"


class InvalidCordappException(CordaError):
    """An installed CorDapp can't be used."""


@dataclass(frozen=True, slots=True)
class SignedArchive:
    """An archive with the text of its signature file."""

    package: str
    content: bytes
    signatures: str

    def write(self, node_dir: Path) -> None:
        """Put both files into NODE_DIR/cordapps."""
        directory = node_dir / CORDAPPS
        directory.mkdir(exist_ok=True)
        file = directory / f"{self.package}{ARCHIVE_SUFFIX}"
        file.write_bytes(self.content)
        file.with_name(file.name + SIGNATURE_SUFFIX).write_text(self.signatures, "utf-8")


def installed_cordapps() -> list[CordApp]:
    """The CorDapps of this environment, by entry point, in the order of their names.

    Raises `InvalidCordappException` when an entry point names something else.
    """
    found = []
    for point in sorted(entry_points(group=CORDAPPS_GROUP), key=lambda one: one.name):
        app = point.load()
        if not isinstance(app, CordApp):
            raise InvalidCordappException(f"entry point {point.name} ({point.value}) is no CordApp")
        found.append(app)
    return found


def contract_packages(apps: Iterable[CordApp]) -> list[str]:
    """The packages of which contract archives are built, sorted."""
    return sorted({package for app in apps for package in app.contract_packages})


def build_signed_archives(packages: Sequence[str], signer: KeyPair) -> list[SignedArchive]:
    """The archive of each package, signed. Raises `IllegalArgumentError` for an impure package."""
    return [_build(package, signer) for package in packages]


def _build(package: str, signer: KeyPair) -> SignedArchive:
    content = build_cordapp_archive(package)
    text = signatures_to_json(SecureHash.sha256(content), [sign_attachment(content, signer)])
    return SignedArchive(package, content, text)
