"""What all nodes of a test's network agree on: identities, network parameters, contracts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from corda_sim.core.contracts.attachments import (
    DEPLOYED_CORDAPP_UPLOADER,
    ContractAttachment,
    sign_attachment,
)
from corda_sim.core.crypto.crypto import generate_key_pair
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.network import (
    DEFAULT_MAX_MESSAGE_SIZE,
    DEFAULT_MAX_TRANSACTION_SIZE,
    NetworkParameters,
    NotaryInfo,
)
from corda_sim.flow.cordapp import CordApp
from corda_sim.node.cordapps import contract_packages
from corda_sim.node.packaging import build_cordapp_archive

START = datetime(2026, 1, 1, tzinfo=UTC)
NOTARY, VALIDATOR = "Notary", "Validator"


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """What makes a node the one it is."""

    name: str
    party: Party
    identity: KeyPair
    directory: Path
    settings: dict[str, Any]
    service: tuple[Party, KeyPair] | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A network before any of its nodes runs; everything follows from the seed it was made from."""

    cordapps: tuple[CordApp, ...]
    keys: dict[str, KeyPair]
    notary_key: KeyPair
    parameters: NetworkParameters
    attachments: tuple[ContractAttachment, ...]

    @classmethod
    def make(
        cls,
        names: Iterable[str],
        cordapps: Sequence[CordApp],
        seed: int,
        *,
        validating: bool,
        archives: Sequence[bytes] | None = None,
    ) -> "Site":
        """A network of nodes with these names.

        `archives` of contracts that were deployed before stand in for those of the code.
        """
        if archives is None:
            archives = [build_cordapp_archive(package) for package in contract_packages(cordapps)]
        notary_key = _key(seed, "notary service")
        notary = Party(CordaX500Name("Notary Service", "London", "GB"), notary_key.public)
        return cls(
            cordapps=tuple(cordapps),
            keys={name: _key(seed, name) for name in names},
            notary_key=notary_key,
            parameters=_parameters(notary, validating),
            attachments=_attachments(archives, _key(seed, "cordapp")),
        )

    @property
    def notary_party(self) -> Party:
        """The service identity of the notary."""
        return self.parameters.notaries[0].identity

    def party_of(self, name: str) -> Party:
        """The legal identity of a node."""
        return Party(CordaX500Name(name, "London", "GB"), self.keys[name].public)

    def parties(self) -> list[Party]:
        """All legal identities."""
        return [self.party_of(name) for name in self.keys]

    def spec(self, name: str, directory: Path) -> NodeSpec:
        """A node: the notary and the validator by their names, any other a party."""
        is_notary = name == NOTARY
        settings: dict[str, Any] = {}
        if is_notary:
            validating = self.parameters.notaries[0].validating
            settings["notary"] = {"validating": validating, "inline": True}
        if name == VALIDATOR:
            settings["validator"] = {}
        service = (self.notary_party, self.notary_key) if is_notary else None
        return NodeSpec(
            name, self.party_of(name), self.keys[name], directory / name, settings, service
        )


def _parameters(notary: Party, validating: bool) -> NetworkParameters:
    return NetworkParameters(
        minimum_platform_version=4,
        notaries=(NotaryInfo(notary, validating),),
        max_message_size=DEFAULT_MAX_MESSAGE_SIZE,
        max_transaction_size=DEFAULT_MAX_TRANSACTION_SIZE,
        modified_time=START,
        epoch=1,
    )


def _attachments(archives: Iterable[bytes], signer: KeyPair) -> tuple[ContractAttachment, ...]:
    return tuple(
        ContractAttachment.of(
            content, [sign_attachment(content, signer)], DEPLOYED_CORDAPP_UPLOADER
        )
        for content in archives
    )


def _key(seed: int, name: str) -> KeyPair:
    return generate_key_pair(DEFAULT_SIGNATURE_SCHEME, sha256(f"{seed}:{name}".encode()).digest())
