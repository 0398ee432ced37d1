"""MockNetwork: real nodes in one process, without sockets, time or chance.

Engine, committer rules, vault, notary and database (SQLite files) are those of a node process; only
the transport, the clock and the entropy are the test's (net.corda.testing.node.MockNetwork).
"""

import heapq
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from corda_sim.core.contracts.attachments import (
    DEPLOYED_CORDAPP_UPLOADER,
    ContractAttachment,
    sign_attachment,
)
from corda_sim.core.contracts.packaging import build_cordapp_archive
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
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.testing.mock_bus import MockBus
from corda_sim.testing.mock_node import MockNode, NodeSpec

START = datetime(2026, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class TestClock:
    """A clock that moves when it is told to."""

    __test__ = False
    now_ns: int = (START - _EPOCH) // timedelta(microseconds=1) * 1000
    timers: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _order: int = 0

    def at(self, deadline: int, action: Callable[[], None]) -> None:
        """Run `action` once the clock has reached `deadline` (ns)."""
        self._order += 1
        heapq.heappush(self.timers, (deadline, self._order, action))

    def advance(self, by: timedelta) -> None:
        """Move the clock, running what becomes due."""
        end = self.now_ns + by // timedelta(microseconds=1) * 1000
        while self.timers and self.timers[0][0] <= end:
            deadline, _, action = heapq.heappop(self.timers)
            self.now_ns = max(self.now_ns, deadline)
            action()
        self.now_ns = end


class MockNetwork:
    """A network of nodes for tests: `PartyA`, `PartyB`, a notary and a validator by default.

    Everything follows from `seed`. `reload` rebuilds every flow from its journal at every suspend.
    """

    def __init__(
        self,
        parties: Iterable[str] = ("PartyA", "PartyB"),
        *,
        validating_notary: bool = True,
        cordapps: Iterable[CordApp] | None = None,
        seed: int = 0,
        reload: bool = False,
        directory: Path | None = None,
    ) -> None:
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="mocknet-")
        self.directory = directory or Path(self._temporary.name if self._temporary else ".")
        self.clock, self.bus, self.seed, self.reload = TestClock(), MockBus(), seed, reload
        self.cordapps = list(installed_cordapps() if cordapps is None else cordapps)
        self._draws = 0
        self.attachments = self._build_attachments()
        names = [*parties, "Validator", "Notary"]
        self.keys = {name: self._key(name) for name in names}
        self.notary_key = self._key("notary service")
        self.notary_party = Party(
            CordaX500Name("Notary Service", "London", "GB"), self.notary_key.public
        )
        self.parameters = self._parameters(validating_notary)
        self.nodes = {name: MockNode(self, self._spec(name)) for name in names}

    def _spec(self, name: str) -> NodeSpec:
        identity = self.keys[name]
        is_notary = name == "Notary"
        settings: dict[str, Any] = {}
        if is_notary:
            validating = self.parameters.notaries[0].validating
            settings["notary"] = {"validating": validating, "inline": True}
        if name == "Validator":
            settings["validator"] = {}
        return NodeSpec(
            name=name,
            party=self.party_of(name),
            identity=identity,
            directory=self.directory / name,
            settings=settings,
            service=(self.notary_party, self.notary_key) if is_notary else None,
        )

    def party_of(self, name: str) -> Party:
        """The legal identity of a node."""
        return Party(CordaX500Name(name, "London", "GB"), self.keys[name].public)

    def parties(self) -> list[Party]:
        """All legal identities."""
        return [self.party_of(name) for name in self.keys]

    def _parameters(self, validating: bool) -> NetworkParameters:
        return NetworkParameters(
            minimum_platform_version=4,
            notaries=(NotaryInfo(self.notary_party, validating),),
            max_message_size=DEFAULT_MAX_MESSAGE_SIZE,
            max_transaction_size=DEFAULT_MAX_TRANSACTION_SIZE,
            modified_time=START,
            epoch=1,
        )

    def _build_attachments(self) -> list[ContractAttachment]:
        signer = self._key("cordapp")
        packages = sorted({p for app in self.cordapps for p in app.contract_packages})
        archives = [build_cordapp_archive(package) for package in packages]
        return [
            ContractAttachment.of(
                content, [sign_attachment(content, signer)], DEPLOYED_CORDAPP_UPLOADER
            )
            for content in archives
        ]

    def _key(self, name: str) -> KeyPair:
        seed = sha256(f"{self.seed}:{name}".encode()).digest()
        return generate_key_pair(DEFAULT_SIGNATURE_SCHEME, seed)

    def entropy(self, size: int) -> bytes:
        """The next bytes of the network's seeded randomness."""
        drawn = b""
        while len(drawn) < size:
            self._draws += 1
            drawn += sha256(f"{self.seed}/{self._draws}".encode()).digest()
        return drawn[:size]

    def __getitem__(self, name: str) -> MockNode:
        return self.nodes[name]

    def run_network(self, max_rounds: int = 100_000) -> None:
        """Let all nodes work until none has anything left to do."""
        for _ in range(max_rounds):
            if not sum(node.pump() for node in self.nodes.values()):
                return
        raise AssertionError(f"the network didn't come to rest in {max_rounds} rounds")

    def advance(self, by: timedelta) -> None:
        """Move the clock, then let the nodes work."""
        self.clock.advance(by)
        self.run_network()

    def stop_nodes(self) -> None:
        """Close all databases and remove the files."""
        for node in self.nodes.values():
            node.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_nodes()
